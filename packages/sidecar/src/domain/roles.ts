/** Roles and their permissions. A role can't be granted until a role set has it. */

import { deleted, holders, initialRoleSetOf, listed, put, sortByKey } from '@rolesets/core'
import type { Catalogue, Change, Role, RoleSet } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import { decided, decidedTo, impactOf, isHeld, type RoleFacts, type RoleSetFacts } from './decided.ts'
import type { Context, Decided, Impact, RoleUsage } from './decided.ts'
import { parseFlag, parseKey } from './fields.ts'
import { checkCanBeAdded, checkKeyIsFree, findEach, findPermission, findRole } from './lookup.ts'
import { parseNamedUpdate, parseNewNamed, type NamedUpdate, type NewNamed } from './naming.ts'
import { Refusal } from './refusal.ts'

/** What a creator role holds at least (rule 2). */
export const creatorPermissionKeys = [
  'org:sys_memberships:manage',
  'org:sys_memberships:read',
  'org:sys_profile:delete',
] as const

export interface CreateRoleInput extends NewNamed {
  /** Keys or ids. */
  readonly permissions?: readonly string[] | undefined
  readonly includeInInitialRoleSet?: boolean | undefined
}

export interface DeleteRoleInput {
  /** Key or id. */
  readonly role: string
}

export interface UpdateRoleInput extends NamedUpdate, DeleteRoleInput {
  /** Keys or ids of all permissions that it holds afterwards. */
  readonly permissions?: readonly string[] | undefined
}

export interface RolePermission extends DeleteRoleInput {
  /** Key or id. */
  readonly permission: string
}

/** @param facts `organizations`: how many are on the initial set */
export function createRole(
  catalogue: Catalogue,
  input: CreateRoleInput,
  facts: RoleSetFacts,
  context: Context,
): Decided<Role> {
  const named = parseNewNamed(input, parseRoleKey)
  const permissionIds = parsePermissionIds(catalogue, input.permissions ?? [])
  const isIncluded = parseFlag(input.includeInInitialRoleSet, 'include_in_initial_role_set')
  checkCanBeAdded(catalogue.roles, named.key, 'rolesMax', 'roles')
  const role: Role = { id: context.newId('role'), ...named, permissionIds, ...stampNew(context) }
  if (!isIncluded) return decidedTo('role', null, role)
  const changes = [put('role', role, null), joinInitialRoleSet(catalogue, role, context)]
  return decided(changes, role, impactOf({ organizations: facts.organizations }))
}

export function updateRole(catalogue: Catalogue, input: UpdateRoleInput, context: Context): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const named = parseNamedUpdate(input, parseRoleKey)
  const given = input.permissions === undefined ? undefined : parsePermissionIds(catalogue, input.permissions)
  checkKeyIsFree(catalogue.roles, named.key, before)
  const permissionIds = given && hasSameMembers(given, before.permissionIds) ? undefined : given
  const role = amend(before, { ...named, permissionIds }, context)
  checkCreatorKeepsPermissions(catalogue, role)
  return decidedTo('role', before, role)
}

export function addPermission(catalogue: Catalogue, input: RolePermission, context: Context): Decided<Role> {
  const { before, permission, holds, facts } = findPair(catalogue, input)
  if (holds) {
    const message = `${before.key} already holds ${permission.key}. Nothing has to be added.`
    throw new Refusal('role_holds_permission', message, { field: 'permission', facts })
  }
  const held = [...before.permissionIds.flatMap((id) => catalogue.permissions.byId(id) ?? []), permission]
  const at = { subject: `${before.key} would hold`, unit: 'permissions', field: 'permission' }
  checkLimit('permissionsPerRoleMax', held.length, at)
  return decidedTo('role', before, amend(before, { permissionIds: sortByKey(held).map(({ id }) => id) }, context))
}

/** Refused where a set's creator role would lose a permission that it must hold (rule 2). */
export function removePermission(catalogue: Catalogue, input: RolePermission, context: Context): Decided<Role> {
  const { before, permission, holds, facts } = findPair(catalogue, input)
  if (!holds) {
    const message = `${before.key} doesn't hold ${permission.key}, so the permission can't be removed from it. Name a permission that it holds.`
    throw new Refusal('role_lacks_permission', message, { field: 'permission', facts })
  }
  const role = amend(before, { permissionIds: before.permissionIds.filter((id) => id !== permission.id) }, context)
  checkCreatorKeepsPermissions(catalogue, role, 'permission')
  return decidedTo('role', before, role)
}

/**
 * The role leaves all sets (rule 8).
 * @param facts `usage`: its members and invitations; `organizations`: how many use a set that has it (see `roleSetsWith`)
 */
