/** Permissions: system ones come with the store and never change (rule 10); operators make the custom ones. */

import { deleted, put, type Catalogue, type Change, type Permission } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { decided, decidedTo, type Context, type Decided } from './decided.ts'
import { invalid, parseKey } from './fields.ts'
import { checkCanBeAdded, checkKeyIsFree, findPermission } from './lookup.ts'
import { parseNamedUpdate, parseNewNamed, type NamedUpdate, type NewNamed } from './naming.ts'
import { Refusal } from './refusal.ts'

export type CreatePermissionInput = NewNamed

export interface DeletePermissionInput {
  /** Key or id. */
  readonly permission: string
}

export type UpdatePermissionInput = NamedUpdate & DeletePermissionInput

export function createPermission(
  catalogue: Catalogue,
  input: CreatePermissionInput,
  context: Context,
): Decided<Permission> {
  const named = parseNewNamed(input, parseCustomKey)
  checkCanBeAdded(catalogue.permissions, named.key, 'permissionsMax', 'permissions')
  const permission: Permission = { id: context.newId('perm'), ...named, type: 'custom', ...stampNew(context) }
  return decidedTo('permission', null, permission)
}

export function updatePermission(
  catalogue: Catalogue,
  input: UpdatePermissionInput,
  context: Context,
): Decided<Permission> {
  const before = findPermission(catalogue, input.permission)
  checkIsCustom(before)
  const named = parseNamedUpdate(input, parseCustomKey)
  checkKeyIsFree(catalogue.permissions, named.key, before)
  return decidedTo('permission', before, amend(before, named, context))
}

/** Takes the permission from all roles. No creator role needs a custom permission, so rule 2 still holds. */
export function deletePermission(
  catalogue: Catalogue,
  input: DeletePermissionInput,
  context: Context,
): Decided<Permission> {
  const before = findPermission(catalogue, input.permission)
  checkIsCustom(before)
  const holding = [...catalogue.roles.values()].filter(({ permissionIds }) => permissionIds.includes(before.id))
  const changes: Change[] = holding.map((role) => {
    const permissionIds = role.permissionIds.filter((id) => id !== before.id)
    return put('role', amend(role, { permissionIds }, context), role)
  })
  return decided([...changes, deleted('permission', before)], before)
}

function parseCustomKey(value: unknown): string {
  const key = parseKey('permission', value)
  if (!key.startsWith('org:sys_')) return key
  const problem = `is ${key}, but org:sys_ is reserved for system permissions. Choose another name for the feature.`
  throw invalid('key', problem)
}

function checkIsCustom(permission: Permission): void {
  if (permission.type === 'custom') return
  const message = `${permission.key} is a system permission, which can't be changed or deleted. Create a custom permission instead.`
  throw new Refusal('system_permission', message, { field: 'permission', facts: { permission: permission.key } })
}
