/** Things as callers see them: with keys beside ids, and what is computed about them. One for each thing, for every API. */

import {
  type AccessKey,
  type Catalogue,
  initialRoleSetOf,
  type Invitation,
  type InvitationStatus,
  type Membership,
  type Organization,
  type Permission,
  type Role,
  type RoleSet,
  type Settings,
} from '@rolesets/core'
import type { Impact, Violation } from '../domain/decided.ts'
import { statusOf } from '../domain/invitations.ts'
import { isCreatorEligible } from '../domain/roles.ts'

export interface RoleView extends Role {
  /** Keys, in alphabetical order; `permissionIds` has the same order. */
  readonly permissions: readonly string[]
  readonly creatorEligible: boolean
}

export interface RoleSetView extends RoleSet {
  /** Keys, in alphabetical order; `roleIds` has the same order. */
  readonly roles: readonly string[]
  readonly defaultRole: string
  readonly creatorRole: string
}

export interface OrganizationView extends Organization {
  readonly roleSet: string
}

export interface MembershipView extends Membership {
  readonly role: string
}

export interface InvitationView extends Omit<Invitation, 'status'> {
  /** As of the moment of the call. */
  readonly status: InvitationStatus
  /** Key; the id when the role is gone. */
  readonly role: string
}

/** `revision` is that of the last write that changed anything of it, the places of the initial set included. */
export interface SettingsView extends Settings {
  readonly initialRoleSet: string
  readonly initialRoleSetId: string
  readonly creatorRole: string
  readonly creatorRoleId: string
  readonly defaultRole: string
  readonly defaultRoleId: string
}

/** Without the digest, so that it can't be compared with a key. */
export type AccessKeyView = Omit<AccessKey, 'digest'>

/** How many have a role. */
export interface RequiredMappingView {
  readonly role: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

export interface RoleImpactView extends RequiredMappingView {
  /** Empty: members lose the role with their organization. */
  readonly toRole: string
}

export interface ImpactView {
  readonly organizations: number
  readonly members: number
  readonly invitations: number
  readonly roles: readonly RoleImpactView[]
  /** Roles in use that the destination lacks: each needs a mapping, whether one was given or not. */
  readonly requiredMappings: readonly RequiredMappingView[]
  /** Why the write would be refused. Only in the answer to a dry run. */
  readonly violations: readonly Violation[]
}

export interface StepView {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'permission' | 'role' | 'role_set' | 'organization'
  /** Key, or the id of an organization. */
  readonly key: string
  readonly details: readonly string[]
}

export type PermissionView = Permission

export function viewPermission(permission: Permission): PermissionView {
  return permission
}

export function viewRole(role: Role, catalogue: Catalogue): RoleView {
  const { ids, keys } = sortedByKey(role.permissionIds, (id) => catalogue.permissions.byId(id)?.key)
  return { ...role, permissionIds: ids, permissions: keys, creatorEligible: isCreatorEligible(catalogue, role) }
}

export function viewRoleSet(roleSet: RoleSet, catalogue: Catalogue): RoleSetView {
  const keyOf = (id: string) => catalogue.roles.byId(id)?.key
  const { ids, keys } = sortedByKey(roleSet.roleIds, keyOf)
  return {
    ...roleSet,
    roleIds: ids,
    roles: keys,
    defaultRole: keyOf(roleSet.defaultRoleId) ?? roleSet.defaultRoleId,
    creatorRole: keyOf(roleSet.creatorRoleId) ?? roleSet.creatorRoleId,
  }
}

export function viewOrganization(organization: Organization, catalogue: Catalogue): OrganizationView {
  const roleSet = catalogue.roleSets.byId(organization.roleSetId)?.key ?? organization.roleSetId
  return { ...organization, roleSet }
}

export function viewMembership(membership: Membership, catalogue: Catalogue): MembershipView {
  return { ...membership, role: catalogue.roles.byId(membership.roleId)?.key ?? membership.roleId }
}

/** @param now Unix milliseconds: decides whether a pending one is expired */
export function viewInvitation(invitation: Invitation, catalogue: Catalogue, now: number): InvitationView {
  const role = catalogue.roles.byId(invitation.roleId)?.key ?? invitation.roleId
  return { ...invitation, status: statusOf(invitation, now), role }
}

export function viewSettings(settings: Settings, catalogue: Catalogue): SettingsView {
  const { id, key, creatorRoleId, defaultRoleId, revision } = initialRoleSetOf(catalogue)
  return {
    ...settings,
    revision: Math.max(settings.revision, revision),
    initialRoleSet: key,
    initialRoleSetId: id,
    creatorRole: catalogue.roles.byId(creatorRoleId)?.key ?? creatorRoleId,
    creatorRoleId,
    defaultRole: catalogue.roles.byId(defaultRoleId)?.key ?? defaultRoleId,
    defaultRoleId,
  }
}

export function viewAccessKey({ digest: _digest, ...accessKey }: AccessKey): AccessKeyView {
  return accessKey
}

/** Roles are named as they are after the write; those that are gone by then, as they were before it. */
export function viewImpact(impact: Impact, before: Catalogue, after: Catalogue): ImpactView {
  const keyOf = (id: string) => after.roles.byId(id)?.key ?? before.roles.byId(id)?.key ?? id
  const roles = sortedByRole(
    impact.roles.map(({ roleId, toRoleId, ...counts }) => ({
      role: keyOf(roleId),
      toRole: toRoleId === null ? '' : keyOf(toRoleId),
      ...counts,
    })),
  )
  const requiredMappings = sortedByRole(
    impact.requiredMappings.map(({ roleId, ...counts }) => ({ role: keyOf(roleId), ...counts })),
  )
  const total = (count: 'members' | 'invitations') => roles.reduce((sum, role) => sum + role[count], 0)
  const { organizations, violations } = impact
  return {
    organizations,
    members: total('members'),
    invitations: total('invitations'),
    roles,
    requiredMappings,
    violations,
  }
}

/** In the order of the keys; roles of one key, as in the steps of an apply, stay as they were. */
function sortedByRole<T extends { readonly role: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.role < b.role ? -1 : a.role > b.role ? 1 : 0))
}

/** An id whose thing is gone stands for itself: change sets from history may name things that were deleted since. */
function sortedByKey(ids: readonly string[], keyOf: (id: string) => string | undefined) {
  const pairs = ids.map((id) => ({ id, key: keyOf(id) ?? id })).sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ids: pairs.map(({ id }) => id), keys: pairs.map(({ key }) => key) }
}
