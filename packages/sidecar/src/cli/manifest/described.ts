/** The things of a store as what the file of `rolesets apply` says about them, with the names of the file. */

import type { Organization, Permission, Role, RoleSet } from '@rolesets/client'
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

export function describeRoleSet({ key, name, description, roles, type, ...set }: RoleSet): Described {
  const places = { default_role: set.defaultRole, creator_role: set.creatorRole }
  const initial = type === 'INITIAL_SET' ? { initial: true } : {}
  return { section: 'role_sets', fields: { key, name, description, roles: roles.toSorted(), ...places, ...initial } }
}

export function describeOrganization({ id, name, slug, roleSet }: Organization): Described {
  return { section: 'organizations', fields: { id, name, slug, role_set: roleSet } }
}
