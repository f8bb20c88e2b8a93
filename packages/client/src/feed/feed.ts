/**
 * `@rolesets/client/feed`: follows the feed and writes it into a sink that the caller provides, such as the store of a
 * replica. It doesn't use the client's cache.
 */

export { Follower, type FollowerOptions } from './follower.ts'
export type { ClientEvent, FollowerState, FollowerStateName } from './machine.ts'
export type { ChangeSet } from './changes.ts'
export type { Alive, FeedSink, SnapshotPart } from './sink.ts'
export { RoleSetsError } from '../errors.ts'
export { Connection } from '../wire/connection.ts'
export type { TlsOptions } from '../wire/diagnosis.ts'
export { openGrpcTransport, type GrpcTransportOptions } from '../wire/grpc-transport.ts'
export type { Transport } from '../wire/transport.ts'
export { parseTarget, type Target } from '../wire/target.ts'
export { systemClock, type Clock } from '../clock.ts'
