/**
 * The follower as a state machine: one total table of states and events, without I/O and without a clock. The rules that
 * it keeps (F1 to F20) and the table are in docs/design/feed.md; the follower performs what the table says.
 */

import { formatRevision, mayFollow, type Revision } from '@rolesets/core'
import { RoleSetsError, type RoleSetsErrorCode } from '../errors.ts'
import type { ChangeSet } from './changes.ts'
import type { Alive, SnapshotPart } from './sink.ts'
import type { ReceivedMessage } from './stream.ts'

/** What happens to the connection, for logs and metrics. */
export type ClientEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly error: RoleSetsError }
  /** Change sets are missing between what the cache has and what came. */
  | { readonly type: 'gap'; readonly delivered: string; readonly received: string }
  /** The cursor can't be used any more: everything is read again. */
  | { readonly type: 'started_over'; readonly error: RoleSetsError }
  | { readonly type: 'snapshot'; readonly revision: string }

export type FollowerStateName =
  /** No stream; the pause before the next one. */
  | 'paused'
  /** A stream was asked for, and the request has not gone out yet. */
  | 'connecting'
  /** The stream is up, and the snapshot is not complete. */
  | 'snapshot'
  /** The stream goes on from the cursor; no heartbeat has said that nothing is missing. */
  | 'resumed'
  /** The stream's snapshot was adopted; no heartbeat has said that nothing is missing. */
  | 'adopted'
  /** A heartbeat of this stream has said that nothing is missing. */
  | 'live'
  | 'closed'

export interface FollowerState {
  readonly name: FollowerStateName
  /** The revision that the sink has; undefined: it needs a snapshot. */
  readonly cursor: Revision | undefined
  /** The revision of the parts of a snapshot that came on this stream; undefined: none came. */
  readonly partsAt: Revision | undefined
  /** Streams in a row that brought nothing new. */
  readonly failures: number
  /** The number after which a change set was missing, until it comes or a heartbeat says that there is none. */
  readonly gapAfter: number | undefined
  /** `connected` was reported, and `disconnected` was not reported since. */
  readonly isConnected: boolean
  /** Why the last stream failed. */
  readonly lastError: RoleSetsError | undefined
}

export type FollowerEvent =
  | ReceivedMessage
  /** The connection is up and the request goes out. */
  | { readonly kind: 'called' }
  /** The stream is over, or a message of it could not be read or written. */
  | { readonly kind: 'failed'; readonly error: RoleSetsError }
  /** The stream has lasted so long that a new one is due. */
  | { readonly kind: 'renewal_due' }
  | { readonly kind: 'pause_over' }
  /** The owner of the follower has seen that what the sink has is of another epoch. */
  | { readonly kind: 'start_over'; readonly error: RoleSetsError }
  | { readonly kind: 'close' }

export type FollowerEffect =
  /** Ends the stream or the pause. */
  | { readonly type: 'end' }
  /** Asks for a stream; without `after` it begins with a snapshot. */
  | { readonly type: 'open'; readonly after: Revision | undefined }
  /** `failures` in a row came before this one. */
  | { readonly type: 'pause'; readonly failures: number }
  | { readonly type: 'report'; readonly event: ClientEvent }

export type SinkWrite =
  | { readonly to: 'adopt'; readonly part: SnapshotPart }
  | { readonly to: 'apply'; readonly changeSet: ChangeSet }
  | { readonly to: 'prove'; readonly alive: Alive }

/** If the sink fails at the write, the transition does not take place: the event was a failed stream. */
export interface Transition {
  readonly state: FollowerState
  readonly write?: SinkWrite
  readonly effects: readonly FollowerEffect[]
}

type EventKind = FollowerEvent['kind']
type EventOf<Kind extends EventKind> = Extract<FollowerEvent, { kind: Kind }>
type Cell<Kind extends EventKind> = (state: FollowerState, event: EventOf<Kind>) => Transition
type Row = { readonly [Kind in EventKind]: Cell<Kind> }

/** After these the cursor can't be used any more. */
const startOverCodes: readonly RoleSetsErrorCode[] = [
  'cursor_compacted',
  'cursor_in_the_future',
  'out_of_range',
  'revision_of_another_epoch',
]

/** The row of a stream that has a cursor. */
const following: Row = {
  called: ignore,
  snapshot_chunk: (state) => fail(state, 'unavailable', 'The feed sent a snapshot where a change set was due.'),
  change_set: takeChangeSet,
  heartbeat: takeHeartbeat,
  failed: (state, { error }) => end(state, error),
  renewal_due: renew,
  pause_over: ignore,
  start_over: startOver,
  close,
}

