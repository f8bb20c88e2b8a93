/** How the fake sidecar is reached: in memory. When it is down, calls fail at once; when it is stalled, they wait. */

import { parseRevision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { RoleSetsError } from '../errors.ts'
import type { ChangeSet } from '../feed/changes.ts'
import type { Transport, UnaryCall, WatchCall, WatchMessage, WatchRequest } from '../wire/transport.ts'
import type { FakeStore } from './fake-store.ts'

/** Change sets that a stream may be behind. */
const queueMax = 1000

export interface FakeTransportOptions {
  readonly store: FakeStore
  readonly clock: Clock
  readonly heartbeatMs: number
  readonly answer: (method: string, request: object, call: UnaryCall) => Promise<unknown>
}

type Condition = 'up' | 'down' | 'stalled'

export class FakeTransport implements Transport {
  readonly #options: FakeTransportOptions
  readonly #streams = new Set<FakeStream>()
  readonly #waiting = new Set<() => void>()
  #condition: Condition = 'up'

  constructor(options: FakeTransportOptions) {
    this.#options = options
  }

  setCondition(condition: Condition): void {
    this.#condition = condition
    for (const stream of this.#streams) {
      stream.isStalled = condition === 'stalled'
      if (condition === 'down') stream.end(outOfReach())
      else stream.wake()
    }
    for (const look of [...this.#waiting]) look()
  }

  /** As after a restart: every stream ends, and can be had again. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end(outOfReach())
  }

  async unary(method: string, request: object, call: UnaryCall): Promise<unknown> {
    await this.#isUp(call.signal)
    return await this.#options.answer(method, request, call)
  }

  async *watch(request: WatchRequest, { signal, onCall }: WatchCall): AsyncGenerator<WatchMessage, void, undefined> {
    await this.#isUp(signal)
    onCall()
    const { store, heartbeatMs, clock } = this.#options
    const stream = new FakeStream(clock, heartbeatMs)
    const abort = () => stream.end(new RoleSetsError('aborted', 'The stream was cancelled.'))
    signal.addEventListener('abort', abort, { once: true })
    const unsubscribe = store.subscribe((changeSet) => stream.push(changeSet))
    this.#streams.add(stream)
    try {
      const envelope = () => ({ revision: store.revision, sentAtMs: clock.nowMs() })
      const heartbeat = () => ({ stalenessMs: 0, unknownOrganizationsDenied: store.unknownOrganizations === 'deny' })
      if (request.after === '') yield { ...envelope(), snapshotChunk: snapshotOf(store) }
      else for (const changeSet of missed(store, request.after)) stream.push(changeSet)
      for (;;) {
        const changeSet = stream.take()
        if (changeSet !== undefined) yield { ...envelope(), revision: changeSet.revision, changeSet }
        else if (stream.heartbeatIsDue()) yield { ...envelope(), heartbeat: heartbeat() }
        else await stream.pause()
      }
    } finally {
      stream.close()
      this.#streams.delete(stream)
      unsubscribe()
      signal.removeEventListener('abort', abort)
    }
  }

  /** Other clients of the same fake go on. */
  close(): void {}

  /** Waits while it is stalled. */
  async #isUp(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.#condition === 'stalled' && !signal.aborted) return
        this.#waiting.delete(look)
        signal.removeEventListener('abort', look)
        if (signal.aborted) reject(new RoleSetsError('aborted', 'The call was cancelled.'))
        else if (this.#condition === 'down') reject(outOfReach())
        else resolve()
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', look, { once: true })
      look()
    })
  }
}

class FakeStream {
  readonly #clock: Clock
  readonly #heartbeatMs: number
  #queue: ChangeSet[] = []
  #error: RoleSetsError | undefined
  #wake = () => {}
  #nextHeartbeatAtMs: number
  #cancelTimer = () => {}
  isStalled = false

  constructor(clock: Clock, heartbeatMs: number) {
    this.#clock = clock
    this.#heartbeatMs = heartbeatMs
    this.#nextHeartbeatAtMs = clock.nowMs()
  }

  push(changeSet: ChangeSet): void {
    if (this.#queue.length >= queueMax) {
      this.end(new RoleSetsError('consumer_too_slow', 'The stream is too far behind: resume from the cursor.'))
    } else this.#queue.push(changeSet)
    this.wake()
  }

  /** @throws RoleSetsError when the stream is over */
  take(): ChangeSet | undefined {
    if (this.#error !== undefined) throw this.#error
    return this.isStalled ? undefined : this.#queue.shift()
  }

  heartbeatIsDue(): boolean {
    if (this.isStalled || this.#clock.nowMs() < this.#nextHeartbeatAtMs) return false
    this.#nextHeartbeatAtMs = this.#clock.nowMs() + this.#heartbeatMs
    return true
  }

  end(error: RoleSetsError): void {
    this.#error ??= error
    this.wake()
  }

  wake(): void {
    this.#wake()
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      const leftMs = Math.max(1, this.#nextHeartbeatAtMs - this.#clock.nowMs())
      this.#cancelTimer = this.#clock.setTimer(leftMs, resolve)
    })
    this.#cancelTimer()
  }

  close(): void {
    this.#cancelTimer()
  }
}

function snapshotOf(store: FakeStore) {
  return {
    permissions: [...store.permissions.values()],
    roles: [...store.roles.values()],
    roleSets: [...store.roleSets.values()],
    last: true,
    unknownOrganizationsDenied: store.unknownOrganizations === 'deny',
  }
}

function missed(store: FakeStore, after: string): readonly ChangeSet[] {
  const cursor = parseRevision(after)
  if (cursor?.epoch !== store.epoch) {
    throw new RoleSetsError('revision_of_another_epoch', `${after} is of another epoch than ${store.revision}.`)
  }
  if (cursor.number > store.number) throw new RoleSetsError('cursor_in_the_future', `${after} has not been reached.`)
  const changeSets = store.changesAfter(cursor.number)
  if (changeSets === undefined) throw new RoleSetsError('cursor_compacted', `What follows ${after} was compacted.`)
  return changeSets
}

function outOfReach(): RoleSetsError {
  return new RoleSetsError('unavailable', 'The fake sidecar is down.')
}
