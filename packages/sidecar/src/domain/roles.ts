/** Roles and what they hold. A role is available to nobody until a role set has it. */

import { amend, stampNew } from './amend.ts'
import { initialRoleSetOf, type Catalogue } from './catalogue.ts'
import type { Change } from './change.ts'
import { noImpact, type Context, type Decided, type RoleUsage } from './decided.ts'
import { invalid, parseDescription, parseFlag, parseKey, parseName, parseRefs } from './fields.ts'
import { checkLimit } from './limits.ts'
import { checkKeyIsFree, findPermission, findRole, sortByKey } from './lookup.ts'
import type { Permission, Role, RoleSet } from './model.ts'
import { parseNameOr } from './naming.ts'
import { Refusal } from './refusal.ts'
import { holders, listed } from './wording.ts'

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

export interface UpdateRole {
  /** Key or id. */
  readonly role: string
  readonly key?: string | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Keys or ids of all that it shall hold. */
  readonly permissions?: readonly string[] | undefined
}

export interface DeleteRole {
  /** Key or id. */
  readonly role: string
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
  const changes: Change[] = [{ kind: 'role_put', role, before: null }]
  if (!isIncluded) return { changes, impact: noImpact, value: role }
  changes.push(joinInitialRoleSet(catalogue, role, context))
  return { changes, impact: { organizations: facts.organizations, roles: [] }, value: role }
}

export function updateRole(catalogue: Catalogue, input: UpdateRole, context: Context): Decided<Role> {
  const before = findRole(catalogue, input.role)
  const key = input.key === undefined ? undefined : parseKey('role', input.key)
  const name = input.name === undefined ? undefined : parseName(input.name)
  const description = input.description === undefined ? undefined : parseDescription(input.description)
  const given = input.permissions === undefined ? undefined : parsePermissionIds(catalogue, input.permissions)
  if (key !== undefined) checkKeyIsFree(catalogue.roles, key, before)
  const permissionIds = given && hasSameMembers(given, before.permissionIds) ? undefined : given
  const role = amend(before, { key, name, description, permissionIds }, context)
  checkCreatorKeepsPermissions(catalogue, role)
  const changes: Change[] = role === before ? [] : [{ kind: 'role_put', role, before }]
  return { changes, impact: noImpact, value: role }
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
  checkHasNoPlace(catalogue, before)
  checkIsUnused(before, facts.usage)
  const changes: Change[] = roleSetsWith(catalogue, before.id).map((roleSet) => {
    const roleIds = roleSet.roleIds.filter((id) => id !== before.id)
    return { kind: 'role_set_put', roleSet: amend(roleSet, { roleIds }, context), before: roleSet }
  })
  changes.push({ kind: 'role_deleted', before })
  return { changes, impact: { organizations: facts.organizations, roles: [] }, value: before }
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
  return { kind: 'role_set_put', roleSet: amend(before, { roleIds }, context), before }
}

function checkCreatorKeepsPermissions(catalogue: Catalogue, role: Role): void {
  const missing = missingCreatorPermissions(catalogue, role)
  if (missing.length === 0) return
  const created = [...catalogue.roleSets.values()].filter(({ creatorRoleId }) => creatorRoleId === role.id)
  if (created.length === 0) return
  const sets = listed(sortByKey(created).map(({ key }) => key))
  throw new Refusal(
    'role_not_creator_eligible',
    `${role.key} is the creator role of ${sets} and would lack ${missing.join(', ')}. Leave it these permissions, or give the sets another creator role first.`,
    { field: 'permissions', facts: { role: role.key, role_sets: sets, missing: missing.join(', ') } },
  )
}

function checkHasNoPlace(catalogue: Catalogue, role: Role): void {
  const holding = [...catalogue.roleSets.values()].filter(
    ({ defaultRoleId, creatorRoleId }) => defaultRoleId === role.id || creatorRoleId === role.id,
  )
  if (holding.length === 0) return
  const sets = listed(sortByKey(holding).map(({ key }) => key))
  const message = `${role.key} is the default or creator role of ${sets}. Give these sets another one first.`
  throw new Refusal('in_use', message, { field: 'role', facts: { role: role.key, role_sets: sets } })
}

function checkIsUnused(role: Role, usage: RoleUsage): void {
  if (usage.members === 0 && usage.invitations === 0) return
  const { members, invitations, organizations } = usage
  const message = `${role.key} is held by ${holders(usage)}. Give them another role first, for example by replacing it in its role sets.`
  const counts = { members: String(members), invitations: String(invitations), organizations: String(organizations) }
  throw new Refusal('in_use', message, { field: 'role', facts: { role: role.key, ...counts } })
}
