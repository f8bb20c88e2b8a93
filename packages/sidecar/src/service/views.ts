/** Things as callers see them: with keys beside ids, and what is computed about them. One for each thing, for every API. */

import {
  type AccessKey,
  type Catalogue,
  firstRoleIdOf,
  initialRoleSetOf,
  roleSetOfPlace,
  type Invitation,
  type InvitationStatus,
  type Membership,
  type Organization,
  type Permission,
  type Role,
  type RoleSet,
  type ScopeDefault,
  type ScopeKind,
  type Settings,
} from '@rolesets/core'
import type { Impact } from '../domain/decided.ts'
import type { ListedScope } from '../domain/scope-facts.ts'
import { statusOf } from '../domain/invitations.ts'
import { isCreatorEligible } from '../domain/roles.ts'

export type PermissionView = Permission
export type RoleView = ReturnType<typeof viewRole>
export type RoleSetView = ReturnType<typeof viewRoleSet>
export type ScopeView = ReturnType<typeof viewScope>
export type ScopeKindView = ReturnType<typeof viewScopeKind>
export type ScopeDefaultView = ReturnType<typeof viewScopeDefault>
export type OrganizationView = ReturnType<typeof viewOrganization>
export type MembershipView = ReturnType<typeof viewMembership>
export type InvitationView = ReturnType<typeof viewInvitation>
export type SettingsView = ReturnType<typeof viewSettings>
export type AccessKeyView = ReturnType<typeof viewAccessKey>
export type ImpactView = ReturnType<typeof viewImpact>
export type RoleImpactView = ImpactView['roles'][number]

export interface Name {
  readonly key: string
  readonly name: string
}

interface Names {
  byId(id: string): Name | undefined
}

/** How things are named by their ids: as the catalogue names them now, or as they were named at a revision. */
export interface Naming {
  readonly permissions: Names
  readonly roles: Names
  readonly roleSets: Names
}

/** The key of a thing. An id whose thing is gone stands for itself. */
export function keyOf(index: Names, id: string): string {
  return index.byId(id)?.key ?? id
}

export function viewPermission(permission: Permission): PermissionView {
  return permission
}

/** `permissions` are keys in alphabetical order; `permissionIds` has the same order. */
export function viewRole(role: Role, catalogue: Catalogue) {
  return viewRoleNamed(role, catalogue, catalogue)
}

/** @param naming of the permissions */
export function viewRoleNamed(role: Role, catalogue: Catalogue, naming: Pick<Naming, 'permissions'>) {
  const { ids: permissionIds, keys: permissions } = sortedByKey(role.permissionIds, naming.permissions)
  return { ...role, permissionIds, permissions, creatorEligible: isCreatorEligible(catalogue, role) }
}

/** `roles` are keys in alphabetical order; `roleIds` has the same order. */
export function viewRoleSet(roleSet: RoleSet, { roles: index }: Pick<Naming, 'roles'>) {
  const { ids: roleIds, keys: roles } = sortedByKey(roleSet.roleIds, index)
  const { defaultRoleId, creatorRoleId } = roleSet
  return { ...roleSet, roleIds, roles, ...placesOf({ defaultRoleId, creatorRoleId }, index) }
}

/** `roleSet` and its id are empty where the kind names no role set. */
export function viewScopeKind(kind: ScopeKind, { roleSets }: Pick<Naming, 'roleSets'>) {
  const { roleSetId } = kind
  return { ...kind, roleSetId: roleSetId ?? '', roleSet: roleSetId === null ? '' : keyOf(roleSets, roleSetId) }
}

export function viewScopeDefault(scopeDefault: ScopeDefault, { roleSets }: Pick<Naming, 'roleSets'>) {
  return { ...scopeDefault, roleSet: keyOf(roleSets, scopeDefault.roleSetId) }
}

/** With the role set that the scope has, and why; empty where it has none. */
export function viewScope(scope: ListedScope, catalogue: Catalogue, organizationRoleSetId: string) {
  const { own, ...shown } = scope
  const found = roleSetOfPlace(catalogue, { scope: scope.scope, own, organizationRoleSetId })
  const roleSetId = 'reason' in found ? '' : found.roleSetId
  const roleSet = roleSetId === '' ? '' : keyOf(catalogue.roleSets, roleSetId)
  return { ...shown, roleSet, roleSetId, origin: 'reason' in found ? undefined : found.origin }
}

