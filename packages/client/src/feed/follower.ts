/**
 * Keeps the cache on the feed, for ever: from a snapshot, then change set by change set, resuming from the cursor when a
 * stream breaks, and starting over only when the sidecar says that the cursor is of no use.
 *
 * Only a heartbeat proves that nothing is missing. A change set may have others waiting behind it.
 */

import { Backoff } from './backoff.ts'
import type { Cache } from '../cache/cache.ts'
import { Catalogue } from '../cache/catalogue.ts'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError, type RoleSetsErrorCode } from '../errors.ts'
import { openFeedStream, type ReceivedMessage } from './stream.ts'
import type { Freshness } from '../cache/freshness.ts'
import type { Waiting } from '../waiting.ts'
import type { SnapshotChunk, Transport } from '../wire/transport.ts'

/** What happens to the connection, for logs and metrics. */
export type ClientEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly error: RoleSetsError }
  /** Change sets are missing between what the cache has and what came. */
  | { readonly type: 'gap'; readonly delivered: string; readonly received: string }
  /** The cursor is of no use any more: everything is read anew. */
  | { readonly type: 'started_over'; readonly error: RoleSetsError }
  | { readonly type: 'snapshot'; readonly revision: string }

/** `unreachable`: no stream. `loading`: a stream, but it hasn't told everything yet. `live`: it has. */
export type Phase = 'unreachable' | 'loading' | 'live'

export interface FollowerOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly cache: Cache
  readonly freshness: Freshness
  readonly waiting: Waiting
  /** From 0 up to 1. */
  readonly random: () => number
  readonly onEvent: (event: ClientEvent) => void
  /** Something may be otherwise than it was. */
  readonly onChange: () => void
}

/** Clocks of two machines drift apart: a new stream has a new anchor. */
const renewMs = 600_000

const startOverCodes: readonly RoleSetsErrorCode[] = [
  'cursor_compacted',
  'cursor_in_the_future',
  'out_of_range',
  'revision_of_another_epoch',
]

export class Follower {
  readonly #options: FollowerOptions
  readonly #backoff: Backoff
  #phase: Phase = 'unreachable'
  #lastError: RoleSetsError | undefined
  #needsSnapshot = true
  #chunks: SnapshotChunk[] = []
  /** Number after which a change set was missing. */
  #gapAfter: number | undefined
  /** Ends the present stream, or the pause before the next one. */
  #attempt = new AbortController()
  #isClosed = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.random)
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Why the last stream ended. */
  get lastError(): RoleSetsError | undefined {
    return this.#lastError
  }

  /** Follows until it is closed. Never rejects. */
  async run(): Promise<void> {
    while (!this.#isClosed) {
      const resumes = !this.#needsSnapshot
      const error = await this.#followOnce()
      if (this.#isClosed) return
      const wasWell = resumes || this.#phase === 'live'
      if (error.code !== 'aborted') this.#end(error)
      // A stream that is renewed, or whose cursor is refused, is followed by the next one at once.
      const pauses = error.code === 'aborted' ? this.#needsSnapshot : !(wasWell && this.#needsSnapshot)
      this.#attempt = new AbortController()
      if (pauses) await this.#options.waiting.sleep(this.#backoff.nextMs(), this.#attempt.signal)
    }
  }

  /** What the cache has belongs to the past: it decides nothing any more, and is replaced by a snapshot. */
  startOver(error: RoleSetsError): void {
    if (this.#needsSnapshot) return
    this.#needsSnapshot = true
    this.#options.freshness.forget()
    this.#report({ type: 'started_over', error })
    this.#attempt.abort()
  }

  close(): void {
    this.#isClosed = true
    this.#attempt.abort()
  }

  /** @returns why the stream is over; `aborted` when it was ended from here. */
  async #followOnce(): Promise<RoleSetsError> {
    const { transport, clock, cache, random } = this.#options
    const attempt = this.#attempt
    const { signal } = attempt
    const after = this.#needsSnapshot ? undefined : cache.catalogue?.revision
    this.#chunks = []
    const cancelRenewal = clock.setTimer(renewMs * (0.9 + 0.2 * random()), () => attempt.abort())
    try {
      const onCall = () => this.#enter('loading')
      for await (const message of openFeedStream({ transport, clock, after, signal, onCall })) {
        if (signal.aborted) break
        this.#receive(message)
      }
      return new RoleSetsError('aborted', 'The stream was ended from here.')
    } catch (error) {
      if (isRoleSetsError(error)) return error
      return new RoleSetsError('unavailable', 'A message of the feed could not be applied.', { cause: error })
    } finally {
      cancelRenewal()
    }
  }

  #end(error: RoleSetsError): void {
    this.#lastError = error
    this.#enter('unreachable')
    this.#report({ type: 'disconnected', error })
    if (startOverCodes.includes(error.code)) this.startOver(error)
  }

