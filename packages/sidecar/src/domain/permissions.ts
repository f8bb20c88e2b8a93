/** Permissions: system ones come with the store and never change (rule 10), custom ones are made by its users. */

import { type Catalogue, type Change, type Permission, put, deleted } from '@rolesets/core'
import { amend, stampNew } from './amend.ts'
import { noImpact, type Context, type Decided } from './decided.ts'
import { invalid, parseDescription, parseKey, parseName } from './fields.ts'
import { checkKeyIsFree, findPermission } from './lookup.ts'
import { parseNameOr } from './naming.ts'
import { Refusal } from './refusal.ts'
import { checkLimit } from './check-limit.ts'

export interface CreatePermission {
  readonly key: string
  /** Empty or not given: made from the key. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

export interface UpdatePermission {
  /** Key or id. */
  readonly permission: string
  readonly key?: string | undefined
  readonly name?: string | undefined
  readonly description?: string | undefined
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
  return { changes: [put('permission', permission, null)], impact: noImpact, value: permission }
}

export function updatePermission(catalogue: Catalogue, input: UpdatePermission, context: Context): Decided<Permission> {
  const before = findPermission(catalogue, input.permission)
  checkIsCustom(before)
  const key = input.key === undefined ? undefined : parseCustomKey(input.key)
  const name = input.name === undefined ? undefined : parseName(input.name)
  const description = input.description === undefined ? undefined : parseDescription(input.description)
  if (key !== undefined) checkKeyIsFree(catalogue.permissions, key, before)
  const permission = amend(before, { key, name, description }, context)
  const changes: Change[] = permission === before ? [] : [put('permission', permission, before)]
  return { changes, impact: noImpact, value: permission }
}

/** Takes the permission from all roles. No creator role needs a custom permission, so rule 2 can't be hurt. */
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
  return { changes, impact: noImpact, value: before }
}

function parseCustomKey(value: unknown): string {
  const key = parseKey('permission', value)
  if (!key.startsWith('org:sys_')) return key
  throw invalid('key', `is ${key}, but org:sys_ is reserved for system permissions. Name the feature otherwise.`)
}

function checkIsCustom(permission: Permission): void {
  if (permission.type === 'custom') return
  const message = `${permission.key} is a system permission, which can't be changed or deleted. Make a permission of your own.`
  throw new Refusal('system_permission', message, { field: 'permission', facts: { permission: permission.key } })
}
