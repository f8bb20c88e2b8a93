/** Messages as a sidecar sends them: three roles, two permissions, and the sets free (initial) and pro. */

import type { Change, Organization, Permission, Role, RoleSet } from '@rolesets/client'

const times = { createdAtMs: 1, updatedAtMs: 1 }

function named(id: string, key: string) {
  return { id, key, name: key, description: '', ...times }
}

export const permissions: Permission[] = [
  { ...named('perm_read', 'org:reports:read'), type: 'CUSTOM' },
  { ...named('perm_write', 'org:reports:write'), type: 'CUSTOM' },
]

export function role(id: string, key: string, permissionIds: readonly string[] = []): Role {
  const keys = permissionIds.map((each) => permissions.find((permission) => permission.id === each)?.key ?? each)
  return { ...named(id, key), permissions: keys, permissionIds, creatorEligible: true }
}

export const admin = role('role_admin', 'org:admin', ['perm_read', 'perm_write'])
export const member = role('role_member', 'org:member')
export const analyst = role('role_analyst', 'org:analyst', ['perm_read'])

export function roleSet(
  id: string,
  key: string,
  roles: readonly Role[],
  type: RoleSet['type'] = 'CUSTOM_SET',
): RoleSet {
  return {
    ...named(id, key),
    roles: roles.map((each) => each.key),
    roleIds: roles.map((each) => each.id),
    ...{ defaultRole: 'org:member', defaultRoleId: 'role_member' },
    ...{ creatorRole: 'org:admin', creatorRoleId: 'role_admin' },
    type,
  }
}

export const free = roleSet('roleset_free', 'role_set:free', [admin, member], 'INITIAL_SET')
export const pro = roleSet('roleset_pro', 'role_set:pro', [admin, member, analyst])

export function organization(id: string, set: RoleSet): Organization {
  return {
    id,
    name: '',
    slug: '',
    roleSet: set.key,
    roleSetId: set.id,
    publicMetadata: {},
    privateMetadata: {},
    ...{ createdBy: '', maxAllowedMemberships: 0, adminDeleteEnabled: true },
    ...times,
  }
}

export function snapshot(revision: string, sentAtMs = 0, changed: object = {}) {
  const content = { permissions, roles: [admin, member, analyst], roleSets: [free, pro] }
  const snapshotChunk = { ...content, last: true, unknownOrganizationsDenied: false, ...changed }
  return { revision, sentAtMs, snapshotChunk }
}

export function heartbeat(revision: string, sentAtMs = 0, stalenessMs = 0) {
  return { revision, sentAtMs, heartbeat: { stalenessMs } }
}

export function changeSet(revision: string, changes: readonly Change[] = [], sentAtMs = 0) {
  return { revision, sentAtMs, changeSet: { revision, committedAtMs: 1, actor: 'a', operation: 'Test', changes } }
}

/** A reply to Check that puts the organization on a set. */
export function checkReply(revision: string, set: RoleSet, changed: object = {}) {
  const where = { roleSet: set.key, roleSetId: set.id, organizationRegistered: true }
  return { allowed: true, reason: 'ROLE_IN_SET', ...where, revision, ...changed }
}
