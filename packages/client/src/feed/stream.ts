/**
 * One stream of the feed, from the call to its end. A stream that is silent for longer than heartbeats allow is ended,
 * too, because a connection can stay half open for hours.
 */

import { formatRevision, type Revision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError } from '../errors.ts'
import { Waiting } from '../waiting.ts'
import type { Transport, WatchRequest } from '../wire/transport.ts'
import { parseFeedMessage, type FeedMessage } from './message.ts'

/** Heartbeats come every second: three are missing. */
const silenceMs = 3000
/** For the connection and the first message together; a transport gives up earlier by itself. */
const connectMs = 6000

export interface FeedStreamOptions {
  readonly transport: Pick<Transport, 'watch'>
  readonly clock: Clock
  /** Resume after this revision; undefined: begin with a snapshot. */
  readonly after: Revision | undefined
  readonly snapshotScope: WatchRequest['snapshotScope']
  readonly includeRecord: boolean
  readonly signal: AbortSignal
  /** Called once, before the first message: the connection is up and the request goes out. */
  readonly onCall: () => void
}

/** A message, and the earliest moment on our clock at which it can have been sent. */
export type ReceivedMessage = FeedMessage & { readonly sentAtLeastMs: number }

/** @throws RoleSetsError when the stream ends, for any reason; never returns by itself. */
export async function* openFeedStream(options: FeedStreamOptions): AsyncGenerator<ReceivedMessage, never, undefined> {
  const { clock, after, snapshotScope, includeRecord, transport } = options
  const waiting = new Waiting(clock)
  const controller = new AbortController()
  const anchor = new StreamAnchor(clock.nowMs())
  let isUp = false
  const beUp = () => {
    if (!isUp) options.onCall()
    isUp = true
  }
  const onCall = () => {
    anchor.called(clock.nowMs())
    beUp()
  }
  let patienceMs = connectMs
  let iterator: AsyncIterator<unknown> | undefined
  try {
    const cursor = { after: after === undefined ? '' : formatRevision(after), snapshotScope }
    const request = includeRecord ? { ...cursor, includeRecord } : cursor
    const messages = transport.watch(request, { signal: controller.signal, onCall })[Symbol.asyncIterator]()
    iterator = messages
    for (;;) {
      const result = await waiting.waitFor(() => messages.next(), { deadlineMs: patienceMs, signal: options.signal })
      if (result.done) throw new RoleSetsError('unavailable', 'The sidecar ended the feed.')
      patienceMs = silenceMs
      beUp()
      const message = parseFeedMessage(result.value)
      yield { ...message, sentAtLeastMs: anchor.sentAtMs(message.sentAtMs) }
    }
  } catch (error) {
    throw streamError(error)
  } finally {
    controller.abort()
    // Not awaited: a transport that is stuck must not hold up the next stream.
    iterator?.return?.().catch(() => {})
  }
}

function streamError(error: unknown): RoleSetsError {
  if (!isRoleSetsError(error)) return new RoleSetsError('unavailable', 'The feed broke off.', { cause: error })
  if (error.code !== 'deadline_exceeded') return error
  const message = 'The feed fell silent: the connection to the sidecar may be broken.'
  return new RoleSetsError('unavailable', message, { cause: error })
}

/**
 * One stream's relation between the sender's clock and ours. It is anchored at the moment when the stream was called for:
 * its first message was sent after that. From then on the sender's clock says how much later each message was sent, so the
 * delay of a message never makes it look younger.
 */
class StreamAnchor {
  #calledAtMs: number
  #firstSentAtMs: number | undefined

  constructor(calledAtMs: number) {
    this.#calledAtMs = calledAtMs
  }

  /** The call goes out only now: nothing was sent before. */
  called(nowMs: number): void {
    if (this.#firstSentAtMs === undefined) this.#calledAtMs = nowMs
  }

  /** The earliest moment, on our clock, at which this message can have been sent. */
  sentAtMs(sentAtMs: number): number {
    this.#firstSentAtMs ??= sentAtMs
    return this.#calledAtMs + (sentAtMs - this.#firstSentAtMs)
  }
}
