/** The question that everything is for: may this role be granted in this organization? (rules 1 and 3) */

import { initialRoleSetOf, type Catalogue } from './catalogue.ts'
import { sortByKey } from './lookup.ts'
import type { Role, RoleSet, UnknownOrganizations } from './model.ts'

export type Reason =
  | 'ROLE_IN_SET'
  | 'ROLE_NOT_IN_SET'
  | 'ROLE_UNKNOWN'
  | 'ORGANIZATION_UNKNOWN'
  | 'PERMISSION_NOT_IN_ROLE'
  | 'PERMISSION_UNKNOWN'

export interface Decision {
  readonly allowed: boolean
  readonly reason: Reason
  /** Undefined when the organization is unknown and unknown organizations are denied. */
  readonly roleSet: RoleSet | undefined
}

export interface RoleQuestion {
  /** Key or id. */
  readonly role: string
  /** Key or id; if given and not empty, the role must also hold it. */
  readonly permission?: string | undefined
}

/** @param roleSetId that of the organization; undefined when the store doesn't know the organization */
export function decide(
  catalogue: Catalogue,
  question: RoleQuestion,
  roleSetId: string | undefined,
  unknownOrganizations: UnknownOrganizations,
): Decision {
  const roleSet = effectiveRoleSet(catalogue, roleSetId, unknownOrganizations)
  if (roleSet === undefined) return { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet }
  const reason = judge(catalogue, question, roleSet)
  return { allowed: reason === 'ROLE_IN_SET', reason, roleSet }
}

/** The roles of an organization's set, ordered by key; undefined when the organization is unknown and those are denied. */
export function availableRoles(
  catalogue: Catalogue,
  roleSetId: string | undefined,
  unknownOrganizations: UnknownOrganizations,
): { readonly roles: readonly Role[]; readonly roleSet: RoleSet } | undefined {
  const roleSet = effectiveRoleSet(catalogue, roleSetId, unknownOrganizations)
  if (roleSet === undefined) return undefined
  return { roles: sortByKey(roleSet.roleIds.flatMap((id) => catalogue.roles.byId(id) ?? [])), roleSet }
}

function judge(catalogue: Catalogue, question: RoleQuestion, roleSet: RoleSet): Reason {
  const role = catalogue.roles.find(question.role)
  if (role === undefined) return 'ROLE_UNKNOWN'
  if (!roleSet.roleIds.includes(role.id)) return 'ROLE_NOT_IN_SET'
  if (question.permission === undefined || question.permission === '') return 'ROLE_IN_SET'
  const permission = catalogue.permissions.find(question.permission)
  if (permission === undefined) return 'PERMISSION_UNKNOWN'
  return role.permissionIds.includes(permission.id) ? 'ROLE_IN_SET' : 'PERMISSION_NOT_IN_ROLE'
}

/** A set that the catalogue lacks means that two states are mixed: better no answer than a guess. */
function effectiveRoleSet(
  catalogue: Catalogue,
  roleSetId: string | undefined,
  unknownOrganizations: UnknownOrganizations,
): RoleSet | undefined {
  if (roleSetId === undefined) return unknownOrganizations === 'initial' ? initialRoleSetOf(catalogue) : undefined
  const roleSet = catalogue.roleSets.byId(roleSetId)
  if (roleSet === undefined) throw new Error(`The catalogue lacks the role set ${roleSetId} of an organization.`)
  return roleSet
}
