/** Things as callers see them: with keys beside ids, and what is computed about them. One for each thing, for every API. */

import type { Catalogue } from '../domain/catalogue.ts'
import type { Impact } from '../domain/decided.ts'
import type { Membership, Organization, Permission, Role, RoleSet } from '../domain/model.ts'
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

export interface RoleImpactView {
  readonly role: string
  readonly toRole: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

export interface ImpactView {
  readonly organizations: number
  readonly members: number
  readonly invitations: number
  readonly roles: readonly RoleImpactView[]
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

/** @param roles roles by id from before the write, for those that are gone after it */
export function viewImpact(impact: Impact, before: Catalogue, after: Catalogue): ImpactView {
  const keyOf = (id: string) => after.roles.byId(id)?.key ?? before.roles.byId(id)?.key ?? id
  const roles = impact.roles.map(({ roleId, toRoleId, ...counts }) => ({
    role: keyOf(roleId),
    toRole: keyOf(toRoleId),
    ...counts,
  }))
  const total = (count: 'members' | 'invitations') => roles.reduce((sum, role) => sum + role[count], 0)
  return { organizations: impact.organizations, members: total('members'), invitations: total('invitations'), roles }
}

/** An id whose thing is gone stands for itself: change sets from history may name things that were deleted since. */
function sortedByKey(ids: readonly string[], keyOf: (id: string) => string | undefined) {
  const pairs = ids.map((id) => ({ id, key: keyOf(id) ?? id })).sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ids: pairs.map(({ id }) => id), keys: pairs.map(({ key }) => key) }
}
