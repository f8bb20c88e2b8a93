/** Every field of a manifest, once: the search for faults and the published JSON Schema read this table. */

import type { KeyKind, TextKind } from './faults.ts'
import type { LimitName } from './limits.ts'
import { scopeFallbacks } from './things.ts'

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
  /** Key of a scope. */
  | { readonly holds: 'scope' }
  | { readonly holds: 'scope kind' }
  | { readonly holds: 'choice'; readonly of: readonly string[] }
  | { readonly holds: 'flag' }
  | { readonly holds: 'keys'; readonly of: KeyKind; readonly limit: LimitName; readonly min?: 1 }
  | { readonly holds: 'role map' }
  /** Parts of the thing, which have fields of their own. */
  | { readonly holds: 'parts'; readonly of: SectionRule }
)

const names = {
  name: text('name', 'Name for people. Not given: as it is, or made from the key.'),
  description: text('description', 'Description for people. Not given: as it is, or empty.'),
}

const scopes: SectionRule = {
  limit: 'scopesPerOrganizationMax',
  about: 'A part of the organization: a department, a product.',
  unique: ['key'],
  fields: {
    key: { holds: 'scope', required: true, about: 'Identifies the scope: <kind>:<name>.' },
    name: text('organization_name', 'Name for people. Not given: as it is, or empty.'),
    role_set: text(
      'role_set_or_none',
      'Its own role set; empty: none, so that its default or its kind decides. Not given: as it is, or none.',
    ),
    mappings: { holds: 'role map', about: 'New roles for members of the scope whose role is not in its new role set.' },
  },
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
      creator_role: text(
        'role',
        'The role that the creator of an organization gets; one of its roles. Not given: as it is, or none: the set is for scopes only.',
      ),
      initial: { holds: 'flag', about: 'Make it the set of new and of unregistered organizations.' },
      replace: {
        holds: 'role map',
        about: 'For roles that --prune takes out of the set: the role that members with it get.',
      },
    },
  },
  scope_kinds: {
    limit: 'scopeKindsMax',
    about: 'A kind of scopes, which are parts of organizations: departments, products.',
    unique: ['kind'],
    fields: {
      kind: { holds: 'scope kind', required: true, about: 'Identifies the kind.' },
      fallback: {
        holds: 'choice',
        of: scopeFallbacks,
        required: true,
        about:
          'What its scopes have without a role set of their own and without a default: the set of their organization, that of role_set, or none.',
      },
      role_set: text('role_set', 'With the fallback role_set: that set.'),
      mappings: {
        holds: 'role map',
        about: 'New roles for members of its scopes whose role is not in their new role set.',
      },
    },
  },
  scope_defaults: {
    limit: 'scopeDefaultsMax',
    about: 'The role set of the scopes with exactly this key that have none of their own, in all organizations.',
    unique: ['scope'],
    fields: {
      scope: { holds: 'scope', required: true, about: 'Key of the scopes: <kind>:<name>.' },
      role_set: needed('role_set', 'Their role set.'),
      mappings: {
        holds: 'role map',
        about: 'New roles for members of these scopes whose role is not in the role set.',
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
      scopes: {
        holds: 'parts',
        of: scopes,
        about: 'Its scopes that have a name or a role set of their own. Not given: as they are.',
      },
    },
  },
} satisfies Readonly<Record<string, SectionRule>>

function text(kind: TextKind, about: string): FieldRule {
  return { holds: 'text', text: kind, about }
}

function needed(kind: TextKind, about: string): FieldRule {
  return { ...text(kind, about), required: true }
}
