/** The cache as a sink of the feed. */

import type { Clock } from '../clock.ts'
import type { FeedSink } from '../feed/sink.ts'
import type { Cache } from './cache.ts'
import { CatalogueAtRevision } from './catalogue.ts'
import type { Freshness } from './freshness.ts'

export function cacheSink(cache: Cache, freshness: Freshness, clock: Clock): FeedSink {
  return {
    adopt: (snapshot) => cache.adopt(CatalogueAtRevision.fromSnapshot(snapshot)),
    apply: (changeSet) => cache.apply(changeSet),
    prove({ unknownOrganizationsDenied, sentAtLeastMs, stalenessMs }) {
      if (unknownOrganizationsDenied !== undefined) cache.setUnknownOrganizations(unknownOrganizationsDenied)
      // After a snapshot that is older than what was delivered before, the cache has to catch up first.
      if (cache.isCaughtUp) freshness.prove(sentAtLeastMs - stalenessMs, clock.nowMs())
    },
  }
}
