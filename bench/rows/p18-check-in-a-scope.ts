/**
 * P18: compares a cached check in a scope, and a cached check of what a member holds now, with a cached check of the
 * organization, about the same organizations in the same order.
 */

import { allowedOf, askedOf, passesNs, type Asked } from '../asked.ts'
import { heldRoleOf, memberIdOf, openCachedOrganizations, type CachedOrganizations } from '../cached-organizations.ts'
import { compare, type Contest } from '../compare.ts'
import type { Comparison, Row, RowResult, RunOptions } from '../row.ts'
import { scopeKeyAt } from '../store-file.ts'

const scope = scopeKeyAt(0)
/** Made once, as a middleware does for a route. */
const inScope = { scope }
const hotCount = 100
const concurrency = 200

export const row: Row = {
  id: 'P18',
  title: 'cached check in a scope, and of a member as they are now',
  goal: '≤ 1.15 × and ≤ 1.3 × a cached check of the organization',
  quick: true,
  run,
}

async function run(options: RunOptions): Promise<RowResult> {
  const organizations = options.quick ? 5_000 : 100_000
  const cached = await openCachedOrganizations({ ...options, organizations, membersOfScope: scope })
  try {
    const count = options.quick ? 1 << 15 : 1 << 17
    const all = askedOf(cached).slice(0, count)
    const hot = askedOf(cached, hotCount).slice(0, count)
    await readMembers(cached)
    const about = `${organizations / 1000} k organizations`
    const comparisons = [
      await inScopes(cached, options, { asked: all, name: `check in a scope, ${about}, any of them` }),
      await inScopes(cached, options, { asked: hot, name: `check in a scope, ${about}, ${hotCount} of them` }),
      await ofMembers(cached, options, { asked: all, name: `check of a member, ${about}, any of them` }),
      await ofMembers(cached, options, { asked: hot, name: `check of a member, ${about}, ${hotCount} of them` }),
      await ofMembers(cached, options, {
        asked: hot,
        name: `check of a member of a scope, ${hotCount} of them`,
        scope,
      }),
    ]
    return { comparisons }
  } finally {
    await cached.close()
  }
}

interface Case {
  readonly name: string
  readonly asked: readonly Asked[]
  readonly scope?: string
}

/** Each has its own loop, because the compiler would optimize a shared loop for both. */
function inScopes(cached: CachedOrganizations, options: RunOptions, { name, asked }: Case): Promise<Comparison> {
  const { roleSets } = cached
  const ourPass = () => {
    let allowed = 0
    for (const { organizationId, role } of asked)
      if (roleSets.checkCached(organizationId, role, inScope)?.allowed) allowed += 1
    return allowed
  }
  const measured = { ...passesOf(options), asked, allowed: allowedOf(cached, asked) }
  return compare({
    ...{ name, goal: { atMost: 1.15 }, rounds: options.rounds },
    ...againstOrganization(cached, options, asked),
    ours: () => passesNs(ourPass, measured),
  })
}

function ofMembers(
  cached: CachedOrganizations,
  options: RunOptions,
  { name, asked, scope }: Case,
): Promise<Comparison> {
  const { roleSets } = cached
  const place = scope === undefined ? {} : { scope }
  // The question about a member is an object, so it has the role. Most applications ask for a few roles.
  const questions = asked.map(({ organizationId, role }) => ({
    ...{ organizationId, userId: memberIdOf(organizationId) },
    question: { role, ...place },
  }))
  const ourPass = () => {
    let allowed = 0
    for (const { organizationId, userId, question } of questions)
      if (roleSets.checkMemberCached(organizationId, userId, question)?.allowed) allowed += 1
    return allowed
  }
  const held = asked.filter(({ organizationId, role }) => heldRoleOf(organizationId) === role).length
  return compare({
    ...{ name, goal: { atMost: 1.3 }, rounds: options.rounds },
    ...againstOrganization(cached, options, asked),
    ours: () => passesNs(ourPass, { ...passesOf(options), asked, allowed: held }),
  })
}

function againstOrganization(
  cached: CachedOrganizations,
  options: RunOptions,
  asked: readonly Asked[],
): Pick<Contest, 'against' | 'unit' | 'better' | 'theirs'> {
  const { roleSets } = cached
  const theirPass = () => {
    let allowed = 0
    for (const { organizationId, role } of asked) if (roleSets.checkCached(organizationId, role)?.allowed) allowed += 1
    return allowed
  }
  const measured = { ...passesOf(options), asked, allowed: allowedOf(cached, asked) }
  return {
    ...{ against: 'a check of the organization', unit: 'ns', better: 'lower' },
    theirs: () => passesNs(theirPass, measured),
  }
}

function passesOf({ quick }: RunOptions) {
  return { passes: quick ? 2 : 6 }
}

/**
 * Asks about each member once in the organization, and about those that are asked about again and again in the scope, too. Then
 * all are in the client's memory.
 */
async function readMembers({ roleSets, planOf }: CachedOrganizations): Promise<void> {
  const ids = [...planOf.keys()]
  const [role = ''] = ids.map(heldRoleOf)
  const places = [
    ...ids.map((organizationId) => ({ organizationId, question: { role } })),
    ...ids.slice(0, hotCount).map((organizationId) => ({ organizationId, question: { role, scope } })),
  ]
  for (let from = 0; from < places.length; from += concurrency) {
    const some = places.slice(from, from + concurrency)
    await Promise.all(
      some.map(({ organizationId, question }) =>
        roleSets.checkMember(organizationId, memberIdOf(organizationId), { ...question, deadlineMs: 10_000 }),
      ),
    )
  }
}
