/**
 * By what a change set is found: the ids of the things that it is about, and the keys that permissions, roles and role sets
 * have in it, so that a key leads to a thing that has lost it or is gone.
 */

import type { Change } from './change.ts'

type Keyed = { readonly id: string; readonly key: string }

/** Without duplicates. */
export function subjectsOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(subjectsOfOne))].filter((subject) => subject !== '')
}

function subjectsOfOne(change: Change): readonly string[] {
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
    case 'settings_put':
      return ['settings']
    case 'organization_put':
      return [change.organization.id]
    case 'organization_deleted':
      return [change.before.id]
    case 'organizations_moved':
      return [change.fromRoleSetId, change.toRoleSetId]
    case 'membership_put':
      return [change.membership.id, change.membership.organizationId, change.membership.userId]
    case 'membership_deleted':
      return [change.before.id, change.before.organizationId, change.before.userId]
    case 'invitation_put':
      return [change.invitation.id, change.invitation.organizationId]
    case 'members_reassigned':
      return [scopeId(change.scope), ...change.mappings.flatMap(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId])]
    case 'access_key_put':
      return [change.accessKey.id]
  }
}

function keyed(thing: Keyed, before: Keyed | null): readonly string[] {
  return [thing.id, thing.key, before?.key ?? '']
}

function scopeId(scope: { readonly roleSetId: string } | { readonly organizationId: string }): string {
  return 'roleSetId' in scope ? scope.roleSetId : scope.organizationId
}