  #receive(message: ReceivedMessage): void {
    if (this.#phase === 'unreachable') this.#enter('loading')
    switch (message.kind) {
      case 'snapshot_chunk':
        this.#receiveChunk(message)
        break
      case 'change_set':
        this.#receiveChangeSet(message)
        break
      case 'heartbeat':
        this.#receiveHeartbeat(message)
        break
    }
    this.#options.onChange()
  }

  #receiveChunk({ chunk, revision }: ReceivedMessage & { kind: 'snapshot_chunk' }): void {
    if (!this.#needsSnapshot) throw new RoleSetsError('unavailable', 'The feed sent a snapshot where a change was due.')
    this.#chunks.push(chunk)
    if (!chunk.last) return
    const catalogue = Catalogue.fromSnapshot(revision, this.#chunks)
    this.#chunks = []
    this.#options.cache.adopt(catalogue)
    this.#needsSnapshot = false
    this.#gapAfter = undefined
    this.#backoff.reset()
    this.#report({ type: 'snapshot', revision: catalogue.revision })
  }

  /** In order and without gaps; what the cache has already is dropped by its number. */
  #receiveChangeSet({ changeSet, revision }: ReceivedMessage & { kind: 'change_set' }): void {
    const { cache } = this.#options
    const delivered = this.#deliveredFor(revision.epoch)
    if (revision.number <= delivered) return
    if (revision.number > delivered + 1) throw this.#gapError(delivered, changeSet.revision)
    cache.apply(changeSet)
    this.#backoff.reset()
  }

  #receiveHeartbeat({ heartbeat, revision, sentAtLeastMs }: ReceivedMessage & { kind: 'heartbeat' }): void {
    const { cache, freshness, clock } = this.#options
    if (this.#needsSnapshot) return
    const delivered = this.#deliveredFor(revision.epoch)
    if (revision.number > delivered) throw this.#gapError(delivered, `${revision.epoch}:${revision.number}`)
    if (revision.number < delivered) return
    const { unknownOrganizationsDenied } = heartbeat
    if (unknownOrganizationsDenied !== undefined) cache.setUnknownOrganizations(unknownOrganizationsDenied)
    this.#gapAfter = undefined
    this.#backoff.reset()
    this.#enter('live')
    if (cache.isCaughtUp) freshness.prove(sentAtLeastMs - heartbeat.stalenessMs, clock.nowMs())
  }

  /** The number that the cache has, if the message belongs to it. */
  #deliveredFor(epoch: string): number {
    const { catalogue } = this.#options.cache
    if (this.#needsSnapshot || catalogue === undefined) {
      throw new RoleSetsError('unavailable', 'The feed sent something else before the snapshot was complete.')
    }
    if (epoch === catalogue.epoch) return catalogue.number
    const message = `The feed is of epoch ${epoch} now, and was of ${catalogue.epoch}: the store was restored.`
    throw new RoleSetsError('revision_of_another_epoch', message)
  }

  /** Resuming closes a gap. Where it doesn't, the feed itself has the gap, and only a snapshot helps. */
  #gapError(delivered: number, received: string): RoleSetsError {
    this.#report({ type: 'gap', delivered: this.#options.cache.catalogue?.revision ?? '', received })
    const code = this.#gapAfter === delivered ? 'cursor_compacted' : 'unavailable'
    this.#gapAfter = delivered
    return new RoleSetsError(code, `The feed left out what is between number ${delivered} and ${received}.`)
  }

  #enter(phase: Phase): void {
    if (this.#phase === phase) return
    if (this.#phase === 'unreachable') this.#report({ type: 'connected' })
    this.#phase = phase
    this.#options.onChange()
  }

  /** A listener that throws must not stop the feed. */
  #report(event: ClientEvent): void {
    try {
      this.#options.onEvent(event)
    } catch {
      // It is the listener's own failure, and there is nobody here to tell.
    }
  }
}
