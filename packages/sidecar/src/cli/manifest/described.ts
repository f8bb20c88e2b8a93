/** The things of a store as what the file of `rolesets apply` says about them, with the names of the file. */

import type { Organization, Permission, Role, RoleSet, Scope, ScopeDefault, ScopeKind } from '@rolesets/client'
import type { manifestSections } from '@rolesets/core'

export type SectionName = keyof typeof manifestSections

/** Every field is given, also an empty one: so `apply` brings back what was changed since. */
export interface Described {
  readonly section: SectionName
  readonly fields: Readonly<Record<string, unknown>>
}

export function describePermission({ key, name, description }: Permission): Described {
  return { section: 'permissions', fields: { key, name, description } }
}

export function describeRole({ key, name, description, permissions }: Role): Described {
  return { section: 'roles', fields: { key, name, description, permissions: permissions.toSorted() } }
}

/** A set for scopes only has no creator role. */
export function describeRoleSet({ key, name, description, roles, type, ...set }: RoleSet): Described {
  const creator = set.creatorRole === '' ? {} : { creator_role: set.creatorRole }
  const initial = type === 'INITIAL_SET' ? { initial: true } : {}
  const special = { default_role: set.defaultRole, ...creator, ...initial }
  return { section: 'role_sets', fields: { key, name, description, roles: roles.toSorted(), ...special } }
}

export function describeScopeKind({ kind, fallback, roleSet }: ScopeKind): Described {
  const named = roleSet === '' ? {} : { role_set: roleSet }
  return { section: 'scope_kinds', fields: { kind, fallback: fallback.toLowerCase(), ...named } }
}

export function describeScopeDefault({ scope, roleSet }: ScopeDefault): Described {
  return { section: 'scope_defaults', fields: { scope, role_set: roleSet } }
}

/** @param scopes undefined in a store without kinds of scopes */
export function describeOrganization({ id, name, slug, roleSet }: Organization, scopes?: readonly Scope[]): Described {
  const parts = scopes === undefined ? {} : { scopes: scopes.flatMap(describeScope) }
  return { section: 'organizations', fields: { id, name, slug, role_set: roleSet, ...parts } }
}

/** One that only has members is in no file. */
function describeScope({ scope: key, name, roleSet, origin }: Scope) {
  const own = origin === 'OWN' ? roleSet : ''
  return name === '' && own === '' ? [] : [{ key, name, role_set: own }]
}
