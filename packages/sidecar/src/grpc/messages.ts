/** Things and answers as messages of the wire. */

import type * as proto from '@rolesets/proto'
import { structOfJson } from '@rolesets/proto'
import type {
  AccessKeyView,
  ImpactView,
  InvitationView,
  MembershipView,
  OrganizationView,
  PermissionView,
  RoleSetView,
  RoleView,
  SettingsView,
  StepView,
} from '../service/views.ts'
import { reasonOf } from './status.ts'

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
    createdBy: organization.createdBy,
    maxAllowedMemberships: organization.maxAllowedMemberships,
    adminDeleteEnabled: organization.adminDeleteEnabled,
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

export function invitationMessage(invitation: InvitationView): proto.Invitation {
  const statuses = { pending: 'PENDING', accepted: 'ACCEPTED', revoked: 'REVOKED', expired: 'EXPIRED' } as const
  return {
    ...stored(invitation),
    organizationId: invitation.organizationId,
    emailAddress: invitation.emailAddress,
    role: invitation.role,
    roleId: invitation.roleId,
    inviterUserId: invitation.inviterUserId,
    status: statuses[invitation.status],
    expiresAtMs: invitation.expiresAt,
    redirectUrl: invitation.redirectUrl,
    acceptedByUserId: invitation.acceptedByUserId,
    publicMetadata: structOfJson(invitation.publicMetadata),
    privateMetadata: structOfJson(invitation.privateMetadata),
  }
}

export function settingsMessage(settings: SettingsView): proto.Settings {
  const { domainsEnrollmentModes, updatedAt: updatedAtMs, revision: _revision, ...more } = settings
  const { initialRoleSetId: _initial, creatorRoleId: _creator, defaultRoleId: _default, ...fields } = more
  return { ...fields, domainsEnrollmentModes: [...domainsEnrollmentModes], updatedAtMs }
}

export function accessKeyMessage(accessKey: AccessKeyView): proto.AccessKey {
  return {
    id: accessKey.id,
    name: accessKey.name,
    access: accessKey.access === 'secret' ? 'SECRET' : 'READ',
    createdAtMs: accessKey.createdAt,
    revokedAtMs: accessKey.revokedAt ?? 0,
  }
}

export function impactMessage({ roles, requiredMappings, violations, ...totals }: ImpactView): proto.Impact {
  return {
    ...totals,
    roles: [...roles],
    requiredMappings: [...requiredMappings],
    violations: violations.map(({ code, message, field = '', facts }) => ({
      reason: reasonOf(code),
      message,
      field,
      facts,
    })),
  }
}

export function stepMessage({ action, kind, key, details }: StepView): proto.AppliedStep {
  const actions = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE' } as const
  return { action: actions[action], kind, key, details: [...details] }
}

function stored(thing: { id: string; createdAt: number; updatedAt: number }) {
  return { id: thing.id, createdAtMs: thing.createdAt, updatedAtMs: thing.updatedAt }
}

function named(thing: Parameters<typeof stored>[0] & { key: string; name: string; description: string }) {
  return { ...stored(thing), key: thing.key, name: thing.name, description: thing.description }
}
