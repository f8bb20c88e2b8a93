/** The caches of places and of members as one sink of the feed: both follow a change set in the same tick. */

import type { Clock } from '../clock.ts'
import { RoleSetsError } from '../errors.ts'
import type { FeedSink } from '../feed/sink.ts'
import type { SnapshotChunk } from '../wire/transport.ts'
import type { Cache } from './cache.ts'
import { CatalogueAtRevision } from './catalogue.ts'
import type { Freshness } from './freshness.ts'
import type { MemberCache } from './member-cache.ts'

export interface CacheSinkOptions {
  readonly cache: Cache
  readonly members: MemberCache
  readonly freshness: Freshness
  readonly clock: Clock
}

export function cacheSink({ cache, members, freshness, clock }: CacheSinkOptions): FeedSink {
  /** Of the snapshot that is coming. */
  let chunks: SnapshotChunk[] = []
  return {
    adopt({ chunk, isFirst, isLast, revision }) {
      if (isFirst) chunks = []
      if (chunk === undefined) throw new RoleSetsError('unavailable', 'A snapshot of the catalogue has change sets.')
      chunks.push(chunk)
      if (!isLast) return
      cache.adopt(CatalogueAtRevision.fromSnapshot({ revision, chunks }))
      chunks = []
      members.drop()
    },
    apply(changeSet) {
      cache.apply(changeSet)
      members.apply(changeSet, cache.catalogue?.number ?? 0)
    },
    prove({ unknownOrganizationsDenied, membershipsShown, sentAtLeastMs, stalenessMs }) {
      members.setShown(membershipsShown)
      if (unknownOrganizationsDenied !== undefined) cache.setUnknownOrganizations(unknownOrganizationsDenied)
      // After a snapshot that is older than what was delivered before, the cache has to catch up first.
      if (cache.isCaughtUp) freshness.prove(sentAtLeastMs - stalenessMs, clock.nowMs())
    },
  }
}