export function deleteRole(
  catalogue: Catalogue,
  input: DeleteRoleInput,
  facts: RoleFacts,
  context: Context,
): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const { organizations, usage } = facts
  const impact = impactOf({ organizations, roles: isHeld(usage) ? [{ ...usage, toRoleId: null }] : [] })
  checkIsUnused(catalogue, { role: before, usage }, impact)
  const changes: Change[] = roleSetsWith(catalogue, before.id).map((roleSet) => {
    const roleIds = roleSet.roleIds.filter((id) => id !== before.id)
    return put('role_set', amend(roleSet, { roleIds }, context), roleSet)
  })
  return decided([...changes, deleted('role', before)], before, impact)
}

/** The sets in which a role is available. */
export function roleSetsWith(catalogue: Catalogue, roleId: string): RoleSet[] {
  return [...catalogue.roleSets.values()].filter((roleSet) => roleSet.roleIds.includes(roleId))
}

export function isCreatorEligible(catalogue: Catalogue, role: Role): boolean {
  return missingCreatorPermissions(catalogue, role).length === 0
}

/** Keys of the permissions that the role lacks for a creator role. */
export function missingCreatorPermissions(catalogue: Catalogue, role: Role): string[] {
  return creatorPermissionKeys.filter((key) => {
    const permission = catalogue.permissions.byKey(key)
    return permission === undefined || !role.permissionIds.includes(permission.id)
  })
}

function hasSameMembers(a: readonly string[], b: readonly string[]): boolean {
  const members = new Set(b)
  return a.length === members.size && a.every((item) => members.has(item))
}

function parseRoleKey(value: unknown): string {
  return parseKey('role', value)
}

function parsePermissionIds(catalogue: Catalogue, value: unknown): string[] {
  const at = { field: 'permissions', limit: 'permissionsPerRoleMax', noun: 'permission' } as const
  return sortByKey(findEach(value, at, (ref, field) => findPermission(catalogue, ref, field))).map(({ id }) => id)
}

function findPair(catalogue: Catalogue, input: RolePermission) {
  const before = findRole(catalogue, input.role)
  const permission = findPermission(catalogue, input.permission)
  const facts = { role: before.key, permission: permission.key }
  return { before, permission, facts, holds: before.permissionIds.includes(permission.id) }
}

function joinInitialRoleSet(catalogue: Catalogue, role: Role, context: Context): Change {
  const before = initialRoleSetOf(catalogue)
  const roleIds = [...before.roleIds, role.id]
  const field = 'include_in_initial_role_set'
  checkLimit('rolesPerRoleSetMax', roleIds.length, { subject: `${before.key} would have`, unit: 'roles', field })
  return put('role_set', amend(before, { roleIds }, context), before)
}

function checkCreatorKeepsPermissions(catalogue: Catalogue, role: Role, field = 'permissions'): void {
  const missing = missingCreatorPermissions(catalogue, role).join(', ')
  const sets = keysOfSets(catalogue, ({ creatorRoleId }) => creatorRoleId === role.id)
  if (missing === '' || sets === '') return
  const message = `${role.key} is the creator role of ${sets} and would lack ${missing}. Keep these permissions, or give the sets another creator role first.`
  throw new Refusal('role_not_creator_eligible', message, {
    field,
    facts: { role: role.key, role_sets: sets, missing },
  })
}

function checkIsUnused(catalogue: Catalogue, { role, usage }: { role: Role; usage: RoleUsage }, impact: Impact): void {
  const { members, invitations, organizations } = usage
  const counts = { members: String(members), invitations: String(invitations), organizations: String(organizations) }
  const inUse = (problem: string, facts: Readonly<Record<string, string>>) =>
    new Refusal('in_use', `${role.key} is ${problem}`, {
      field: 'role',
      facts: { role: role.key, ...facts, ...counts },
      impact,
    })
  for (const place of ['creator', 'default'] as const) {
    const sets = keysOfSets(catalogue, (roleSet) => roleSet[`${place}RoleId`] === role.id)
    if (sets === '') continue
    throw inUse(`the ${place} role of ${sets}. Give these sets another one first.`, { place, role_sets: sets })
  }
  if (!isHeld(usage)) return
  const remedy = 'Give them another role first, for example by replacing it in its role sets.'
  throw inUse(`the role of ${holders(usage)}. ${remedy}`, {})
}

/** As a message lists them; empty: there are none. */
function keysOfSets(catalogue: Catalogue, isMeant: (roleSet: RoleSet) => boolean): string {
  const roleSets = [...catalogue.roleSets.values()].filter(isMeant)
  return listed(sortByKey(roleSets).map(({ key }) => key))
}
