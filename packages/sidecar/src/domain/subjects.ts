/** By which things a change set is found in the audit. */

import type { Change } from './change.ts'
import type { Permission, Role, RoleSet } from './model.ts'

/**
 * Each once, in the order of the changes: the ids of the things themselves and of whom they belong to, and the keys that
 * they have before and after, so that the history of a key is found when nothing has it any more.
 */
export function subjectsOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(subjectsOfOne))]
}

function subjectsOfOne(change: Change): string[] {
  switch (change.kind) {
    case 'permission_put':
      return keyed(change.permission, change.before)
    case 'role_put':
      return keyed(change.role, change.before)
    case 'role_set_put':
      return keyed(change.roleSet, change.before)
    case 'permission_deleted':
    case 'role_deleted':
    case 'role_set_deleted':
      return keyed(change.before, null)
    case 'organization_deleted':
      return [change.before.id]
    case 'settings_put':
      return ['settings']
    case 'organization_put':
      return [change.organization.id]
    case 'organizations_moved':
      return [change.fromRoleSetId, change.toRoleSetId]
    case 'members_reassigned': {
      const { scope, mappings } = change
      const roleIds = mappings.flatMap(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId])
      return ['roleSetId' in scope ? scope.roleSetId : scope.organizationId, ...roleIds]
    }
    case 'membership_put': {
      const { id, organizationId, userId } = change.membership
      return [id, organizationId, userId]
    }
    case 'membership_deleted': {
      const { id, organizationId, userId } = change.before
      return [id, organizationId, userId]
    }
    case 'invitation_put':
      return [change.invitation.id, change.invitation.organizationId]
    case 'access_key_put':
      return [change.accessKey.id]
  }
}

function keyed(thing: Permission | Role | RoleSet, before: Permission | Role | RoleSet | null): string[] {
  return before === null ? [thing.id, thing.key] : [thing.id, thing.key, before.key]
}
