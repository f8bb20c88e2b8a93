/** Permissions: system ones come with the store and never change (rule 10); operators make the custom ones. */

import { type Catalogue, type Change, type Permission, put, deleted } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { type Context, type Decided, decided, changed } from './decided.ts'
import { invalid, parseDescription, parseKey } from './fields.ts'
import { checkKeyIsFree, findPermission } from './lookup.ts'
import { parseNamedUpdate, parseNameOr, type NamedUpdate } from './naming.ts'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

export interface CreatePermission {
  readonly key: string
  /** Empty or not given: made from the key. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

export interface UpdatePermission extends NamedUpdate {
  /** Key or id. */
  readonly permission: string
}

export interface DeletePermission {
  /** Key or id. */
  readonly permission: string
}

export function createPermission(catalogue: Catalogue, input: CreatePermission, context: Context): Decided<Permission> {
  const key = parseCustomKey(input.key)
  const name = parseNameOr(key, input.name)
  const description = parseDescription(input.description ?? '')
  checkKeyIsFree(catalogue.permissions, key)
  const count = catalogue.permissions.size + 1
  checkLimit('permissionsMax', count, { subject: 'The store would hold', unit: 'permissions', field: 'key' })
  const id = context.newId('perm')
  const permission: Permission = { id, key, name, description, type: 'custom', ...stampNew(context) }
  return decided(changed('permission', null, permission), permission)
}

export function updatePermission(catalogue: Catalogue, input: UpdatePermission, context: Context): Decided<Permission> {
  const before = findPermission(catalogue, input.permission)
  checkIsCustom(before)
  const named = parseNamedUpdate(input, parseCustomKey)
  checkKeyIsFree(catalogue.permissions, named.key, before)
  const permission = amend(before, named, context)
  return decided(changed('permission', before, permission), permission)
}

/** Takes the permission from all roles. No creator role needs a custom permission, so rule 2 still holds. */
export function deletePermission(catalogue: Catalogue, input: DeletePermission, context: Context): Decided<Permission> {
  const before = findPermission(catalogue, input.permission)
  checkIsCustom(before)
  const changes: Change[] = []
  for (const role of catalogue.roles.values()) {
    if (!role.permissionIds.includes(before.id)) continue
    const permissionIds = role.permissionIds.filter((id) => id !== before.id)
    changes.push(put('role', amend(role, { permissionIds }, context), role))
  }
  changes.push(deleted('permission', before))
  return decided(changes, before)
}

function parseCustomKey(value: unknown): string {
  const key = parseKey('permission', value)
  if (!key.startsWith('org:sys_')) return key
  throw invalid(
    'key',
    `is ${key}, but org:sys_ is reserved for system permissions. Choose another name for the feature.`,
  )
}

function checkIsCustom(permission: Permission): void {
  if (permission.type === 'custom') return
  const message = `${permission.key} is a system permission, which can't be changed or deleted. Create a custom permission instead.`
  throw new Refusal('system_permission', message, { field: 'permission', facts: { permission: permission.key } })
}
