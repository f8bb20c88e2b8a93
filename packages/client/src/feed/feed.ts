/**
 * `@rolesets/client/feed`: what follows the feed into something else than the client's cache, such as the store of a
 * replica. It knows the sink and the transport, and nothing of the cache.
 */

export { Follower, type FollowerOptions } from './follower.ts'
export type { ClientEvent, FollowerState, FollowerStateName } from './machine.ts'
export type { Alive, FeedSink, Snapshot } from './sink.ts'
export { openGrpcTransport, type GrpcTransportOptions } from '../wire/grpc-transport.ts'
export { parseTarget, type Target } from '../wire/target.ts'
export { systemClock, type Clock } from '../clock.ts'
