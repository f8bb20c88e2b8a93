/** Removes a role from a set, or a set from the store, and gives its holders other roles (rules 6 and 7). */

import { deleted, holders, put, type Catalogue, type Change, type Role, type RoleSet } from '@rolesets/core'
import { amend } from './amend.ts'
import { decided, impactOf, isHeld } from './decided.ts'
import type { Context, Decided, Impact, RoleFacts, RoleSetFacts, RoleUsage } from './decided.ts'
import { checkIsForOrganizations, findRole, findRoleSet } from './lookup.ts'
import { parseFlag } from './fields.ts'
import { planRestoringMove, reassignMembers, type Mapped, type RestoringFacts } from './mappings.ts'
import { Refusal } from './refusal.ts'
import { renamedNamers } from './scope-kinds.ts'
import { checkCanBeCreator, initialRequired } from './role-sets.ts'

export interface ReplaceRoleInput {
  /** Key or id. */
  readonly roleSet: string
  /** Key or id of the role that leaves the set. */
  readonly role: string
  /** Key or id of the role that takes its holders and its place. Empty or not given: allowed while it has no holders. */
  readonly toRole?: string | undefined
}

export interface ReplaceRoleSetInput extends Mapped {
  /** Key or id of the set that is deleted. */
  readonly roleSet: string
  /** Key or id of the set that takes its organizations. */
  readonly toRoleSet: string
}

/** @param facts `usage`: the holders of the role in the organizations on the set; `organizations`: their number */
export function replaceRole(
  catalogue: Catalogue,
  input: ReplaceRoleInput,
  facts: RoleFacts,
  context: Context,
): Decided<RoleSet> {
  const before = findRoleSet(catalogue, input.roleSet)
  const role = findRole(catalogue, input.role)
  const isTargeted = input.toRole !== undefined && input.toRole !== ''
  const target = isTargeted ? findRole(catalogue, input.toRole, 'to_role') : undefined
  if (!before.roleIds.includes(role.id)) throw notInRoleSet(role, before)
  const requiredMappings = isHeld(facts.usage) ? [facts.usage] : []
  const impact = impactOf({ organizations: facts.organizations, ...facts.scopes, requiredMappings })
  if (target === undefined) checkNeedsNoTarget({ roleSet: before, role, usage: facts.usage }, impact)
  if (target?.id === role.id) throw sameThing('role', role.key)
  const roleSet = exchangeRole(catalogue, { before, role, target }, context)
  const roles = requiredMappings.flatMap((held) => (target ? { ...held, toRoleId: target.id } : []))
  const changes: Change[] = [put('role_set', roleSet, before), ...reassignMembers({ roleSetId: before.id }, roles)]
  return decided(changes, roleSet, { ...impact, roles })
}

/**
 * @param facts `usage`: the roles in use in the organizations on the source; `organizations`: their number
 * @returns the destination, which doesn't change
 */
export function replaceRoleSet(
  catalogue: Catalogue,
  input: ReplaceRoleSetInput,
  facts: RoleSetFacts & RestoringFacts & { readonly usage: readonly RoleUsage[] },
  context: Context,
): Decided<RoleSet> {
  parseFlag(input.restoreFormerRoles, 'restore_former_roles')
  const source = findRoleSet(catalogue, input.roleSet)
  const destination = findRoleSet(catalogue, input.toRoleSet, 'to_role_set')
  if (source.id === destination.id) throw sameThing('role_set', source.key)
  if (source.type === 'initial') throw initialRequired(source, 'role_set', 'replaced')
  const { organizations } = facts
  if (organizations > 0) checkIsForOrganizations(destination, 'to_role_set')
  const { ownAssignments = 0 } = facts
  const move = { destination, mappings: input.mappings, ...facts }
  const plan = planRestoringMove(catalogue, move, context)
  const changes = [...plan.restored.changes, ...reassignMembers({ roleSetId: source.id }, plan.mapped)]
  const ends = { fromRoleSetId: source.id, toRoleSetId: destination.id }
  if (organizations > 0 || ownAssignments > 0)
    changes.push({ verb: 'moved', thing: 'assignment', ...ends, organizations })
  changes.push(...renamedNamers(catalogue, ends, context), deleted('role_set', source))
  return decided(changes, destination, plan.impact)
}

/** The target is added to the set if it isn't in it, and becomes the default or creator role if the role was. */
function exchangeRole(
  catalogue: Catalogue,
  { before, role, target }: { before: RoleSet; role: Role; target: Role | undefined },
  context: Context,
): RoleSet {
  const roleIds = before.roleIds.filter((id) => id !== role.id)
  if (target === undefined) return amend(before, { roleIds }, context)
  if (!roleIds.includes(target.id)) roleIds.push(target.id)
  const takePlace = <Id extends string | null>(roleId: Id) => (roleId === role.id ? target.id : roleId)
  const creatorRoleId = takePlace(before.creatorRoleId)
  if (creatorRoleId !== null) checkCanBeCreator(catalogue, creatorRoleId, { roleSetKey: before.key, field: 'to_role' })
  return amend(before, { roleIds, defaultRoleId: takePlace(before.defaultRoleId), creatorRoleId }, context)
}

function checkNeedsNoTarget(
  { roleSet, role, usage }: { readonly roleSet: RoleSet; readonly role: Role; readonly usage: RoleUsage },
  impact: Impact,
): void {
  const counts = { members: String(usage.members), invitations: String(usage.invitations) }
  const facts = { role: role.key, role_set: roleSet.key, ...counts }
  for (const place of ['creator', 'default'] as const) {
    if (roleSet[`${place}RoleId`] !== role.id) continue
    const message = `${role.key} is the ${place} role of ${roleSet.key}. Give the role that replaces it (to_role).`
    const details = { field: 'to_role', facts: { ...facts, place }, impact }
    throw new Refusal('special_role_not_in_role_set', message, details)
  }
  if (!isHeld(usage)) return
  const message = `${role.key} is the role of ${holders(usage)} in organizations that use ${roleSet.key}. Give the role that they get instead (to_role).`
  throw new Refusal('in_use', message, { field: 'to_role', facts, impact })
}

function notInRoleSet(role: Role, roleSet: RoleSet): Refusal {
  const message = `The role set ${roleSet.key} doesn't have the role ${role.key}, so the role can't be removed from it. Use one of its roles.`
  const facts = { role: role.key, role_set: roleSet.key }
  return new Refusal('role_not_in_role_set', message, { field: 'role', facts })
}

function sameThing(noun: 'role' | 'role_set', key: string): Refusal {
  const message = `${key} can't be replaced by itself. Choose another ${noun.replace('_', ' ')}.`
  return new Refusal('same_source_and_destination', message, { field: `to_${noun}`, facts: { [noun]: key } })
}
