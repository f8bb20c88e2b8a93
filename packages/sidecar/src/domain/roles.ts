/** Roles and what they hold. A role is available to nobody until a role set has it. */

import {
  type Catalogue,
  type Change,
  holders,
  initialRoleSetOf,
  listed,
  type Permission,
  type Role,
  type RoleSet,
  sortByKey,
  put,
  deleted,
} from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import {
  impactOf,
  isHeld,
  type Context,
  type Decided,
  type Impact,
  type RoleUsage,
  decided,
  changed,
} from './decided.ts'
import { invalid, parseDescription, parseFlag, parseKey, parseRefs } from './fields.ts'
import { checkKeyIsFree, findPermission, findRole } from './lookup.ts'
import { parseNamedUpdate, parseNameOr, type NamedUpdate } from './naming.ts'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

/** What a creator role holds at least (rule 2). */
export const creatorPermissionKeys = [
  'org:sys_memberships:manage',
  'org:sys_memberships:read',
  'org:sys_profile:delete',
] as const

export interface CreateRole {
  readonly key: string
  /** Empty or not given: made from the key. */
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Keys or ids. */
  readonly permissions?: readonly string[] | undefined
  readonly includeInInitialRoleSet?: boolean | undefined
}

export interface UpdateRole extends NamedUpdate {
  /** Key or id. */
  readonly role: string
  /** Keys or ids of all permissions that it holds afterwards. */
  readonly permissions?: readonly string[] | undefined
}

export interface DeleteRole {
  /** Key or id. */
  readonly role: string
}

export interface RolePermission {
  /** Key or id. */
  readonly role: string
  /** Key or id. */
  readonly permission: string
}

/** @param facts `organizations`: how many are on the initial set */
export function createRole(
  catalogue: Catalogue,
  input: CreateRole,
  facts: { readonly organizations: number },
  context: Context,
): Decided<Role> {
  const key = parseKey('role', input.key)
  const name = parseNameOr(key, input.name)
  const description = parseDescription(input.description ?? '')
  const permissionIds = parsePermissionIds(catalogue, input.permissions ?? [])
  const isIncluded = parseFlag(input.includeInInitialRoleSet, 'include_in_initial_role_set')
  checkKeyIsFree(catalogue.roles, key)
  checkLimit('rolesMax', catalogue.roles.size + 1, { subject: 'The store would hold', unit: 'roles', field: 'key' })
  const role: Role = { id: context.newId('role'), key, name, description, permissionIds, ...stampNew(context) }
  const changes: Change[] = [put('role', role, null)]
  if (!isIncluded) return decided(changes, role)
  changes.push(joinInitialRoleSet(catalogue, role, context))
  return decided(changes, role, impactOf({ organizations: facts.organizations }))
}

export function updateRole(catalogue: Catalogue, input: UpdateRole, context: Context): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const named = parseNamedUpdate(input, (key) => parseKey('role', key))
  const given = input.permissions === undefined ? undefined : parsePermissionIds(catalogue, input.permissions)
  checkKeyIsFree(catalogue.roles, named.key, before)
  const permissionIds = given && hasSameMembers(given, before.permissionIds) ? undefined : given
  const role = amend(before, { ...named, permissionIds }, context)
  checkCreatorKeepsPermissions(catalogue, role)
  return decided(changed('role', before, role), role)
}

export function addPermission(catalogue: Catalogue, input: RolePermission, context: Context): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const permission = findPermission(catalogue, input.permission)
  const facts = { role: before.key, permission: permission.key }
  if (before.permissionIds.includes(permission.id)) {
    const message = `${before.key} already holds ${permission.key}. Nothing has to be added.`
    throw new Refusal('role_holds_permission', message, { field: 'permission', facts })
  }
  const held = [...before.permissionIds.flatMap((id) => catalogue.permissions.byId(id) ?? []), permission]
  const at = { subject: `${before.key} would hold`, unit: 'permissions', field: 'permission' }
  checkLimit('permissionsPerRoleMax', held.length, at)
  return holding(before, sortByKey(held), context)
}

/** Refused where a set's creator role would lose a permission that it must hold (rule 2). */
export function removePermission(catalogue: Catalogue, input: RolePermission, context: Context): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const permission = findPermission(catalogue, input.permission)
  if (!before.permissionIds.includes(permission.id)) {
    const facts = { role: before.key, permission: permission.key }
    const message = `${before.key} doesn't hold ${permission.key}, so the permission can't be removed from it. Name a permission that it holds.`
    throw new Refusal('role_lacks_permission', message, { field: 'permission', facts })
  }
  const left = before.permissionIds.filter((id) => id !== permission.id)
  const decided = holding(
    before,
    left.map((id) => ({ id })),
    context,
  )
  checkCreatorKeepsPermissions(catalogue, decided.value, 'permission')
  return decided
}

