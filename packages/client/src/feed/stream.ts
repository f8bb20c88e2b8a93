/**
 * One stream of the feed, from the call to its end. A stream that says nothing for longer than heartbeats take is over
 * too: a connection can be half open for hours.
 */

import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError } from '../errors.ts'
import { parseFeedMessage, type FeedMessage } from './message.ts'
import { StreamAnchor } from '../cache/freshness.ts'
import { Waiting } from '../waiting.ts'
import type { Transport } from '../wire/transport.ts'

/** Heartbeats come every second: three are missing. */
const silenceMs = 3000
/** For the connection and the first message together; a transport gives up earlier by itself. */
const connectMs = 6000

export interface FeedStreamOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** Resume after this revision; undefined: begin with a snapshot. */
  readonly after: string | undefined
  readonly signal: AbortSignal
  /** The connection is up and the request goes out. */
  readonly onCall?: () => void
}

/** A message, and the earliest moment on our clock at which it can have been sent. */
export type ReceivedMessage = FeedMessage & { readonly sentAtLeastMs: number }

/** @throws RoleSetsError when the stream ends, whyever; never returns by itself. */
export async function* openFeedStream(options: FeedStreamOptions): AsyncGenerator<ReceivedMessage, never, undefined> {
  const { clock } = options
  const waiting = new Waiting(clock)
  const controller = new AbortController()
  const anchor = new StreamAnchor(clock.nowMs())
  let patienceMs = connectMs
  const onCall = () => {
    anchor.called(clock.nowMs())
    options.onCall?.()
  }
  let iterator: AsyncIterator<unknown> | undefined
  try {
    const request = { after: options.after ?? '', snapshotScope: 'CATALOGUE' } as const
    const stream = options.transport.watch(request, { signal: controller.signal, onCall })
    const messages = stream[Symbol.asyncIterator]()
    iterator = messages
    for (;;) {
      const result = await waiting.waitFor(() => messages.next(), { deadlineMs: patienceMs, signal: options.signal })
      if (result.done) throw new RoleSetsError('unavailable', 'The sidecar ended the feed.')
      patienceMs = silenceMs
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
  return new RoleSetsError('unavailable', 'The feed fell silent: the connection to the sidecar may be broken.', {
    cause: error,
  })
}
