/** Finds the things that a request names by key or id, and keeps keys unique (I6). */

import {
  quoted,
  type Catalogue,
  type Index,
  type LimitName,
  type Permission,
  type Role,
  type RoleSet,
} from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { invalid, parseRef, parseRefs } from './fields.ts'
import { Refusal } from './refusal.ts'

type Indexes = Index<Permission> | Index<Role> | Index<RoleSet>

export function findPermission(catalogue: Catalogue, value: unknown, field = 'permission'): Permission {
  return find(catalogue.permissions, 'permission', { value, field })
}

export function findRole(catalogue: Catalogue, value: unknown, field = 'role'): Role {
  return find(catalogue.roles, 'role', { value, field })
}

export function findRoleSet(catalogue: Catalogue, value: unknown, field = 'role_set'): RoleSet {
  return find(catalogue.roleSets, 'role_set', { value, field })
}

/** A role set that can be the set of an organization as a whole. */
export type WholeRoleSet = RoleSet & { readonly creatorRoleId: string }

/** @throws Refusal `role_set_for_scopes` for one without a creator role */
export function findWholeRoleSet(catalogue: Catalogue, value: unknown, field = 'role_set'): WholeRoleSet {
  return checkIsForOrganizations(findRoleSet(catalogue, value, field), field)
}

/** Rule 14: a role set without a creator role is for scopes only. */
export function checkIsForOrganizations<Of extends Pick<RoleSet, 'key' | 'creatorRoleId'>>(
  roleSet: Of,
  field: string,
): Of & { readonly creatorRoleId: string } {
  const { creatorRoleId, key } = roleSet
  if (creatorRoleId !== null) return { ...roleSet, creatorRoleId }
  const message = `The role set ${key} has no creator role, so it is for scopes only and can't be the set of an organization. Give it a creator role first, or use another set.`
  throw new Refusal('role_set_for_scopes', message, { field, facts: { role_set: key } })
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

/** The things that a list names by key or id, in its order, each once. */
export function findEach<Thing extends { readonly id: string; readonly key: string }>(
  value: unknown,
  at: { readonly field: string; readonly limit: LimitName; readonly noun: string },
  findOne: (ref: string, field: string) => Thing,
): Thing[] {
  const found = new Map<string, Thing>()
  for (const { ref, field } of parseRefs(value, at.field, at.limit)) {
    const thing = findOne(ref, field)
    if (found.has(thing.id)) throw invalid(field, `lists ${thing.key} twice. List each ${at.noun} once.`)
    found.set(thing.id, thing)
  }
  return [...found.values()]
}

/** A new thing needs a free key, and room in the store. */
export function checkCanBeAdded(index: Indexes, key: string, limit: LimitName, unit: string): void {
  checkKeyIsFree(index, key)
  checkLimit(limit, index.size + 1, { subject: 'The store would hold', unit, field: 'key' })
}

/** A thing may keep the key that it has. Undefined: no key is given. */
export function checkKeyIsFree(index: Indexes, key: string | undefined, own?: { readonly id: string }): void {
  const taken = key === undefined ? undefined : index.byKey(key)
  if (key === undefined || taken === undefined || taken.id === own?.id) return
  const message = `The key ${key} belongs to ${taken.id}. Choose another key, or update that one.`
  throw new Refusal('key_taken', message, { field: 'key', facts: { key, id: taken.id } })
}
