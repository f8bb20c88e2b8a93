/**
 * Follows the feed and writes it into a sink until it is closed. The state machine (machine.ts) decides what to do;
 * this file owns the stream, the timers and the sink. Events are handled one at a time: each is finished, with its
 * write into the sink, before the next one begins.
 */

import type { Revision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError } from '../errors.ts'
import type { Transport, WatchRequest } from '../wire/transport.ts'
import {
  begin,
  transition,
  type ClientEvent,
  type FollowerEffect,
  type FollowerEvent,
  type FollowerState,
  type SinkWrite,
  type Transition,
} from './machine.ts'
import type { FeedSink } from './sink.ts'
import { openFeedStream } from './stream.ts'

export interface FollowerOptions {
  readonly transport: Pick<Transport, 'watch'>
  readonly clock: Clock
  readonly sink: FeedSink
  /** Numbers from 0 up to 1. */
  readonly random: () => number
  /** The revision that the sink has; left out: the follower begins with a snapshot. */
  readonly after?: Revision | undefined
  /** Default `CATALOGUE`. */
  readonly snapshotScope?: WatchRequest['snapshotScope']
  /** Whether change sets come with their records and seals. `PLACES` needs it. Default false. */
  readonly includeRecord?: boolean
  readonly onEvent?: (event: ClientEvent) => void
  /** Called after each event. */
  readonly onChange?: () => void
}

/** Clocks of two machines drift apart, and a new stream compares them anew. */
const renewMs = 600_000

const pauseFirstMs = 100
const pauseLongestMs = 1500
/** With any random number the sidecar gets this time. */
const pauseShortestMs = 20

export class Follower {
  readonly #options: FollowerOptions
  #state: FollowerState
  /** Of the present stream; aborted, it is over, and so are its events. */
  #stream: AbortController | undefined
  #reading: Promise<void> = Promise.resolve()
  /** Of the pause, or of the renewal of the stream. */
  #cancelTimer = () => {}
  readonly #queue: { readonly event: FollowerEvent; readonly stream?: AbortController | undefined }[] = []
  #isBusy = false
  #isClosed = false

  /** Asks for the first stream at once. */
  constructor(options: FollowerOptions) {
    this.#options = options
    const first = begin(options.after)
    this.#state = first.state
    this.#commit(first)
  }

  get state(): FollowerState {
    return this.#state
  }

  /** What the sink has is of another epoch: it is replaced by a snapshot. */
  startOver(error: RoleSetsError): void {
    void this.#dispatch({ kind: 'start_over', error })
  }

  /** Settles when nothing is written into the sink any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#dispatch({ kind: 'close' })
    await this.#reading
  }

  #dispatch(event: FollowerEvent, stream?: AbortController): void | Promise<void> {
    this.#queue.push({ event, stream })
    return this.#isBusy ? undefined : this.#work()
  }

  /** Without a promise where the sink has none: then an event and all that follows from it are one tick. */
  #work(): void | Promise<void> {
    this.#isBusy = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.stream?.signal.aborted) continue
      const written = this.#take(next.event)
      if (written !== undefined) return written.then(() => this.#work())
    }
    this.#isBusy = false
  }

  #take(event: FollowerEvent): void | Promise<void> {
    const next = transition(this.#state, event)
    const commit = () => this.#commit(next)
    const fail = (error: unknown) => this.#commit(transition(this.#state, { kind: 'failed', error: sinkError(error) }))
    try {
      const written = next.write && this.#write(next.write)
      if (written !== undefined) return written.then(commit, fail)
    } catch (error) {
      return fail(error)
    }
    commit()
  }

  #write(write: SinkWrite): void | Promise<void> {
    const { sink } = this.#options
    switch (write.to) {
      case 'adopt':
        return sink.adopt(write.part)
      case 'apply':
        return sink.apply(write.changeSet)
      case 'prove':
        return sink.prove(write.alive)
    }
  }

  #commit({ state, effects }: Transition): void {
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    this.#options.onChange?.()
  }

  #perform(effect: FollowerEffect): void {
    const { clock, random } = this.#options
    switch (effect.type) {
      case 'end':
        this.#stream?.abort()
        this.#cancelTimer()
        break
      case 'open':
        this.#open(effect.after)
        break
      case 'pause':
        this.#cancelTimer = clock.setTimer(pauseMs(effect.failures, random), () => {
          void this.#dispatch({ kind: 'pause_over' })
        })
        break
      case 'report':
        this.#report(effect.event)
        break
    }
  }

  #open(after: Revision | undefined): void {
    if (this.#isClosed) return
    const { clock, random } = this.#options
    const stream = (this.#stream = new AbortController())
    const renew = () => void this.#dispatch({ kind: 'renewal_due' }, stream)
    this.#cancelTimer = clock.setTimer(renewMs * (0.9 + 0.2 * random()), renew)
    this.#reading = this.#read(after, stream)
  }

  async #read(after: Revision | undefined, stream: AbortController): Promise<void> {
    const { transport, clock, snapshotScope = 'CATALOGUE', includeRecord = false } = this.#options
    const { signal } = stream
    const onCall = () => void this.#dispatch({ kind: 'called' }, stream)
    try {
      for await (const message of openFeedStream({
        transport,
        clock,
        after,
        snapshotScope,
        includeRecord,
        signal,
        onCall,
      })) {
        if (signal.aborted) return
        await this.#dispatch(message, stream)
      }
    } catch (error) {
      // The stream throws nothing else.
      await this.#dispatch({ kind: 'failed', error: error as RoleSetsError }, stream)
    }
  }

  /** A listener that throws must not stop the feed. */
  #report(event: ClientEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // It is the listener's own failure, and it can't be reported anywhere.
    }
  }
}

/** Exponential with full jitter, so that many followers don't come back together. */
function pauseMs(failures: number, random: () => number): number {
  const ceilingMs = Math.min(pauseLongestMs, pauseFirstMs * 2 ** Math.min(failures, 10))
  return Math.max(pauseShortestMs, random() * ceilingMs)
}

function sinkError(error: unknown): RoleSetsError {
  if (isRoleSetsError(error)) return error
  return new RoleSetsError('unavailable', 'A message of the feed could not be applied.', { cause: error })
}
