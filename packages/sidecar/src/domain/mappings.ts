/**
 * Who gets which role when organizations come to a set that lacks roles in use (rule 7).
 *
 * A mapping is honoured for every role in use, also for one that the destination has: what the caller says goes. A mapping
 * for a role that nobody holds does nothing, so one list can serve many organizations. All happen at the same time.
 */

import type { Catalogue } from './catalogue.ts'
import type { Change, MembershipChange } from './change.ts'
import type { RoleImpact, RoleUsage } from './decided.ts'
import { invalid, parseMappings } from './fields.ts'
import { findRole } from './lookup.ts'
import type { Role, RoleSet } from './model.ts'
import { Refusal } from './refusal.ts'
import { counted, holders, listed, takeWithin } from './wording.ts'

type Scope = Extract<MembershipChange, { kind: 'members_reassigned' }>['scope']

const rolesInFactsMax = 20

/** Role id to role id, checked: every target is in the destination. */
export function resolveMappings(
  catalogue: Catalogue,
  value: unknown,
  destination: RoleSet,
): ReadonlyMap<string, string> {
  const mappings = new Map<string, string>()
  for (const { from, to, field } of parseMappings(value, 'mappings')) {
    const source = findRole(catalogue, from, field)
    const target = findRole(catalogue, to, field)
    if (mappings.has(source.id)) throw invalid(field, `maps ${source.key} a second time. Map each role once.`)
    if (!destination.roleIds.includes(target.id)) throw outside(source, target, { destination, field })
    mappings.set(source.id, target.id)
  }
  return mappings
}

/** @param usage who holds which role in the organizations that come to the destination */
export function planReassignments(
  catalogue: Catalogue,
  usage: readonly RoleUsage[],
  to: { readonly destination: RoleSet; readonly mappings: ReadonlyMap<string, string> },
): RoleImpact[] {
  const inUse = usage.filter(({ members, invitations }) => members > 0 || invitations > 0)
  const unmapped = inUse.filter(({ roleId }) => !to.mappings.has(roleId) && !to.destination.roleIds.includes(roleId))
  if (unmapped.length > 0) throw missing(catalogue, unmapped, to.destination)
  return inUse.flatMap(({ roleId, ...counts }) => {
    const toRoleId = to.mappings.get(roleId) ?? roleId
    return toRoleId === roleId ? [] : [{ roleId, toRoleId, ...counts }]
  })
}

/** The one change that carries all reassignments, or none when they concern no members. */
export function reassignMembers(scope: Scope, impacts: readonly RoleImpact[]): Change[] {
  const mappings = impacts
    .filter(({ members }) => members > 0)
    .map(({ roleId, toRoleId, members }) => ({ fromRoleId: roleId, toRoleId, members }))
  return mappings.length === 0 ? [] : [{ kind: 'members_reassigned', scope, mappings }]
}

function outside(source: Role, target: Role, at: { destination: RoleSet; field: string }): Refusal {
  const message = `${source.key} can't become ${target.key}, because ${at.destination.key} lacks that role. Map it to a role of ${at.destination.key}, or add the role to it first.`
  const facts = { role: source.key, to_role: target.key, role_set: at.destination.key }
  return new Refusal('mapping_invalid', message, { field: at.field, facts })
}

/** One fact for each role, named by its key, besides the list of all; when there are very many, of the first ones. */
function missing(catalogue: Catalogue, unmapped: readonly RoleUsage[], destination: RoleSet): Refusal {
  const held = new Map(
    unmapped.map((usage) => [catalogue.roles.byId(usage.roleId)?.key ?? usage.roleId, holders(usage)]),
  )
  const keys = [...held.keys()].sort()
  const shown = takeWithin(keys, rolesInFactsMax)
  const facts = {
    role_set: destination.key,
    unmapped: shown.join(','),
    unmapped_count: String(keys.length),
    ...Object.fromEntries(shown.map((key) => [key, held.get(key) ?? ''])),
  }
  const list = listed(keys.map((key) => `${key} (${held.get(key)})`))
  const message = `${destination.key} lacks ${counted(keys.length, 'role')} in use: ${list}. Map each to a role of ${destination.key}.`
  return new Refusal('mapping_missing', message, { field: 'mappings', facts })
}
