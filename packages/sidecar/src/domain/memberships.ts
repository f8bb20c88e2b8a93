/** Memberships: a role is given only if the organization's set has it (rule 1). */

import { assignmentOf, deleted, put, quoted, wholeOf } from '@rolesets/core'
import type { Catalogue, Invitation, Membership, Organization } from '@rolesets/core'
import { amend, newMembership } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import { decided, decidedTo, impactOf, type Context, type Decided } from './decided.ts'
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
import { checkHasRoom, type Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown, type RegistrationFacts } from './registration.ts'

export interface MemberInput {
  readonly organizationId: string
  readonly userId: string
}

export interface DeleteMembershipInput extends MemberInput, Sending {}

export interface CreateMembershipInput extends MemberInput, MetadataInput, Addressed, GivenRoles {}

/** New roles replace all. */
export interface UpdateMembershipInput extends MemberInput, MetadataUpdate, GivenRoles {}

interface Facts {
  readonly organization: Organization | undefined
  readonly membership: Membership | undefined
}

/** The pending invitations to the user in this organization. */
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
  facts: Facts & RegistrationFacts & Occupancy & Invited,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  parseNewId(userId, 'user_id')
  const refs = parseRoleRefs(input)
  parseEmailAddresses(input)
  const metadata = parseNewMetadata(input)
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts, context)
  const roles = findRoles(catalogue, refs)
  if (facts.membership) throw membershipExists(facts.membership)
  checkAreAvailable(catalogue, roles, { ...assignmentOf(organization), isNew: changes.length > 0 })
  const ended = endInvitations(facts.invitations, context)
  const { members, pendingInvitations } = facts
  checkHasRoom(organization, { members, pendingInvitations: pendingInvitations - ended.length }, 1, 'user_id')
  const membership = newMembership({ ...wholeOf(organizationId), userId, roleIds: idsOf(roles), ...metadata }, context)
  const impact = impactOf({ endedInvitations: ended.length })
  return decided([...changes, put('membership', membership, null), ...ended], membership, impact)
}

export function updateMembership(
  catalogue: Catalogue,
  input: UpdateMembershipInput,
  facts: Facts,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  const refs = parseRoleRefsUpdate(input)
  const metadata = parseMetadataUpdate(input)
  if (facts.organization === undefined) throw organizationNotFound(organizationId)
  const before = facts.membership
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  const roles = refs && findRoles(catalogue, refs)
  if (roles) checkAreAvailable(catalogue, roles, assignmentOf(facts.organization))
  return decidedTo(
    'membership',
    before,
    amend(before, { roleIds: roles && idsOf(roles), ...metadata.of(before) }, context),
  )
}

/** The pending invitations to the user end with it, so that none brings the user back (rule 21). */
export function deleteMembership(
  input: DeleteMembershipInput,
  facts: Pick<Facts, 'membership'> & Invited & SentFacts,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  const isRevoking = parseFlag(input.revokeSentInvitations, 'revoke_sent_invitations')
  const { membership: before, invitations, sent, sentCount } = facts
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  const ended = endInvitations([...invitations, ...(isRevoking ? sent : [])], context)
  checkLimit('endsPerCallMax', ended.length, { subject: 'The user sent', unit: 'invitations', field: 'user_id' })
  const impact = impactOf({ endedInvitations: ended.length, sentInvitations: sentCount })
  return decided([deleted('membership', before), ...ended], before, impact)
}

function parseMember(input: MemberInput) {
  return {
    organizationId: parseId(input.organizationId, 'organization_id'),
    userId: parseId(input.userId, 'user_id'),
  }
}

export function membershipExists({ organizationId, userId }: Membership): Refusal {
  const message = `${quoted(userId)} is already a member of ${quoted(organizationId)}. Update the membership to change the role.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_exists', message, { field: 'user_id', facts })
}

export function membershipNotFound(organizationId: string, userId: string): Refusal {
  const message = `${quoted(userId)} is not a member of ${quoted(organizationId)}. Create the membership first.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_not_found', message, { field: 'user_id', facts })
}
