/**
 * The fields of each call of Administration, and of what kind each is. Nothing goes out that isn't here: a misspelled
 * `dryRun` must not become a write.
 */

import type { Administration } from './calls.ts'

/**
 * `name` is a string that must be there; `text` may be left out. A `keyList` that is left out is another thing than an empty
 * one, a list of `texts` isn't. A `count` is of 31 bits, a `long` of as many as a number of JavaScript can hold.
 */
export type ScalarKind =
  | 'name'
  | 'text'
  | 'texts'
  | 'keyList'
  | 'flag'
  | 'count'
  | 'long'
  | 'mappings'
  | 'metadata'
  | 'roleSetType'
  | 'access'
  | 'invitationStatuses'

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
const updateMetadata = { ...metadata, mergeMetadata: 'flag' } as const
const rolePermission = { role: 'name', permission: 'name' } as const
const invitation = { ...organization, invitationId: 'name' } as const
const newInvitation = {
  emailAddress: 'name',
  role: 'name',
  inviterUserId: 'text',
  expiresInDays: 'count',
  redirectUrl: 'text',
  ...metadata,
} as const

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
  addPermission: { ...rolePermission, ...write },
  removePermission: { ...rolePermission, ...write },
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
    ...{ maxAllowedMemberships: 'long', createdAtMs: 'long' },
    ...metadata,
    ...create,
  },
  getOrganization: organization,
  listOrganizations: { ...page, roleSet: 'text' },
  updateOrganization: {
    ...organization,
    ...{ name: 'text', slug: 'text', roleSet: 'text', mappings: 'mappings' },
    ...{ maxAllowedMemberships: 'long', adminDeleteEnabled: 'flag', createdAtMs: 'long' },
    ...updateMetadata,
    ...write,
  },
  deleteOrganization: { ...organization, ...write },
  assignRoleSet: { ...organization, roleSet: 'name', mappings: 'mappings', ...write },
  createMembership: { ...membership, role: 'name', ...metadata, ...create },
  getMembership: membership,
  listMemberships: { ...page, ...organization, role: 'text' },
  updateMembership: { ...membership, role: 'text', ...updateMetadata, ...write },
  deleteMembership: { ...membership, ...write },
  createInvitation: { ...organization, ...newInvitation, ...create },
  createInvitations: { ...organization, invitations: { each: newInvitation }, ...create },
  getInvitation: invitation,
  listInvitations: { ...page, ...organization, statuses: 'invitationStatuses' },
  revokeInvitation: { ...invitation, ...write },
  acceptInvitation: { ...invitation, userId: 'name', ...write },
  getSettings: {},
  updateSettings: {
    ...{ enabled: 'flag', maxAllowedMemberships: 'long', adminDeleteEnabled: 'flag', slugDisabled: 'flag' },
    ...{ domainsEnabled: 'flag', domainsEnrollmentModes: 'keyList' },
    ...specialRoles,
    ...write,
  },
  createAccessKey: { name: 'name', access: 'access', ...create },
  listAccessKeys: page,
  revokeAccessKey: { accessKey: 'name', ...write },
  listChanges: {
    ...page,
    ...{ thing: 'text', actor: 'text', operation: 'text', fromMs: 'long', toMs: 'long', oldestFirst: 'flag' },
  },
  explain: { ...organization, role: 'name', atMs: 'long' },
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