/** Each cell is written out: a new event does not compile until each state says what it does with it. */
export const transitions: Readonly<Record<FollowerStateName, Row>> = {
  paused: {
    called: ignore,
    snapshot_chunk: ignore,
    change_set: ignore,
    heartbeat: ignore,
    failed: ignore,
    renewal_due: ignore,
    pause_over: (state) => open(state),
    start_over: startOver,
    close,
  },
  connecting: {
    called: connect,
    // The stream says that it is up before its first message.
    snapshot_chunk: ignore,
    change_set: ignore,
    heartbeat: ignore,
    failed: (state, { error }) => end(state, error),
    renewal_due: renew,
    pause_over: ignore,
    start_over: startOver,
    close,
  },
  snapshot: {
    called: ignore,
    snapshot_chunk: takeChunk,
    change_set: takeLaterChanges,
    heartbeat: ignore,
    failed: (state, { error }) => end(state, error),
    renewal_due: renew,
    pause_over: ignore,
    start_over: ignore,
    close,
  },
  resumed: following,
  adopted: following,
  live: following,
  closed: {
    called: ignore,
    snapshot_chunk: ignore,
    change_set: ignore,
    heartbeat: ignore,
    failed: ignore,
    renewal_due: ignore,
    pause_over: ignore,
    start_over: ignore,
    close: ignore,
  },
}

/** The first transition: a stream after the cursor, or a snapshot. */
export function begin(cursor: Revision | undefined): Transition {
  return open({
    name: 'paused',
    cursor,
    partsAt: undefined,
    failures: 0,
    gapAfter: undefined,
    isConnected: false,
    lastError: undefined,
  })
}

export function transition(state: FollowerState, event: FollowerEvent): Transition {
  // The cell takes the event of its kind: the compiler can't relate the two.
  const cell = transitions[state.name][event.kind] as (state: FollowerState, event: FollowerEvent) => Transition
  return cell(state, event)
}

function ignore(state: FollowerState): Transition {
  return { state, effects: [] }
}

function open(state: FollowerState, effects: readonly FollowerEffect[] = []): Transition {
  const { cursor } = state
  return {
    state: { ...state, name: 'connecting', partsAt: undefined },
    effects: [...effects, { type: 'open', after: cursor }],
  }
}

function pause(state: FollowerState, effects: readonly FollowerEffect[]): Transition {
  const { failures } = state
  return {
    state: { ...state, name: 'paused', partsAt: undefined, failures: failures + 1 },
    effects: [...effects, { type: 'pause', failures }],
  }
}

/** A sidecar that waits refuses at little cost, and may answer at any moment: the pauses don't become long. */
function pauseShortly(state: FollowerState, effects: readonly FollowerEffect[]): Transition {
  return pause({ ...state, failures: Math.min(state.failures, waitingFailuresMax) }, effects)
}

/** That makes pauses of at most 400 ms. */
const waitingFailuresMax = 2

function close(state: FollowerState): Transition {
  return { state: { ...state, name: 'closed', partsAt: undefined }, effects: [{ type: 'end' }] }
}

function connect(state: FollowerState): Transition {
  const name = state.cursor === undefined ? 'snapshot' : 'resumed'
  const effects = state.isConnected ? [] : [report({ type: 'connected' })]
  return { state: { ...state, name, isConnected: true }, effects }
}

/** A stream that still waits for its snapshot is not replaced at once: the sender may be too slow for it. */
function renew(state: FollowerState): Transition {
  const effects = [{ type: 'end' }] as const
  return state.cursor === undefined ? pause(state, effects) : open(state, effects)
}

/** Once per cursor: until the next snapshot there is nothing to drop. A pause that is running ends. */
function startOver(state: FollowerState, { error }: EventOf<'start_over'>): Transition {
  if (state.cursor === undefined) return ignore(state)
  const effects = [{ type: 'end' } as const, report({ type: 'started_over', error })]
  const dropped = { ...state, cursor: undefined }
  return state.name === 'paused' ? open(dropped, effects) : pause(dropped, effects)
}

/** The stream is over. A cursor that is refused is dropped; the snapshot follows at once, unless this stream brought one. */
function end(state: FollowerState, error: RoleSetsError): Transition {
  const startsOver = state.cursor !== undefined && startOverCodes.includes(error.code)
  const effects = [{ type: 'end' } as const, report({ type: 'disconnected', error })]
  const ended = { ...state, isConnected: false, lastError: error }
  if (error.code === 'not_ready') return pauseShortly(ended, effects)
  if (!startsOver) return pause(ended, effects)
  const dropped = { ...ended, cursor: undefined }
  const reported = [...effects, report({ type: 'started_over', error })]
  return state.name === 'adopted' ? pause(dropped, reported) : open(dropped, reported)
}

