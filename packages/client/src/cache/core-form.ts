/** Converts the things of the feed to the form that core decides with. Fields that no decision needs are left out. */

import {
  deleted,
  put,
  type Change,
  type Permission,
  type Role,
  type RoleSet,
  type ScopeDefault,
  type ScopeFallback,
  type ScopeKind,
} from '@rolesets/core'
import { byField, type ByField, type Change as FeedChange } from '../feed/changes.ts'
import type * as resources from '../wire/resources.ts'

/** What decisions don't look at. */
const unused = { name: '', description: '', createdAt: 0, updatedAt: 0, revision: 0 }
const unusedOfOrganization = {
  ...{ ...unused, slug: null, createdBy: '', maxAllowedMemberships: 0, adminDeleteEnabled: false },
  ...{ publicMetadata: {}, privateMetadata: {} },
}
const unusedOfAssignment = { name: '', updatedAt: 0, revision: 0 }

export function permissionOf({ id, key, type }: resources.Permission): Permission {
  return { ...unused, id, key, type: type === 'SYSTEM' ? 'system' : 'custom' }
}

export function roleOf({ id, key, name, description, permissionIds }: resources.Role): Role {
  return { ...unused, id, key, name, description, permissionIds }
}

export function roleSetOf({ id, key, roleIds, defaultRoleId, creatorRoleId, type }: resources.RoleSet): RoleSet {
  const kind = type === 'INITIAL_SET' ? 'initial' : 'custom'
  return { ...unused, id, key, roleIds, defaultRoleId, creatorRoleId: creatorRoleId || null, type: kind }
}

const fallbacks = { ORGANIZATION: 'organization', ROLE_SET: 'role_set', NONE: 'none' } as const satisfies Readonly<
  Record<resources.ScopeFallbackName, ScopeFallback>
>

export function scopeKindOf({ kind, fallback, roleSetId }: resources.ScopeKind): ScopeKind {
  return { kind, fallback: fallbacks[fallback], roleSetId: roleSetId || null, updatedAt: 0, revision: 0 }
}

export function scopeDefaultOf({ scope, roleSetId }: resources.ScopeDefault): ScopeDefault {
  return { scope, roleSetId, updatedAt: 0, revision: 0 }
}

const elsewhere = () => undefined

const changes: ByField<Change | undefined> = {
  permissionPut: (permission) => put('permission', permissionOf(permission), null),
  permissionDeleted: (gone) => deleted('permission', { ...unused, ...gone, type: 'custom' }),
  rolePut: (role) => put('role', roleOf(role), null),
  roleDeleted: (gone) => deleted('role', { ...unused, ...gone, permissionIds: [] }),
  roleSetPut: (roleSet) => put('role_set', roleSetOf(roleSet), null),
  roleSetDeleted: (gone) =>
    deleted('role_set', { ...unused, ...gone, roleIds: [], defaultRoleId: '', creatorRoleId: null, type: 'custom' }),
  organizationPut: ({ id, roleSetId }) => put('organization', { ...unusedOfOrganization, id, roleSetId }, null),
  organizationDeleted: ({ id }) => {
    const before = { ...unusedOfOrganization, id, roleSetId: '' }
    return { verb: 'deleted', thing: 'organization', before, members: 0, invitations: 0 }
  },
  organizationsMoved: (move) => ({ verb: 'moved', thing: 'assignment', ...move, organizations: 0 }),
  assignmentPut: ({ organizationId, scope, roleSetId }) =>
    put('assignment', { organizationId, scope, ...unusedOfAssignment, roleSetId: roleSetId || null }, null),
  assignmentDeleted: (place) => deleted('assignment', { ...place, ...unusedOfAssignment, roleSetId: null }),
  scopeKindPut: (kind) => put('scope_kind', scopeKindOf(kind), null),
  scopeKindDeleted: ({ kind }) =>
    deleted('scope_kind', { kind, fallback: 'none', roleSetId: null, updatedAt: 0, revision: 0 }),
  scopeDefaultPut: (each) => put('scope_default', scopeDefaultOf(each), null),
  scopeDefaultDeleted: ({ scope }) => deleted('scope_default', { scope, roleSetId: '', updatedAt: 0, revision: 0 }),
  scopeRenamed: elsewhere,
  settingsPut: elsewhere,
  membersReassigned: elsewhere,
  membershipPut: elsewhere,
  membershipDeleted: elsewhere,
  invitationPut: elsewhere,
  accessKeyPut: elsewhere,
  historyCompacted: elsewhere,
}

/** The changes that decisions depend on, in their order. */
export function coreChangesOf(feedChanges: readonly FeedChange[]): readonly Change[] {
  return feedChanges.flatMap((change) => byField(changes, change) ?? [])
}
