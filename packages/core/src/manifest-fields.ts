/** Every field of a manifest, once: the search for faults and the published JSON Schema read this table. */

import type { KeyKind, TextKind } from './faults.ts'
import type { LimitName } from './limits.ts'

/** Sections and fields have the names of the file, in snake_case. */
export interface SectionRule {
  readonly limit: LimitName
  readonly about: string
  /** What no two things of the section may have in common. */
  readonly unique: readonly string[]
  readonly fields: Readonly<Record<string, FieldRule>>
}

export type FieldRule = { readonly about: string; readonly required?: true } & (
  | { readonly holds: 'text'; readonly text: TextKind }
  | { readonly holds: 'flag' }
  | { readonly holds: 'keys'; readonly of: KeyKind; readonly limit: LimitName; readonly min?: 1 }
  | { readonly holds: 'role map' }
)

const names = {
  name: text('name', 'Name for people. Not given: as it is, or made from the key.'),
  description: text('description', 'Description for people. Not given: as it is, or empty.'),
}

export const manifestSections = {
  permissions: {
    limit: 'permissionsMax',
    about: 'An action on a feature of the application that roles can hold.',
    unique: ['key'],
    fields: { key: needed('permission', 'Identifies the permission; org:sys_… is reserved.'), ...names },
  },
  roles: {
    limit: 'rolesMax',
    about: 'A named collection of permissions that a member of an organization can have.',
    unique: ['key'],
    fields: {
      key: needed('role', 'Identifies the role.'),
      ...names,
      permissions: {
        holds: 'keys',
        of: 'permission',
        limit: 'permissionsPerRoleMax',
        about: 'All permissions of the role. Not given: as it is, or none.',
      },
    },
  },
  role_sets: {
    limit: 'roleSetsMax',
    about: 'A named collection of roles. Every organization has exactly one.',
    unique: ['key'],
    fields: {
      key: needed('role_set', 'Identifies the role set.'),
      ...names,
      roles: {
        holds: 'keys',
        of: 'role',
        limit: 'rolesPerRoleSetMax',
        min: 1,
        required: true,
        about: 'Its roles. Others that it has are taken out only with --prune.',
      },
      default_role: needed('role', 'The role that new members get by default; one of its roles.'),
      creator_role: needed('role', 'The role that the creator of an organization gets; one of its roles.'),
      initial: { holds: 'flag', about: 'Make it the set of new and of unregistered organizations.' },
      replace: {
        holds: 'role map',
        about: 'For roles that --prune takes out of the set: the role that members with it get.',
      },
    },
  },
  organizations: {
    limit: 'manifestOrganizationsMax',
    about: 'A customer of the application: the scope in which members have roles.',
    unique: ['id', 'slug'],
    fields: {
      id: needed('id', 'Identifies the organization; any id that the application uses.'),
      name: text('organization_name', 'Name for people. Not given: as it is, or empty.'),
      slug: text('slug_or_none', 'Unique short name for addresses; empty: none. Not given: as it is, or none.'),
      role_set: text('role_set', 'Its role set. Not given: as it is, or the initial one.'),
      mappings: { holds: 'role map', about: 'New roles for members whose role is not in the role set.' },
    },
  },
} satisfies Readonly<Record<string, SectionRule>>

function text(kind: TextKind, about: string): FieldRule {
  return { holds: 'text', text: kind, about }
}

function needed(kind: TextKind, about: string): FieldRule {
  return { ...text(kind, about), required: true }
}
