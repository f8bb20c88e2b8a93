/** Finds the things that a request names by key or id, and keeps keys unique (I6). */

import { type Catalogue, type Index, type Permission, quoted, type Role, type RoleSet } from '@rolesets/core'
import { parseRef } from './fields.ts'
import { Refusal } from './refusal.ts'

export function findPermission(catalogue: Catalogue, value: unknown, field = 'permission'): Permission {
  return find(catalogue.permissions, 'permission', { value, field })
}

export function findRole(catalogue: Catalogue, value: unknown, field = 'role'): Role {
  return find(catalogue.roles, 'role', { value, field })
}

export function findRoleSet(catalogue: Catalogue, value: unknown, field = 'role_set'): RoleSet {
  return find(catalogue.roleSets, 'role_set', { value, field })
}

function find<Thing extends { readonly id: string; readonly key: string }>(
  index: Index<Thing>,
  name: 'permission' | 'role' | 'role_set',
  { value, field }: { readonly value: unknown; readonly field: string },
): Thing {
  const ref = parseRef(value, field)
  const thing = index.find(ref)
  if (thing) return thing
  const message = `There is no ${name.replace('_', ' ')} ${quoted(ref)}. Create it first, or use an existing key or id.`
  throw new Refusal(`${name}_not_found`, message, { field, facts: { [name]: ref } })
}

/** A thing may keep the key that it has. Undefined: no key is given. */
export function checkKeyIsFree(
  index: Index<Permission> | Index<Role> | Index<RoleSet>,
  key: string | undefined,
  own?: { readonly id: string },
): void {
  const taken = key === undefined ? undefined : index.byKey(key)
  if (key === undefined || taken === undefined || taken.id === own?.id) return
  const message = `The key ${key} belongs to ${taken.id}. Choose another key, or update that one.`
  throw new Refusal('key_taken', message, { field: 'key', facts: { key, id: taken.id } })
}
