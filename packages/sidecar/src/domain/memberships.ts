/** Memberships: a role is given only if the organization's set has it (rule 1). */

import { deleted, put, quoted } from '@rolesets/core'
import type { Catalogue, Invitation, Membership, Organization, Place } from '@rolesets/core'
import { amend, newMembership } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import { decided, decidedTo, impactOf, type Context, type Decided } from './decided.ts'
import { currentOf, parseEnd, replaceEnded, type Ending, type MemberFacts, type Replacing } from './ends.ts'
import { parseFlag, parseId, parseNewId } from './fields.ts'
import {
  checkAreAvailable,
  findRoles,
  idsOf,
  parseRoleRefs,
  parseRoleRefsUpdate,
  type GivenRoles,
} from './given-roles.ts'
import { endInvitations, parseEmailAddresses, type Addressed, type Sending, type SentFacts } from './invitees.ts'
import { parseMetadataUpdate, parseNewMetadata, type MetadataInput, type MetadataUpdate } from './metadata.ts'
import { checkIsInOrganization, factsOfPlace, grantPlaceOf, nameOfPlace, type PlaceFacts } from './places.ts'
import { checkHasRoom, type Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown, type RegistrationFacts } from './registration.ts'
import { parseScopeOrWhole } from './scopes.ts'
import { rolesHeld } from './users.ts'

export interface MemberInput {
  readonly organizationId: string
  /** Empty or not given: the organization as a whole. */
  readonly scope?: string | undefined
  readonly userId: string
}

export interface DeleteMembershipInput extends MemberInput, Sending {}

export interface CreateMembershipInput extends MemberInput, MetadataInput, Addressed, GivenRoles, Ending {}

/** New roles replace all. */
export interface UpdateMembershipInput extends MemberInput, MetadataUpdate, GivenRoles, Ending {}

interface Facts extends PlaceFacts, MemberFacts {
  readonly organization: Organization | undefined
}

/** The pending invitations to the user in this place, and in those whose memberships end with it. */
interface Invited {
  readonly invitations: readonly Invitation[]
}

/**
 * An organization that isn't in the store is first registered on the initial set, unless unknown ones are denied (rule 3).
 * The pending invitations to the user end: they can't bring the user back later, and leave their seats (rule 21).
 */
export function createMembership(
  catalogue: Catalogue,
  input: CreateMembershipInput,
  facts: Facts & RegistrationFacts & Occupancy & Invited & Replacing,
  context: Context,
): Decided<Membership> {
  const { organizationId, scope, userId } = parseMember(input)
  parseNewId(userId, 'user_id')
  const refs = parseRoleRefs(input)
  parseEmailAddresses(input)
  const metadata = parseNewMetadata(input)
  const expiresAt = parseEnd(input, context.now) ?? null
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts, context)
  const place = grantPlaceOf(catalogue, { organization, scope, isNew: changes.length > 0 }, facts)
  const roles = findRoles(catalogue, refs)
  const present = currentOf(scope, facts, context.now)
  if (present !== undefined) throw membershipExists(present)
  checkIsInOrganization(place, facts.ofOrganization, { userId, now: context.now, field: 'user_id' })
  checkAreAvailable(catalogue, roles, place)
  const ended = endInvitations(facts.invitations, context)
  const { members, pendingInvitations } = facts
  const occupancy = { members, pendingInvitations: pendingInvitations - ended.length }
  // Members of scopes are members of the organization, which have their seats.
  if (scope === '') checkHasRoom(organization, occupancy, 1, 'user_id')
  const fields = { organizationId, scope, userId, roleIds: idsOf(roles), expiresAt, ...metadata }
  const membership = newMembership(fields, context)
  const replaced = replaceEnded(facts.membership, facts.left)
  const impact = impactOf({ endedInvitations: ended.length })
  return decided([...changes, ...replaced, put('membership', membership, null), ...ended], membership, impact)
}

export function updateMembership(
  catalogue: Catalogue,
  input: UpdateMembershipInput,
  facts: Facts,
  context: Context,
): Decided<Membership> {
  const { organizationId, scope, userId } = parseMember(input)
  const refs = parseRoleRefsUpdate(input)
  const metadata = parseMetadataUpdate(input)
  const expiresAt = parseEnd(input, context.now)
  const { organization } = facts
  const before = currentOf(scope, facts, context.now)
  if (organization === undefined) throw organizationNotFound(organizationId)
  if (before === undefined) throw membershipNotFound({ organizationId, scope }, userId)
  const roles = refs && findRoles(catalogue, refs)
  if (roles) checkAreAvailable(catalogue, roles, grantPlaceOf(catalogue, { organization, scope }, facts))
  return decidedTo(
    'membership',
    before,
    amend(before, { roleIds: roles && idsOf(roles), expiresAt, ...metadata.of(before) }, context),
  )
}

/**
 * The pending invitations to the user end with it, so that none brings the user back (rule 21). With the membership of an
 * organization as a whole those in its scopes end (rule 15).
 * @param facts `inScopes`: the latter
 */
export function deleteMembership(
  input: DeleteMembershipInput,
  facts: MemberFacts & Invited & SentFacts & { readonly inScopes: readonly Membership[] },
  context: Context,
): Decided<Membership> {
  const { userId, ...place } = parseMember(input)
  const isRevoking = parseFlag(input.revokeSentInvitations, 'revoke_sent_invitations')
  const { inScopes, invitations, sent, sentCount } = facts
  const before = currentOf(place.scope, facts, context.now)
  if (before === undefined) throw membershipNotFound(place, userId)
  const ended = endInvitations([...invitations, ...(isRevoking ? sent : [])], context)
  const others = inScopes.map((membership) => deleted('membership', membership))
  const at = { subject: 'The user has', unit: 'invitations and memberships in scopes to end', field: 'user_id' }
  checkLimit('endsPerCallMax', ended.length + others.length, at)
  const counts = { endedInvitations: ended.length, sentInvitations: sentCount }
  const changes = [deleted('membership', before), ...others, ...ended]
  return decided(changes, before, impactOf({ ...rolesHeld(inScopes, context.now), ...counts }))
}

function parseMember(input: MemberInput) {
  return {
    organizationId: parseId(input.organizationId, 'organization_id'),
    scope: parseScopeOrWhole(input.scope),
    userId: parseId(input.userId, 'user_id'),
  }
}

export function membershipExists({ userId, ...place }: Membership): Refusal {
  const message = `${quoted(userId)} is already a member of ${nameOfPlace(place)}. Update the membership to change the role.`
  return new Refusal('membership_exists', message, {
    field: 'user_id',
    facts: { ...factsOfPlace(place), user: userId },
  })
}

export function membershipNotFound(place: Place, userId: string): Refusal {
  const message = `${quoted(userId)} is not a member of ${nameOfPlace(place)}. Create the membership first.`
  const facts = { ...factsOfPlace(place), user: userId }
  return new Refusal('membership_not_found', message, { field: 'user_id', facts })
}
