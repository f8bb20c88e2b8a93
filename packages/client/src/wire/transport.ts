/**
 * The interface to the transport: gRPC, or one in memory. Messages are plain objects in the JSON form of the proto
 * messages (camelCase fields, names of enum values, numbers for 64-bit integers, plain JSON for metadata). The client
 * parses what comes back before it uses it.
 */

import type { ChangeSet } from '../feed/changes.ts'
import {
  flag,
  givenText,
  listOf,
  number,
  objectOf,
  optional,
  text,
  texts,
  type ObjectReader,
  type ValueOf,
} from './reading.ts'
import {
  readOrganization,
  readPermission,
  readRole,
  readRoleSet,
  readScopeDefault,
  readScopeKind,
  type Organization,
} from './resources.ts'

export interface UnaryCall {
  readonly signal: AbortSignal
  /** The sidecar needn't answer later than that. The client stops waiting by itself. */
  readonly deadlineMs: number
  /** The actor, for the audit. */
  readonly actor?: string | undefined
}

export interface StreamCall {
  /** Ends the stream. */
  readonly signal: AbortSignal
}

export interface WatchCall {
  readonly signal: AbortSignal
  /**
   * To be called right before the request goes out on a connection that is up. The cache counts its age from then; a
   * transport that doesn't call it makes the cache look older by the time that connecting took, never younger.
   */
  readonly onCall: () => void
}

/** The JSON form of `rolesets.v1.WatchRequest`. */
export interface WatchRequest {
  /** Empty: begin with a snapshot. */
  readonly after: string
  /** What a snapshot holds: a cache asks for the catalogue. */
  readonly snapshotScope: 'CATALOGUE' | 'CATALOGUE_AND_ORGANIZATIONS' | 'PLACES'
  /** Change sets come with their records and seals. Left out: they don't. */
  readonly includeRecord?: boolean
}

const deletedOrganizationFields = { id: text, revision: number }
const timelineFields = { epoch: text, after: number }

const snapshotChunkFields = {
  permissions: listOf(readPermission),
  roles: listOf(readRole),
  roleSets: listOf(readRoleSet),
  /** Where the request's scope has them. */
  organizations: (value: unknown = [], field: string): readonly Organization[] | undefined =>
    listOf(readOrganization)(value, field),
  last: flag,
  unknownOrganizationsDenied: flag,
  /** In the first part; an older sidecar has none. */
  scopeKinds: optional(listOf(readScopeKind)),
  scopeDefaults: optional(listOf(readScopeDefault)),
  /** Keys of permissions that were deleted or renamed; in the first part. */
  retiredPermissions: optional(texts),
  /** There were more of them than the sidecar keeps. */
  retiredPermissionsIncomplete: optional(flag),
  /** With the scope `PLACES`: the changes that put the things of this part, in the form of a change set's record. */
  record: givenText,
  deletedOrganizations: optional(listOf(objectOf('a deleted organization', deletedOrganizationFields))),
  /** In the first part, with records: the seal that the next change set follows. */
  seal: givenText,
  /** In the first part, with the scope `PLACES`: how revisions are named, and when the first part's was committed. */
  timelines: optional(listOf(objectOf('a timeline', timelineFields))),
  committedAtMs: optional(number),
}
export interface SnapshotChunk extends ValueOf<typeof snapshotChunkFields> {}
export const readSnapshotChunk: ObjectReader<SnapshotChunk> = objectOf('a part of the snapshot', snapshotChunkFields)

const heartbeatFields = {
  stalenessMs: number,
  unknownOrganizationsDenied: optional(flag),
  /** Whether the stream shows what happens to memberships. A transport that doesn't say so has a client ask each time. */
  membershipsShown: optional(flag),
}
export interface Heartbeat extends ValueOf<typeof heartbeatFields> {}
export const readHeartbeat: ObjectReader<Heartbeat> = objectOf('a heartbeat', heartbeatFields)

/** The JSON form of `rolesets.v1.WatchResponse`: one of the three is there. */
export interface WatchMessage {
  readonly revision: string
  /** Milliseconds of a clock of the sender that only runs forward. */
  readonly sentAtMs: number
  readonly snapshotChunk?: SnapshotChunk
  readonly changeSet?: ChangeSet
  readonly heartbeat?: Heartbeat
}

/**
 * A failure is thrown, best a `RoleSetsError` with the code that the sidecar's reason has. All methods settle
 * when the signal aborts.
 */
export interface Transport {
  /** `method` is `<service>/<rpc>`, for example `Decisions/Check`. Reaches the sidecar at most once. */
  unary(method: string, request: object, call: UnaryCall): Promise<unknown>
  /** A stream is over when it ends or throws; the client then asks for another one. */
  watch(request: WatchRequest, call: WatchCall): AsyncIterable<WatchMessage>
  /** The messages of another call that answers with a stream: backups. A transport may have none. Bytes are `Uint8Array`. */
  openStream?(method: string, request: object, call: StreamCall): AsyncIterable<unknown>
  close(): void
}