export function viewOrganization(organization: Organization, { roleSets }: Pick<Naming, 'roleSets'>) {
  return { ...organization, roleSet: keyOf(roleSets, organization.roleSetId) }
}

export function viewMembership(membership: Membership, { roles }: Pick<Naming, 'roles'>) {
  return { ...membership, ...rolesOf(membership.roleIds, roles) }
}

/**
 * @param now Unix milliseconds: decides whether a pending one is expired
 * @returns with the status as of this moment; `role` and its name are the id when the role is gone
 */
export function viewInvitation(invitation: Invitation, { roles }: Pick<Naming, 'roles'>, now: number) {
  const status: InvitationStatus = statusOf(invitation, now)
  const roleId = firstRoleIdOf(invitation)
  const roleName = roles.byId(roleId)?.name ?? roleId
  return { ...invitation, status, ...rolesOf(invitation.roleIds, roles), roleName }
}

/** `role` and `roleId` are the first, for those who know one role. */
export function rolesOf(roleIds: readonly string[], names: Names) {
  const roles = roleIds.map((id) => keyOf(names, id))
  return { roleId: firstRoleIdOf({ roleIds }), role: firstRoleIdOf({ roleIds: roles }), roles }
}

/** `revision` is that of the last write that changed anything of it, the places of the initial set included. */
export function viewSettings(settings: Settings, catalogue: Catalogue) {
  const { id, key, creatorRoleId, defaultRoleId, revision } = initialRoleSetOf(catalogue)
  return {
    ...settings,
    revision: Math.max(settings.revision, revision),
    ...{ initialRoleSet: key, initialRoleSetId: id },
    ...placesOf({ creatorRoleId, defaultRoleId }, catalogue.roles),
  }
}

/** Without the digest, so that it can't be compared with a key. */
export function viewAccessKey({ digest: _digest, ...accessKey }: AccessKey): Omit<AccessKey, 'digest'> {
  return accessKey
}

/**
 * Roles are named as they are after the write; those that are gone by then, as they were before it.
 *
 * `toRole` is empty for members that lose the role with their organization. `requiredMappings` are the roles in use that
 * the destination lacks: each needs a mapping, whether one was given or not. Only the answer to a dry run has `violations`:
 * why the write would be refused.
 */
export function viewImpact({ organizations, violations, ...impact }: Impact, before: Catalogue, after: Catalogue) {
  const { withoutAdministrator, endedInvitations, sentInvitations, places, firstPlaces, repeated } = impact
  const nameOf = (id: string) => after.roles.byId(id)?.key ?? keyOf(before.roles, id)
  const roles = impact.roles.map(({ roleId, toRoleId, ...counts }) => ({
    ...{ role: nameOf(roleId), toRole: toRoleId === null ? '' : nameOf(toRoleId) },
    ...counts,
  }))
  const requiredMappings = impact.requiredMappings.map(({ roleId, ...counts }) => ({ role: nameOf(roleId), ...counts }))
  const total = (count: 'members' | 'invitations') =>
    roles.reduce((sum, role) => sum + role[count], 0) - repeated[count]
  return {
    ...{ organizations, members: total('members'), invitations: total('invitations') },
    roles: sortedByRole(roles),
    requiredMappings: sortedByRole(requiredMappings),
    violations,
    organizationsWithoutAdministrator: withoutAdministrator.organizations,
    organizationIdsWithoutAdministrator: withoutAdministrator.organizationIds,
    ...{ endedInvitations, sentInvitations, places, firstPlaces },
  }
}

/** Of a set that has no creator role, key and id are empty. */
function placesOf({ creatorRoleId, defaultRoleId }: Pick<RoleSet, 'creatorRoleId' | 'defaultRoleId'>, roles: Names) {
  const creatorRole = creatorRoleId === null ? '' : keyOf(roles, creatorRoleId)
  const ids = { creatorRoleId: creatorRoleId ?? '', defaultRoleId }
  return { ...ids, creatorRole, defaultRole: keyOf(roles, defaultRoleId) }
}

/** In the order of the keys; roles of one key, as in the steps of an apply, stay as they were. */
function sortedByRole<T extends { readonly role: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.role < b.role ? -1 : a.role > b.role ? 1 : 0))
}

function sortedByKey(ids: readonly string[], index: Names) {
  const pairs = ids.map((id) => ({ id, key: keyOf(index, id) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ids: pairs.map(({ id }) => id), keys: pairs.map(({ key }) => key) }
}
