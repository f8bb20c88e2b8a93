/** Things, answers and changes as they go over the wire. Nothing is decided here. */

import type * as proto from '@rolesets/proto'
import type { Change } from '../domain/change.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import type { CheckAnswer } from '../service/decisions.ts'
import type { FeedMessage } from '../service/changes.ts'
import {
  viewMembership,
  viewOrganization,
  viewRole,
  viewRoleSet,
  type ImpactView,
  type MembershipView,
  type OrganizationView,
  type PermissionView,
  type RoleSetView,
  type RoleView,
  type StepView,
} from '../service/views.ts'
import { structOfJson } from './struct.ts'

export function permissionMessage(permission: PermissionView): proto.Permission {
  return { ...named(permission), type: permission.type === 'system' ? 'SYSTEM' : 'CUSTOM' }
}

export function roleMessage(role: RoleView): proto.Role {
  return {
    ...named(role),
    permissions: [...role.permissions],
    permissionIds: [...role.permissionIds],
    creatorEligible: role.creatorEligible,
  }
}

export function roleSetMessage(roleSet: RoleSetView): proto.RoleSet {
  return {
    ...named(roleSet),
    roles: [...roleSet.roles],
    roleIds: [...roleSet.roleIds],
    defaultRole: roleSet.defaultRole,
    defaultRoleId: roleSet.defaultRoleId,
    creatorRole: roleSet.creatorRole,
    creatorRoleId: roleSet.creatorRoleId,
    type: roleSet.type === 'initial' ? 'INITIAL_SET' : 'CUSTOM_SET',
  }
}

export function organizationMessage(organization: OrganizationView): proto.Organization {
  return {
    ...stored(organization),
    name: organization.name,
    slug: organization.slug ?? '',
    roleSet: organization.roleSet,
    roleSetId: organization.roleSetId,
    publicMetadata: structOfJson(organization.publicMetadata),
    privateMetadata: structOfJson(organization.privateMetadata),
  }
}

export function membershipMessage(membership: MembershipView): proto.Membership {
  return {
    ...stored(membership),
    organizationId: membership.organizationId,
    userId: membership.userId,
    role: membership.role,
    roleId: membership.roleId,
    publicMetadata: structOfJson(membership.publicMetadata),
    privateMetadata: structOfJson(membership.privateMetadata),
  }
}

export function impactMessage({ roles, ...totals }: ImpactView): proto.Impact {
  return { ...totals, roles: [...roles] }
}

export function stepMessage({ action, kind, key, details }: StepView): proto.AppliedStep {
  const actions = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE' } as const
  return { action: actions[action], kind, key, details: [...details] }
}

export function checkMessage(answer: CheckAnswer): proto.CheckResponse {
  return answer
}

/** @param sentAtMs milliseconds of a clock that only runs forward, at the moment at which the message is handed over */
export function feedMessage(
  message: FeedMessage,
  { sentAtMs, unknownOrganizationsDenied }: { sentAtMs: number; unknownOrganizationsDenied: boolean },
): proto.WatchResponse {
  const { revision } = message
  switch (message.kind) {
    case 'heartbeat':
      return { revision, sentAtMs, heartbeat: { stalenessMs: message.stalenessMs, unknownOrganizationsDenied } }
    case 'change_set':
      return { revision, sentAtMs, changeSet: changeSetMessage(message) }
    case 'snapshot_chunk':
      return {
        revision,
        sentAtMs,
        snapshotChunk: {
          permissions: message.permissions.map(permissionMessage),
          roles: message.roles.map(roleMessage),
          roleSets: message.roleSets.map(roleSetMessage),
          organizations: message.organizations.map(organizationMessage),
          last: message.last,
          unknownOrganizationsDenied,
        },
      }
  }
}

function changeSetMessage({ revision, changeSet, catalogue }: FeedMessage & { kind: 'change_set' }): proto.ChangeSet {
  return {
    revision,
    committedAtMs: changeSet.committedAt,
    actor: changeSet.actor,
    operation: changeSet.operation,
    changes: changeSet.changes.map((change) => changeMessage(change, catalogue)),
  }
}

function changeMessage(change: Change, catalogue: Catalogue): proto.Change {
  switch (change.kind) {
    case 'permission_put':
      return { permissionPut: permissionMessage(change.permission) }
    case 'permission_deleted':
      return { permissionDeleted: deleted(change.before) }
    case 'role_put':
      return { rolePut: roleMessage(viewRole(change.role, catalogue)) }
    case 'role_deleted':
      return { roleDeleted: deleted(change.before) }
    case 'role_set_put':
      return { roleSetPut: roleSetMessage(viewRoleSet(change.roleSet, catalogue)) }
    case 'role_set_deleted':
      return { roleSetDeleted: deleted(change.before) }
    case 'organization_put':
      return { organizationPut: organizationMessage(viewOrganization(change.organization, catalogue)) }
    case 'organization_deleted':
      return { organizationDeleted: { id: change.before.id } }
    case 'organizations_moved':
      return { organizationsMoved: { fromRoleSetId: change.fromRoleSetId, toRoleSetId: change.toRoleSetId } }
    case 'membership_put':
      return { membershipPut: membershipMessage(viewMembership(change.membership, catalogue)) }
    case 'membership_deleted': {
      const { id, organizationId, userId } = change.before
      return { membershipDeleted: { id, organizationId, userId } }
    }
    case 'members_reassigned':
      return { membersReassigned: { ...change.scope, mappings: [...change.mappings] } }
  }
}

function stored(thing: { id: string; createdAt: number; updatedAt: number }) {
  return { id: thing.id, createdAtMs: thing.createdAt, updatedAtMs: thing.updatedAt }
}

function named(thing: Parameters<typeof stored>[0] & { key: string; name: string; description: string }) {
  return { ...stored(thing), key: thing.key, name: thing.name, description: thing.description }
}

function deleted({ id, key }: { id: string; key: string }): proto.Deleted {
  return { id, key }
}
