/** Messages as a sidecar sends them: three roles, two permissions, and the sets free (initial) and pro. */

import type { Change, Membership, Organization, Permission, Role, RoleSet } from '@rolesets/client'

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

/** Of a stream that shows what happens to memberships, as a client with a key has it. */
export function keyedHeartbeat(revision: string, sentAtMs = 0) {
  return { revision, sentAtMs, heartbeat: { stalenessMs: 0, membershipsShown: true } }
}

export function membership(organizationId: string, userId: string, { id: roleId, key }: Role): Membership {
  const metadata = { publicMetadata: {}, privateMetadata: {} }
  const held = { role: key, roleId, roles: [key], roleIds: [roleId], scope: '', expiresAtMs: 0 }
  return { id: `orgmem_${organizationId}_${userId}`, organizationId, userId, ...held, ...metadata, ...times }
}

/** A reply to CheckMember about a member of an organization on the set; without roles: about somebody else. */
export function memberReply(revision: string, roles: readonly Role[], set: RoleSet = pro, changed: object = {}) {
  const isMember = roles.length > 0
  return {
    ...{
      allowed: isMember,
      reason: isMember ? 'MEMBER_HOLDS_ROLE' : 'NOT_A_MEMBER',
      roles: roles.map(({ key }) => key),
    },
    ...{ roleSet: set.key, roleSetId: set.id, organizationRegistered: true, revision },
    ...{ roleIds: roles.map(({ id }) => id), permissions: [], endsInMs: 0, ...changed },
  }
}

export function changeSet(revision: string, changes: readonly Change[] = [], sentAtMs = 0) {
  return { revision, sentAtMs, changeSet: { revision, committedAtMs: 1, actor: 'a', operation: 'Test', changes } }
}

/** A reply to Check that puts the organization on a set. */
export function checkReply(revision: string, set: RoleSet, changed: object = {}) {
  const where = { roleSet: set.key, roleSetId: set.id, organizationRegistered: true }
  return { allowed: true, reason: 'ROLE_IN_SET', ...where, revision, ...changed }
}
