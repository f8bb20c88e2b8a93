/**
 * Moves of scopes to other role sets (rule 16). One list of mappings serves all scopes that a write moves, also where they go to
 * different sets: to that of their organization, for example. It must fit each of them.
 */

import { counted, holders, type Among, type Catalogue, type Change, type RoleSetOfPlace } from '@rolesets/core'
import { impactOf, isHeld, type Impact, type RoleImpact, type RoleUsage, type Context } from './decided.ts'
import { checkMappings, planRestoringMove, reassignMembers, type Mapped, type RestoringFacts } from './mappings.ts'
import { Refusal } from './refusal.ts'
import type { ScopeFacts, ScopeUsage } from './scope-facts.ts'

/** Former roles come back in one scope only. */
interface ScopeMove extends Mapped, RestoringFacts {
  readonly among: Among
  readonly facts: ScopeFacts
  readonly context: Context
  /** What the scopes have afterwards, by the role set of their organization. */
  readonly after: (organizationRoleSetId: string) => RoleSetOfPlace
  /** What all of them have afterwards, where that doesn't depend on their organizations: mappings must fit it, also unused ones. */
  readonly destination?: RoleSetOfPlace | undefined
}

/** The impact, and the changes that give members other roles: they come before those that move the scopes. */
export function planScopeMove(
  catalogue: Catalogue,
  { among, facts, after, destination: common, mappings, restorable, context }: ScopeMove,
): { readonly impact: Impact; readonly reassigned: readonly Change[] } {
  checkMappings(catalogue, mappings)
  const { places, firstPlaces } = facts
  const groups = byDestination(facts.usage, { after, common })
  const shown = { places, firstPlaces }
  const plans = [...groups].map(([roleSetId, usage]) => {
    const destination = roleSetId === '' ? undefined : catalogue.roleSets.byId(roleSetId)
    if (destination === undefined) throw wouldHaveNone(facts, impactOf(shown))
    const move = { destination, usage: merged(usage), organizations: 0, scopes: shown, mappings, restorable }
    return planRestoringMove(catalogue, move, context)
  })
  const mapped = mergedImpacts(plans.flatMap((plan) => plan.mapped))
  const roles = [...plans.flatMap(({ restored }) => restored.roles), ...mapped]
  const requiredMappings = merged(plans.flatMap(({ impact }) => impact.requiredMappings))
  const restored = plans.flatMap((plan) => plan.restored.changes)
  return {
    impact: impactOf({ ...shown, roles, requiredMappings }),
    reassigned: [...restored, ...reassignMembers(among, mapped)],
  }
}

/** Who holds which roles, by the id of the set that their scopes get; empty: they get none. */
function byDestination(
  usage: readonly ScopeUsage[],
  { after, common }: Pick<ScopeMove, 'after'> & { readonly common: RoleSetOfPlace | undefined },
): ReadonlyMap<string, readonly ScopeUsage[]> {
  const groups = new Map<string, ScopeUsage[]>()
  if (common !== undefined && 'roleSetId' in common) groups.set(common.roleSetId, [])
  for (const each of usage.filter(isHeld)) {
    const found = after(each.organizationRoleSetId)
    const roleSetId = 'reason' in found ? '' : found.roleSetId
    const group = groups.get(roleSetId)
    if (group) group.push(each)
    else groups.set(roleSetId, [each])
  }
  return groups
}

/** The same role counted once. */
export function merged(usages: readonly RoleUsage[]): RoleUsage[] {
  const byRole = new Map<string, RoleUsage>()
  for (const { roleId, members, invitations, organizations } of usages) {
    const known = byRole.get(roleId) ?? { roleId, members: 0, invitations: 0, organizations: 0 }
    byRole.set(roleId, {
      roleId,
      members: known.members + members,
      invitations: known.invitations + invitations,
      organizations: known.organizations + organizations,
    })
  }
  return [...byRole.values()]
}

/** A role has one target in all scopes of a write: that of its mapping. */
function mergedImpacts(impacts: readonly RoleImpact[]): RoleImpact[] {
  const targets = new Map(impacts.map(({ roleId, toRoleId }) => [roleId, toRoleId]))
  return merged(impacts).map((usage) => ({ ...usage, toRoleId: targets.get(usage.roleId) ?? null }))
}

/** Where one scope of a write has no role set after it, none has: a fallback to the organization's set always gives one. */
function wouldHaveNone({ usage, repeated }: ScopeFacts, impact: Impact): Refusal {
  const total = (count: 'members' | 'invitations') =>
    usage.reduce((sum, each) => sum + each[count], 0) - (repeated?.[count] ?? 0)
  const held = { members: total('members'), invitations: total('invitations') }
  const message = `${counted(impact.places, 'scope')} with ${holders(held)} would have no role set. Give them one, or end these memberships and invitations first.`
  const facts = { members: String(held.members), invitations: String(held.invitations), places: String(impact.places) }
  return new Refusal('in_use', message, { facts, impact })
}