function fail(state: FollowerState, code: RoleSetsErrorCode, message: string): Transition {
  return end(state, new RoleSetsError(code, message))
}

/** With the last chunk, the snapshot has the revision that its change sets have led to. */
function takeChunk(state: FollowerState, { chunk, revision }: EventOf<'snapshot_chunk'>): Transition {
  const { partsAt = revision } = state
  const part = { chunk, isFirst: state.partsAt === undefined, isLast: chunk.last, revision }
  const write = { to: 'adopt', part } as const
  if (!chunk.last) return { state: { ...state, partsAt }, write, effects: [] }
  if (partsAt.number !== revision.number)
    return fail(state, 'unavailable', 'The feed left out change sets between the parts of a snapshot.')
  return {
    state: { ...state, name: 'adopted', cursor: revision, partsAt: undefined, failures: 0, gapAfter: undefined },
    write,
    effects: [report({ type: 'snapshot', revision: formatRevision(revision) })],
  }
}

/** What was committed since the first part of the snapshot. */
function takeLaterChanges(state: FollowerState, { changeSet, revision }: EventOf<'change_set'>): Transition {
  const { partsAt } = state
  if (partsAt === undefined || !mayFollow(revision, partsAt) || revision.number !== partsAt.number + 1)
    return fail(state, 'unavailable', 'The feed sent a change set that does not follow the parts of the snapshot.')
  const part = { changeSet, isFirst: false, isLast: false, revision }
  return { state: { ...state, partsAt: revision }, write: { to: 'adopt', part }, effects: [] }
}

/** In order and without gaps. What the sink has already is dropped by its number. */
function takeChangeSet(state: FollowerState, { changeSet, revision }: EventOf<'change_set'>): Transition {
  const ahead = numbersAhead(state, revision)
  if (ahead === undefined) return anotherEpoch(state, revision)
  if (ahead <= 0) return ignore(state)
  if (ahead > 1) return gap(state, revision)
  return {
    state: { ...state, cursor: revision, failures: 0 },
    write: { to: 'apply', changeSet },
    effects: [],
  }
}

/** Only a heartbeat proves that nothing is missing. A change set may have others waiting behind it. */
function takeHeartbeat(state: FollowerState, event: EventOf<'heartbeat'>): Transition {
  const { revision, sentAtLeastMs, heartbeat } = event
  const ahead = numbersAhead(state, revision)
  if (ahead === undefined) return anotherEpoch(state, revision)
  if (ahead < 0) return ignore(state)
  if (ahead > 0) return gap(state, revision)
  const { stalenessMs, unknownOrganizationsDenied, membershipsShown = false } = heartbeat
  const alive = { revision, sentAtLeastMs, stalenessMs, unknownOrganizationsDenied, membershipsShown }
  return {
    state: { ...state, name: 'live', failures: 0, gapAfter: undefined },
    write: { to: 'prove', alive },
    effects: [],
  }
}

/**
 * How far a message is ahead of the cursor; undefined: it is of another epoch. The sender has accepted the cursor, so what it
 * sends after it is later, also on another timeline.
 */
function numbersAhead({ cursor }: FollowerState, revision: Revision): number | undefined {
  if (cursor === undefined || !(mayFollow(revision, cursor) || mayFollow(cursor, revision))) return undefined
  return revision.number - cursor.number
}

function anotherEpoch(state: FollowerState, { epoch }: Revision): Transition {
  const message = `The feed is of epoch ${epoch}, and was of ${state.cursor?.epoch}: the store was restored.`
  return fail(state, 'revision_of_another_epoch', message)
}

/** Resuming closes a gap. Where it does not, the feed itself has the gap, and only a snapshot helps. */
function gap(state: FollowerState, revision: Revision): Transition {
  const { number } = state.cursor as Revision
  const [delivered, received] = [formatRevision({ ...revision, number }), formatRevision(revision)]
  const code = state.gapAfter === number ? 'cursor_compacted' : 'unavailable'
  const ended = fail(
    { ...state, gapAfter: number },
    code,
    `The feed left out what is between ${delivered} and ${received}.`,
  )
  return { ...ended, effects: [report({ type: 'gap', delivered, received }), ...ended.effects] }
}

function report(event: ClientEvent): FollowerEffect {
  return { type: 'report', event }
}