/**
 * The role leaves all sets (rule 8).
 * @param facts `usage`: who holds it anywhere; `organizations`: how many are on a set that has it (see `roleSetsWith`)
 */
export function deleteRole(
  catalogue: Catalogue,
  input: DeleteRole,
  facts: { readonly usage: RoleUsage; readonly organizations: number },
  context: Context,
): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const { organizations, usage } = facts
  const roles = isHeld(usage) ? [{ ...usage, toRoleId: null }] : []
  const impact = impactOf({ organizations, roles })
  checkHasNoPlace(catalogue, { role: before, usage }, impact)
  checkIsUnused(before, usage, impact)
  const changes: Change[] = roleSetsWith(catalogue, before.id).map((roleSet) => {
    const roleIds = roleSet.roleIds.filter((id) => id !== before.id)
    return put('role_set', amend(roleSet, { roleIds }, context), roleSet)
  })
  changes.push(deleted('role', before))
  return decided(changes, before, impactOf({ organizations }))
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

function parsePermissionIds(catalogue: Catalogue, value: unknown): string[] {
  const found = new Map<string, Permission>()
  for (const { ref, field } of parseRefs(value, 'permissions', 'permissionsPerRoleMax')) {
    const permission = findPermission(catalogue, ref, field)
    if (found.has(permission.id))
      throw invalid(field, `names ${permission.key} a second time. Name each permission once.`)
    found.set(permission.id, permission)
  }
  return sortByKey(found.values()).map(({ id }) => id)
}

function joinInitialRoleSet(catalogue: Catalogue, role: Role, context: Context): Change {
  const before = initialRoleSetOf(catalogue)
  const roleIds = [...before.roleIds, role.id]
  const field = 'include_in_initial_role_set'
  checkLimit('rolesPerRoleSetMax', roleIds.length, { subject: `${before.key} would have`, unit: 'roles', field })
  return put('role_set', amend(before, { roleIds }, context), before)
}

function holding(before: Role, permissions: readonly { readonly id: string }[], context: Context): Decided<Role> {
  const role = amend(before, { permissionIds: permissions.map(({ id }) => id) }, context)
  return decided(changed('role', before, role), role)
}

function checkCreatorKeepsPermissions(catalogue: Catalogue, role: Role, field = 'permissions'): void {
  const missing = missingCreatorPermissions(catalogue, role)
  if (missing.length === 0) return
  const created = [...catalogue.roleSets.values()].filter(({ creatorRoleId }) => creatorRoleId === role.id)
  if (created.length === 0) return
  const sets = listed(sortByKey(created).map(({ key }) => key))
  throw new Refusal(
    'role_not_creator_eligible',
    `${role.key} is the creator role of ${sets} and would lack ${missing.join(', ')}. Keep these permissions, or give the sets another creator role first.`,
    { field, facts: { role: role.key, role_sets: sets, missing: missing.join(', ') } },
  )
}

function checkHasNoPlace(
  catalogue: Catalogue,
  { role, usage }: { role: Role; usage: RoleUsage },
  impact: Impact,
): void {
  const roleSets = [...catalogue.roleSets.values()]
  const created = roleSets.filter(({ creatorRoleId }) => creatorRoleId === role.id)
  const holding = created.length > 0 ? created : roleSets.filter(({ defaultRoleId }) => defaultRoleId === role.id)
  if (holding.length === 0) return
  const place = created.length > 0 ? 'creator' : 'default'
  const sets = listed(sortByKey(holding).map(({ key }) => key))
  const message = `${role.key} is the ${place} role of ${sets}. Give these sets another one first.`
  const facts = { role: role.key, place, role_sets: sets, ...countsOf(usage) }
  throw new Refusal('in_use', message, { field: 'role', facts, impact })
}

function checkIsUnused(role: Role, usage: RoleUsage, impact: Impact): void {
  if (impact.roles.length === 0) return
  const message = `${role.key} is the role of ${holders(usage)}. Give them another role first, for example by replacing it in its role sets.`
  throw new Refusal('in_use', message, { field: 'role', facts: { role: role.key, ...countsOf(usage) }, impact })
}

function countsOf({ members, invitations, organizations }: RoleUsage) {
  return { members: String(members), invitations: String(invitations), organizations: String(organizations) }
}
