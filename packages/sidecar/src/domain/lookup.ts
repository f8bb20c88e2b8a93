/** Finding the things that a request names by key or id, and keeping keys unique (I6). */

import { type Catalogue, type Index, type Permission, quoted, type Role, type RoleSet } from '@rolesets/core'
import { parseRef } from './fields.ts'
import { Refusal } from './refusal.ts'

export function findPermission(catalogue: Catalogue, value: unknown, field = 'permission'): Permission {
  const ref = parseRef(value, field)
  const permission = catalogue.permissions.find(ref)
  if (permission) return permission
  const message = `There is no permission ${quoted(ref)}. Create it, or name one that exists by key or id.`
  throw new Refusal('permission_not_found', message, { field, facts: { permission: ref } })
}

export function findRole(catalogue: Catalogue, value: unknown, field = 'role'): Role {
  const ref = parseRef(value, field)
  const role = catalogue.roles.find(ref)
  if (role) return role
  const message = `There is no role ${quoted(ref)}. Create it, or name one that exists by key or id.`
  throw new Refusal('role_not_found', message, { field, facts: { role: ref } })
}

export function findRoleSet(catalogue: Catalogue, value: unknown, field = 'role_set'): RoleSet {
  const ref = parseRef(value, field)
  const roleSet = catalogue.roleSets.find(ref)
  if (roleSet) return roleSet
  const message = `There is no role set ${quoted(ref)}. Create it, or name one that exists by key or id.`
  throw new Refusal('role_set_not_found', message, { field, facts: { role_set: ref } })
}

/** A thing may be given the key that it has already. */
export function checkKeyIsFree(
  index: Index<Permission> | Index<Role> | Index<RoleSet>,
  key: string,
  own?: { readonly id: string },
): void {
  const taken = index.byKey(key)
  if (taken === undefined || taken.id === own?.id) return
  const message = `The key ${key} is taken by ${taken.id}. Choose another key, or update that one.`
  throw new Refusal('key_taken', message, { field: 'key', facts: { key, id: taken.id } })
}

/** Keys in alphabetical order, the same on every machine. */
export function sortByKey<T extends { readonly key: string }>(things: Iterable<T>): T[] {
  return [...things].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}
