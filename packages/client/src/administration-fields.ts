/**
 * The fields of each call of Administration, and of what kind each is. Nothing goes out that isn't here: a misspelled
 * `dryRun` must not become a write.
 */

import type { Administration } from './administration-calls.ts'

/**
 * `name` is a text that must be there; `text` may be left out. A `keyList` that is left out is another thing than an empty
 * one, a list of `texts` isn't.
 */
export type ScalarKind =
  'name' | 'text' | 'texts' | 'keyList' | 'flag' | 'count' | 'mappings' | 'metadata' | 'roleSetType'

/** A list of things with these fields. */
export interface Each {
  readonly each: { readonly [field: string]: ScalarKind }
}

export type FieldKind = ScalarKind | Each

type RequestOf<Call extends keyof Administration> = Parameters<Administration[Call]>[0]

const create = { dryRun: 'flag' } as const
const write = { ...create, expectedRevision: 'text' } as const
const page = { pageSize: 'count', pageToken: 'text' } as const
const wording = { name: 'text', description: 'text' } as const
const renaming = { key: 'text', ...wording } as const
const metadata = { publicMetadata: 'metadata', privateMetadata: 'metadata' } as const
const specialRoles = { defaultRole: 'text', creatorRole: 'text' } as const
const organization = { organizationId: 'name' } as const
const membership = { ...organization, userId: 'name' } as const

/** All of them; every write takes `dryRun`, and nothing else does. */
export const callFields = {
  createPermission: { key: 'name', ...wording, ...create },
  getPermission: { permission: 'name' },
  listPermissions: page,
  updatePermission: { permission: 'name', ...renaming, ...write },
  deletePermission: { permission: 'name', ...write },
  createRole: { key: 'name', ...wording, permissions: 'texts', includeInInitialRoleSet: 'flag', ...create },
  getRole: { role: 'name' },
  listRoles: page,
  updateRole: { role: 'name', ...renaming, permissions: 'keyList', ...write },
  deleteRole: { role: 'name', ...write },
  createRoleSet: {
    ...renaming,
    roles: 'texts',
    defaultRole: 'name',
    creatorRole: 'name',
    type: 'roleSetType',
    ...create,
  },
  getRoleSet: { roleSet: 'name' },
  listRoleSets: page,
  updateRoleSet: { roleSet: 'name', ...renaming, ...specialRoles, type: 'roleSetType', ...write },
  deleteRoleSet: { roleSet: 'name', ...write },
  addRoles: { roleSet: 'name', roles: 'texts', ...specialRoles, ...write },
  replaceRole: { roleSet: 'name', role: 'name', toRole: 'text', ...write },
  replaceRoleSet: { roleSet: 'name', toRoleSet: 'name', mappings: 'mappings', ...write },
  createOrganization: {
    ...{ id: 'text', name: 'text', slug: 'text', roleSet: 'text', createdBy: 'text' },
    ...metadata,
    ...create,
  },
  getOrganization: organization,
  listOrganizations: { ...page, roleSet: 'text' },
  updateOrganization: { ...organization, name: 'text', slug: 'text', ...metadata, ...write },
  deleteOrganization: { ...organization, ...write },
  assignRoleSet: { ...organization, roleSet: 'name', mappings: 'mappings', ...write },
  createMembership: { ...membership, role: 'name', ...metadata, ...create },
  getMembership: membership,
  listMemberships: { ...page, ...organization, role: 'text' },
  updateMembership: { ...membership, role: 'text', ...metadata, ...write },
  deleteMembership: { ...membership, ...write },
  apply: {
    permissions: { each: { key: 'name', ...wording } },
    roles: { each: { key: 'name', ...wording, permissions: 'keyList' } },
    roleSets: {
      each: {
        ...{ key: 'name', ...wording, roles: 'texts', defaultRole: 'name', creatorRole: 'name' },
        ...{ initial: 'flag', replace: 'mappings' },
      },
    },
    organizations: { each: { id: 'name', name: 'text', slug: 'text', roleSet: 'text', mappings: 'mappings' } },
    prune: 'flag',
    ...write,
  },
} as const satisfies {
  readonly [Call in keyof Administration]: { readonly [Field in keyof Required<RequestOf<Call>>]: FieldKind }
}
