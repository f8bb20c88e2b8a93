/** How the fake sidecar is reached: in memory. When it is down, calls fail at once; when it is stalled, they wait. */

import { parseRevision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { Conditions } from '../conditions.ts'
import { RoleSetsError } from '../errors.ts'
import type { Change, ChangeSet } from '../feed/changes.ts'
import type { Transport, UnaryCall, WatchCall, WatchMessage, WatchRequest } from '../wire/transport.ts'
import type { FakeStore } from './fake-store.ts'

/** Change sets that a stream may be behind. */
const queueMax = 1000

export interface FakeTransportOptions {
  readonly store: FakeStore
  readonly clock: Clock
  readonly heartbeatMs: number
  /** As for a client with a key. */
  readonly membershipsShown: boolean
  readonly answer: (method: string, request: object, call: UnaryCall) => Promise<unknown>
}

type Condition = 'up' | 'down' | 'stalled'

interface Stream {
  readonly queue: ChangeSet[]
  /** Why it is over. */
  error: RoleSetsError | undefined
}

export class FakeTransport implements Transport {
  readonly #options: FakeTransportOptions
  readonly #streams = new Set<Stream>()
  /** What streams and calls wait for. */
  readonly #conditions = new Conditions()
  #condition: Condition = 'up'

  constructor(options: FakeTransportOptions) {
    this.#options = options
  }

  setCondition(condition: Condition): void {
    this.#condition = condition
    if (condition === 'down') this.endStreams()
    else this.#conditions.changed()
  }

  /** As after a restart: every stream ends, and can be had again. */
  endStreams(): void {
    for (const stream of this.#streams) stream.error ??= outOfReach()
    this.#conditions.changed()
  }

  async unary(method: string, request: object, call: UnaryCall): Promise<unknown> {
    await this.#isUp(call.signal)
    return await this.#options.answer(method, request, call)
  }

  async *watch(request: WatchRequest, { signal, onCall }: WatchCall): AsyncGenerator<WatchMessage, void, undefined> {
    await this.#isUp(signal)
    onCall()
    const { store, heartbeatMs, clock } = this.#options
    const stream: Stream = { queue: [], error: undefined }
    const unsubscribe = store.subscribe((changeSet) => this.#push(stream, changeSet))
    this.#streams.add(stream)
    let isHeartbeatDue = true
    let cancelTimer = () => {}
    const heartbeatBecomesDue = () => {
      isHeartbeatDue = true
      this.#conditions.changed()
    }
    const isReady = () =>
      stream.error !== undefined || (this.#condition !== 'stalled' && (stream.queue.length > 0 || isHeartbeatDue))
    try {
      const envelope = () => ({ revision: store.revision, sentAtMs: clock.nowMs() })
      if (request.after === '') yield { ...envelope(), snapshotChunk: snapshotOf(store) }
      else for (const changeSet of missed(store, request.after)) this.#push(stream, changeSet)
      for (;;) {
        await this.#conditions.until(isReady, signal)
        if (signal.aborted) throw new RoleSetsError('aborted', 'The stream was cancelled.')
        if (stream.error !== undefined) throw stream.error
        const changeSet = stream.queue.shift()
        if (changeSet !== undefined)
          yield { ...envelope(), revision: changeSet.revision, changeSet: this.#shown(changeSet) }
        else {
          isHeartbeatDue = false
          cancelTimer = clock.setTimer(heartbeatMs, heartbeatBecomesDue)
          const unknownOrganizationsDenied = store.unknownOrganizations === 'deny'
          const { membershipsShown } = this.#options
          yield { ...envelope(), heartbeat: { stalenessMs: 0, unknownOrganizationsDenied, membershipsShown } }
        }
      }
    } finally {
      cancelTimer()
      this.#streams.delete(stream)
      unsubscribe()
    }
  }

  /** Other clients of the same fake go on. */
  close(): void {}

  #push(stream: Stream, changeSet: ChangeSet): void {
    if (stream.queue.length < queueMax) stream.queue.push(changeSet)
    else
      stream.error ??= new RoleSetsError('consumer_too_slow', 'The stream is too far behind: resume from the cursor.')
    this.#conditions.changed()
  }

  #shown(changeSet: ChangeSet): ChangeSet {
    if (this.#options.membershipsShown) return changeSet
    return { ...changeSet, changes: changeSet.changes.filter((change) => !isAboutMembers(change)) }
  }

  /** Waits while it is stalled. */
  async #isUp(signal: AbortSignal): Promise<void> {
    await this.#conditions.until(() => this.#condition !== 'stalled', signal)
    if (signal.aborted) throw new RoleSetsError('aborted', 'The call was cancelled.')
    if (this.#condition === 'down') throw outOfReach()
  }
}

const membersFields = new Set(['membershipPut', 'membershipDeleted', 'membersReassigned', 'scopeRenamed'])

function isAboutMembers(change: Change): boolean {
  return Object.keys(change).some((field) => membersFields.has(field))
}

function snapshotOf(store: FakeStore) {
  return {
    permissions: [...store.permissions.values()],
    roles: [...store.roles.values()],
    roleSets: [...store.roleSets.values()],
    scopeKinds: [...store.scopes.kinds.values()],
    scopeDefaults: [...store.scopes.defaults.values()],
    retiredPermissions: [...store.retiredPermissions.keys],
    retiredPermissionsIncomplete: !store.retiredPermissions.isComplete,
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
