/**
 * Which role replaces which when organizations move to a set that lacks roles in use (rule 7).
 *
 * A mapping applies to every role in use, also to a role that the destination has. A mapping for a role without holders has
 * no effect, so one list can serve many organizations. All mappings happen at the same time.
 */

import { counted, holders, listed, takeWithin } from '@rolesets/core'
import type { Catalogue, Change, Reassigned, Role, RoleSet } from '@rolesets/core'
import { impactOf, isHeld, type Context, type Impact, type RoleImpact, type RoleUsage } from './decided.ts'
import { nobodyRestorable, restore, usageWithout, type AllRestorable, type Restored } from './former-roles.ts'
import { invalid, parseMappings } from './fields.ts'
import { findRole } from './lookup.ts'
import { Refusal } from './refusal.ts'

/** What requests have that move organizations to another set. */
export interface Mapped {
  /** Role to role, keys or ids. */
  readonly mappings?: Readonly<Record<string, string>> | undefined
  /** Give members the roles back that a mapping of an earlier move took. A mapping is for those who get none back. */
  readonly restoreFormerRoles?: boolean | undefined
}

/** Whose former roles the destination has, at most one more than one call takes; nobody unless they are asked for. */
export interface RestoringFacts {
  readonly restorable?: AllRestorable | undefined
}

const rolesInFactsMax = 20

interface Move extends Mapped {
  readonly destination: RoleSet
  /** The roles in use in the organizations that move. */
  readonly usage: readonly RoleUsage[]
  /** The number of organizations that move. */
  readonly organizations: number
  /** The scopes that move. Not given: none. A refusal names them, too. */
  readonly scopes?: Pick<Impact, 'places' | 'firstPlaces'> | undefined
}

/**
 * The impact of a move. Every role in use that the destination lacks needs a mapping, and every mapping must lead to a role
 * of the destination. A refusal carries the impact as far as it is known.
 */
export function planMove(catalogue: Catalogue, { destination, usage, organizations, scopes, mappings }: Move): Impact {
  const { targets, outsiders } = resolveMappings(catalogue, mappings, destination)
  const inUse = usage.filter(isHeld)
  const requiredMappings = inUse.filter(({ roleId }) => !destination.roleIds.includes(roleId))
  const roles = inUse.flatMap(({ roleId, ...counts }) => {
    const toRoleId = targets.get(roleId) ?? roleId
    return toRoleId === roleId ? [] : [{ roleId, toRoleId, ...counts }]
  })
  const impact = impactOf({ organizations, ...scopes, roles, requiredMappings })
  const [outsider] = outsiders
  if (outsider !== undefined) throw outside(destination, outsider, impact)
  const unmapped = requiredMappings.filter(({ roleId }) => !targets.has(roleId))
  if (unmapped.length > 0) throw missing(catalogue, unmapped, destination, impact)
  return impact
}

/** A move that gives former roles back, and maps the roles of all others. */
export function planRestoringMove(
  catalogue: Catalogue,
  move: Move & RestoringFacts,
  context: Context,
): { readonly impact: Impact; readonly restored: Restored; readonly mapped: readonly RoleImpact[] } {
  const { destination, mappings, restorable = nobodyRestorable } = move
  const mappedRoleIds = new Set(resolveMappings(catalogue, mappings, destination).targets.keys())
  const restored = restore(catalogue, { destination, restorable, mappedRoleIds }, context)
  const impact = planMove(catalogue, { ...move, usage: usageWithout(move.usage, restored) })
  return { impact: { ...impact, roles: [...restored.roles, ...impact.roles] }, restored, mapped: impact.roles }
}

/** All reassignments in one change; no change when there are none. */
export function reassignMembers(among: Reassigned['among'], impacts: readonly RoleImpact[]): Change[] {
  const mappings = impacts.flatMap(({ roleId, toRoleId, members, invitations }) =>
    toRoleId === null ? [] : [{ fromRoleId: roleId, toRoleId, members, invitations }],
  )
  return mappings.length === 0 ? [] : [{ verb: 'reassigned', thing: 'membership', among, mappings }]
}

interface Outsider {
  readonly source: Role
  readonly target: Role
  readonly field: string
}

/** Also what moves nobody must name roles that there are, so that a mapping is right before it is needed. */
export function checkMappings(catalogue: Catalogue, value: unknown): void {
  for (const { from, to, field } of parseMappings(value, 'mappings'))
    for (const ref of [from, to]) findRole(catalogue, ref, field)
}

/** Role id to role id, and the mappings whose target isn't in the destination. */
function resolveMappings(catalogue: Catalogue, value: unknown, destination: RoleSet) {
  const targets = new Map<string, string>()
  const outsiders: Outsider[] = []
  for (const { from, to, field } of parseMappings(value, 'mappings')) {
    const source = findRole(catalogue, from, field)
    const target = findRole(catalogue, to, field)
    if (targets.has(source.id)) throw invalid(field, `maps ${source.key} twice. Map each role once.`)
    if (!destination.roleIds.includes(target.id)) outsiders.push({ source, target, field })
    targets.set(source.id, target.id)
  }
  for (const { source } of outsiders) targets.delete(source.id)
  return { targets, outsiders }
}

function outside(destination: RoleSet, { source, target, field }: Outsider, impact: Impact): Refusal {
  const message = `${source.key} can't be mapped to ${target.key}, because the role set ${destination.key} doesn't have that role. Map it to a role of ${destination.key}, or add ${target.key} to that set first.`
  const facts = { role: source.key, to_role: target.key, role_set: destination.key }
  return new Refusal('mapping_invalid', message, { field, facts, impact })
}

/** The facts have the list of the unmapped roles and an entry for each, named by its key; at most the first few. */
function missing(catalogue: Catalogue, unmapped: readonly RoleUsage[], destination: RoleSet, impact: Impact): Refusal {
  const keyOf = (roleId: string) => catalogue.roles.byId(roleId)?.key ?? roleId
  const held = new Map(unmapped.map((usage) => [keyOf(usage.roleId), holders(usage)]))
  const keys = [...held.keys()].sort()
  const shown = takeWithin(keys, rolesInFactsMax)
  const facts = {
    role_set: destination.key,
    unmapped: shown.join(','),
    unmapped_count: String(keys.length),
    ...Object.fromEntries(shown.map((key) => [key, held.get(key) ?? ''])),
  }
  const list = listed(keys.map((key) => `${key} (${held.get(key)})`))
  const message = `The role set ${destination.key} lacks ${counted(keys.length, 'role')} that members or invitations have: ${list}. Map each of them to a role of ${destination.key}.`
  return new Refusal('mapping_missing', message, { field: 'mappings', facts, impact })
}
