/**
 * The main question of Rolesets: may this role be granted in this organization? (rules 1 and 3) The sidecar, the
 * client's cache and the fake sidecar all decide here.
 */

import { initialRoleSetOf, sortByKey, type Catalogue } from './catalogue.ts'
import type { Role, RoleSet, UnknownOrganizations } from './things.ts'

export const reasons = [
  /** Allowed: the role is in the organization's role set, and holds the permission where one was asked for. */
  'ROLE_IN_SET',
  'ROLE_NOT_IN_SET',
  'ROLE_UNKNOWN',
  'ORGANIZATION_UNKNOWN',
  'PERMISSION_NOT_IN_ROLE',
  'PERMISSION_UNKNOWN',
] as const

export type Reason = (typeof reasons)[number]

export interface Decision {
  readonly allowed: boolean
  readonly reason: Reason
  /** Undefined when the organization is unknown and unknown organizations are denied. */
  readonly roleSet: RoleSet | undefined
  /** With the reason PERMISSION_UNKNOWN: a permission had this key, and was deleted or renamed (rule 20). */
  readonly permissionRetired: boolean
}

export interface RoleQuestion {
  /** Key or id. */
  readonly role: string
  /** Key, not an id; if given and not empty, the role must also hold it. */
  readonly permission?: string | undefined
}

/** @param roleSetId of the organization's assignment; undefined when the organization isn't in the store */
export function decide(
  catalogue: Catalogue,
  question: RoleQuestion,
  { roleSetId, unknownOrganizations }: OrganizationStanding,
): Decision {
  const roleSet = effectiveRoleSet(catalogue, { roleSetId, unknownOrganizations })
  const reason = roleSet === undefined ? 'ORGANIZATION_UNKNOWN' : reasonIn(catalogue, roleSet, question)
  return {
    allowed: reason === 'ROLE_IN_SET',
    reason,
    roleSet,
    permissionRetired: isRetired(catalogue, question, reason),
  }
}

/** Whether the permission of the question was known once, and isn't any more. */
export function isRetired({ retiredPermissions }: Catalogue, { permission }: RoleQuestion, reason: Reason): boolean {
  return reason === 'PERMISSION_UNKNOWN' && retiredPermissions.has(permission ?? '')
}

/** What is known of an organization besides the catalogue. */
export interface OrganizationStanding {
  /** Of its assignment; undefined when the organization isn't in the store. */
  readonly roleSetId: string | undefined
  readonly unknownOrganizations: UnknownOrganizations
}

/** How a role set answers a question. */
export function reasonIn(
  catalogue: Catalogue,
  roleSet: RoleSet,
  { role: name, permission: key }: RoleQuestion,
): Reason {
  const role = catalogue.roles.find(name)
  if (role === undefined) return 'ROLE_UNKNOWN'
  if (!roleSet.roleIds.includes(role.id)) return 'ROLE_NOT_IN_SET'
  if (key === undefined || key === '') return 'ROLE_IN_SET'
  const permission = catalogue.permissions.byKey(key)
  if (permission === undefined) return 'PERMISSION_UNKNOWN'
  return role.permissionIds.includes(permission.id) ? 'ROLE_IN_SET' : 'PERMISSION_NOT_IN_ROLE'
}

/** The roles of a role set, ordered by key. */
export function rolesOf(catalogue: Catalogue, roleSet: RoleSet): readonly Role[] {
  return sortByKey(roleSet.roleIds.flatMap((id) => catalogue.roles.byId(id) ?? []))
}

/** The role set that counts for an organization (rule 3); undefined when it is unknown and unknown ones are denied. */
export function effectiveRoleSet(
  catalogue: Catalogue,
  { roleSetId, unknownOrganizations }: OrganizationStanding,
): RoleSet | undefined {
  if (roleSetId === undefined) return unknownOrganizations === 'initial' ? initialRoleSetOf(catalogue) : undefined
  const roleSet = catalogue.roleSets.byId(roleSetId)
  // Two states would be mixed: no answer is better than a guess.
  if (roleSet === undefined) throw new Error(`The catalogue lacks the role set ${roleSetId} of an organization.`)
  return roleSet
}
