/**
 * P1: compares a cached check with the two look-ups that it needs at least; and with these and one reading of the clock, which is
 * the least of a check that is never older than its bound.
 */

import { LRUCache } from 'lru-cache'
import { allowedOf, askedOf, passesNs } from '../asked.ts'
import { openCachedOrganizations, plans, type CachedOrganizations } from '../cached-organizations.ts'
import { compare } from '../compare.ts'
import type { Comparison, Row, RunOptions } from '../row.ts'

interface Case extends Pick<Comparison, 'name' | 'goal'> {
  /** How many organizations are asked about. Default: all. */
  readonly hot?: number
  /** The compared program also reads the monotonic clock. */
  readonly clock?: boolean
}

export const row: Row = {
  id: 'P1',
  title: 'cached check in the process, 100 k organizations',
  goal: '≤ 1.5 × the time of a bare lru-cache get and Map.has',
  quick: true,
  async run(options) {
    const organizations = options.quick ? 20_000 : 100_000
    const cached = await openCachedOrganizations({ ...options, organizations })
    const name = `checkCached, ${organizations / 1000} k organizations`
    try {
      const all = await contest(cached, options, { name: `${name}, any of them`, goal: { atMost: 1.5 } })
      const some = await contest(cached, options, { name: `${name}, 100 of them`, hot: 100 })
      const allByClock = await contest(cached, options, { name: `${name}, any of them`, clock: true })
      const someByClock = await contest(cached, options, { name: `${name}, 100 of them`, hot: 100, clock: true })
      return { comparisons: [all, some, allByClock, someByClock] }
    } finally {
      await cached.close()
    }
  },
}

/** Each has its own loop, because the compiler would optimize a shared loop for both. */
async function contest(
  cached: CachedOrganizations,
  { quick, rounds }: RunOptions,
  { hot, clock = false, ...about }: Case,
): Promise<Comparison> {
  const asked = askedOf(cached, hot)
  const measured = { passes: quick ? 2 : 6, asked, allowed: allowedOf(cached, asked) }
  const { roleSets } = cached
  const bare = bareCache(cached)

  const ourPass = () => {
    let allowed = 0
    for (const { organizationId, role } of asked) if (roleSets.checkCached(organizationId, role)?.allowed) allowed += 1
    return allowed
  }
  const theirPass = () => {
    let allowed = 0
    for (const { organizationId, role } of asked) if (bare.get(organizationId)?.has(role)) allowed += 1
    return allowed
  }
  const untilMs = performance.now() + 3_600_000
  const theirPassByClock = () => {
    let allowed = 0
    for (const { organizationId, role } of asked)
      if (performance.now() <= untilMs && bare.get(organizationId)?.has(role)) allowed += 1
    return allowed
  }
  return compare({
    ...about,
    against: clock ? 'lru-cache get, Map.has, performance.now' : 'lru-cache get, Map.has',
    unit: 'ns',
    better: 'lower',
    rounds,
    ours: () => passesNs(ourPass, measured),
    theirs: () => passesNs(clock ? theirPassByClock : theirPass, measured),
  })
}

function bareCache({ planOf }: CachedOrganizations): LRUCache<string, ReadonlyMap<string, true>> {
  const rolesOf = new Map([...plans].map(([plan, own]) => [plan, new Map(own.map((role) => [role, true as const]))]))
  const bare = new LRUCache<string, ReadonlyMap<string, true>>({ max: planOf.size })
  for (const [organizationId, plan] of planOf) bare.set(organizationId, rolesOf.get(plan) ?? new Map())
  return bare
}
