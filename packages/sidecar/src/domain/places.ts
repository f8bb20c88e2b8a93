/** The places of writes: which role set decides there (rule 14), and who can become a member of a scope (rule 15). */

import { isCurrent, quoted, roleSetOfPlace } from '@rolesets/core'
import type { Catalogue, Membership, Organization, Place, PlaceOrigin } from '@rolesets/core'
import { Refusal } from './refusal.ts'
import { withoutRoleSet } from './scopes.ts'

/** A place in which roles are given. */
export interface GrantPlace extends Place {
  readonly roleSetId: string
  readonly origin: PlaceOrigin
  /** Its organization is registered by this write. */
  readonly isNew: boolean
}

/** What a write needs to know of its place besides the organization. */
export interface PlaceFacts {
  /** The role set that the scope was assigned; null or not given: none, or it is an organization as a whole. */
  readonly own?: string | null | undefined
}

/** @throws Refusal `scope_kind_not_found`, `scope_without_role_set`: nothing can be granted there */
export function grantPlaceOf(
  catalogue: Catalogue,
  { organization, scope, isNew = false }: { organization: Organization; scope: string; isNew?: boolean },
  { own = null }: PlaceFacts,
): GrantPlace {
  const found = roleSetOfPlace(catalogue, { scope, own, organizationRoleSetId: organization.roleSetId })
  if ('reason' in found) throw withoutRoleSet(scope, organization.id, found.reason)
  return { organizationId: organization.id, scope, ...found, isNew }
}

/**
 * Rule 15: members of a scope are members of its organization.
 * @param membership of the user in the organization as a whole; it must not have ended
 * @param at `field`: of the request, which names the user
 */
export function checkIsInOrganization(
  { organizationId, scope }: Place,
  membership: Membership | undefined,
  { userId, now, field }: { readonly userId: string; readonly now: number; readonly field: string },
): void {
  if (scope === '' || isCurrent(membership, now)) return
  const message = `${quoted(userId)} is not a member of the organization ${quoted(organizationId)}, so ${quoted(userId)} can't be a member of its scope ${quoted(scope)}. Make this user a member of the organization first, if need be with a role that has no permissions.`
  const facts = { organization: organizationId, scope, user: userId }
  throw new Refusal('organization_membership_missing', message, { field, facts })
}

/** `"org_acme"`, `"department:cardiology" of "org_acme"`. */
export function nameOfPlace({ organizationId, scope }: Place): string {
  return scope === '' ? quoted(organizationId) : `${quoted(scope)} of ${quoted(organizationId)}`
}

/** For the facts of an error. */
export function factsOfPlace({ organizationId, scope }: Place): Readonly<Record<string, string>> {
  return { organization: organizationId, ...(scope !== '' && { scope }) }
}
