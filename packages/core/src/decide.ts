/**
 * The main question of Rolesets: may this role be granted in this organization, or in this scope of it? (rules 1, 3 and 14)
 * The sidecar, the client's cache and the fake sidecar all decide here.
 */

import { initialRoleSetOf, sortByKey, type Catalogue } from './catalogue.ts'
import { roleSetOfPlace, type PlaceOrigin, type ScopeReason } from './places.ts'
import type { Role, RoleSet, UnknownOrganizations } from './things.ts'

export const reasons = [
  /** Allowed: the role is in the role set of the place, and holds the permission where one was asked for. */
  'ROLE_IN_SET',
  'ROLE_NOT_IN_SET',
  'ROLE_UNKNOWN',
  'ORGANIZATION_UNKNOWN',
  'PERMISSION_NOT_IN_ROLE',
  'PERMISSION_UNKNOWN',
  /** The kind of the scope isn't registered in the catalogue. */
  'SCOPE_KIND_UNKNOWN',
  /** The scope has no role set: none was assigned, and its kind gives it none. */
  'SCOPE_UNASSIGNED',
] as const

export type Reason = (typeof reasons)[number]

export interface Decision {
  readonly allowed: boolean
  readonly reason: Reason
  /** Undefined when the organization is unknown and unknown organizations are denied, and where a scope has no role set. */
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

export function decide(catalogue: Catalogue, question: RoleQuestion, standing: PlaceStanding): Decision {
  const found = roleSetAt(catalogue, standing)
  const { roleSet } = found
  const reason = roleSet === undefined ? found.reason : reasonIn(catalogue, roleSet, question)
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

/** What is known of a place besides the catalogue. Without a scope, it is the organization as a whole. */
export interface PlaceStanding extends OrganizationStanding {
  readonly scope?: string
  /** The role set that the scope was assigned; null or not given: none. */
  readonly own?: string | null
}

/** The role set that counts for a place and why, or why there is none. */
export type RoleSetAt =
  | { readonly roleSet: RoleSet; readonly origin: PlaceOrigin }
  | { readonly roleSet: undefined; readonly reason: 'ORGANIZATION_UNKNOWN' | ScopeReason }

/** In an organization that is unknown and treated as on the initial set, that holds for its scopes too. */
export function roleSetAt(catalogue: Catalogue, standing: PlaceStanding): RoleSetAt {
  const whole = effectiveRoleSet(catalogue, standing)
  if (whole === undefined) return { roleSet: undefined, reason: 'ORGANIZATION_UNKNOWN' }
  const { scope = '', own = null } = standing
  if (scope === '') return { roleSet: whole, origin: 'own' }
  const found = roleSetOfPlace(catalogue, { scope, own, organizationRoleSetId: whole.id })
  if ('reason' in found) return { roleSet: undefined, reason: found.reason }
  return { roleSet: existing(catalogue, found.roleSetId), origin: found.origin }
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
  return existing(catalogue, roleSetId)
}

function existing(catalogue: Catalogue, roleSetId: string): RoleSet {
  const roleSet = catalogue.roleSets.byId(roleSetId)
  // Two states would be mixed: no answer is better than a guess.
  if (roleSet === undefined) throw new Error(`The catalogue lacks the role set ${roleSetId} of a place.`)
  return roleSet
}
