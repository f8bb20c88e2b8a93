/**
 * P2: asks authorization libraries the same question. Each has the set-up that is best for it: all data in memory, no
 * adapter, no scan of policies. What can be prepared, such as one compiled rule set for each plan, is prepared.
 */

import { createMongoAbility, type MongoAbility } from '@casl/ability'
import type { Enforcer } from 'casbin'
import { CachedEnforcer, newCachedEnforcer, newEnforcer, newModelFromString } from 'casbin'
import { allowedOf, askedOf, passesNs, type Asked } from '../asked.ts'
import { openCachedOrganizations, plans, type CachedOrganizations } from '../cached-organizations.ts'
import { compare } from '../compare.ts'
import type { Comparison, Row, RunOptions } from '../row.ts'

/** The question is one walk from the organization to the role. There is one policy, which says this. */
const model = `
[request_definition]
r = org, role
[policy_definition]
p = any
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.org, r.role)
`

interface Peer {
  readonly name: string
  /** The share of the questions that it gets: enough to measure it in the available time. */
  readonly share: { readonly quick: number; readonly full: number }
  /** How many of these must be allowed. */
  readonly pass: (asked: readonly Asked[]) => number | Promise<number>
}

export const row: Row = {
  id: 'P2',
  title: 'cached check in the process against authorization libraries',
  goal: 'faster than casbin and @casl/ability',
  quick: true,
  async run(options) {
    const organizations = options.quick ? 20_000 : 100_000
    const cached = await openCachedOrganizations({ ...options, organizations })
    try {
      const comparisons: Comparison[] = []
      for (const peer of [await casbin(cached), await cachedCasbin(cached), casl(cached)]) {
        options.log(peer.name)
        comparisons.push(await contest(cached, options, peer))
      }
      return { comparisons }
    } finally {
      await cached.close()
    }
  },
}

async function contest(cached: CachedOrganizations, { quick, rounds }: RunOptions, peer: Peer): Promise<Comparison> {
  const all = askedOf(cached)
  const asked = all.slice(0, all.length * (quick ? peer.share.quick : peer.share.full))
  const allowed = allowedOf(cached, asked)
  const { roleSets } = cached
  // Rolesets gets more of the questions, because its rounds would otherwise be too short to measure.
  const ours = { passes: quick ? 1 : 3, asked: all, allowed: allowedOf(cached, all) }
  const ourPass = () => {
    let count = 0
    for (const { organizationId, role } of all) if (roleSets.checkCached(organizationId, role)?.allowed) count += 1
    return count
  }
  return compare({
    name: 'checkCached',
    against: peer.name,
    unit: 'ns',
    better: 'lower',
    goal: { atMost: 1 },
    rounds,
    ours: () => passesNs(ourPass, ours),
    theirs: () => passesNs(() => peer.pass(asked), { passes: 1, asked, allowed }),
  })
}

async function casbin(cached: CachedOrganizations): Promise<Peer> {
  const enforcer = await newEnforcer(newModelFromString(model))
  await teach(enforcer, cached)
  const pass = (asked: readonly Asked[]) => {
    let count = 0
    for (const { organizationId, role } of asked) if (enforcer.enforceSync(organizationId, role)) count += 1
    return count
  }
  return { name: 'casbin, enforceSync', share: { quick: 1 / 32, full: 1 / 4 }, pass }
}

/** It stores each question with its answer, and all its calls return promises. */
async function cachedCasbin(cached: CachedOrganizations): Promise<Peer> {
  const enforcer = await newCachedEnforcer(newModelFromString(model))
  if (!(enforcer instanceof CachedEnforcer)) throw new Error('This enforcer does not cache answers.')
  await teach(enforcer, cached)
  const pass = async (asked: readonly Asked[]) => {
    let count = 0
    for (const { organizationId, role } of asked) if (await enforcer.enforce(organizationId, role)) count += 1
    return count
  }
  return { name: 'casbin, cached enforcer, answers remembered', share: { quick: 1 / 8, full: 1 / 2 }, pass }
}

async function teach(enforcer: Enforcer, { planOf }: CachedOrganizations): Promise<void> {
  await enforcer.addPolicy('any')
  const holds = [...plans].flatMap(([plan, own]) => own.map((role) => [plan, role]))
  await enforcer.addGroupingPolicies([...holds, ...planOf])
}

/**
 * One ability for each plan, so that one look-up finds the ability of an organization, and the subject finds the rule.
 */
function casl({ planOf }: CachedOrganizations): Peer {
  const abilities = new Map<string, MongoAbility>()
  for (const [plan, own] of plans) {
    abilities.set(plan, createMongoAbility(own.map((role) => ({ action: 'grant', subject: role }))))
  }
  const abilityOf = new Map([...planOf].map(([organizationId, plan]) => [organizationId, abilities.get(plan)]))
  const pass = (asked: readonly Asked[]) => {
    let count = 0
    for (const { organizationId, role } of asked) if (abilityOf.get(organizationId)?.can('grant', role)) count += 1
    return count
  }
  return { name: '@casl/ability', share: { quick: 1 / 2, full: 1 }, pass }
}
