/** Operations on invitations. */

import type { Invitation, InvitationStatus, Membership, Place } from '@rolesets/core'
import { parseEmailAddress, parseId } from '../../domain/fields.ts'
import {
  acceptInvitation,
  createInvitation,
  createInvitations,
  invitersOf,
  isInvitationOf,
  parseAddresses,
  revokeInvitation,
  type Accepted,
  type RevokeInvitationInput,
} from '../../domain/invitations.ts'
import type { Reader } from '../../storage/store.ts'
import { membershipsOf } from './acting.ts'
import { invitationsTo } from './invitees.ts'
import { foreseeMembership, membershipsInScopes, occupancyOf } from './memberships.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { foreseeOrganization, ownRoleSetId, placeOf, registrationOf } from './organizations.ts'
import { viewInvitations } from '../past-names.ts'
import { viewInvitation, viewMembership, type InvitationView } from '../views.ts'

export const invitationCommands = {
  ...commandsOf(viewInvitation, {
    createInvitation: factRule(
      createInvitation,
      async (scope, input) => {
        const place = placeOf(input)
        const addresses = [parseEmailAddress(input.emailAddress, 'email_address')]
        const [pending] = await pendingOf(scope, place, addresses)
        const inviters = await invitersIn(scope, place, invitersOf(input, [input]))
        return { ...(await placeFactsOf(scope, place)), pending, inviters }
      },
      { foresee: foreseeOrganization, actsIn: placeOf },
    ),
    revokeInvitation: {
      foresee: foreseeOrganization,
      actsIn: placeOf,
      // An invitation is named by its id alone, or together with its scope.
      actsInFound: async (reader, input: RevokeInvitationInput) =>
        (await findInvitation(reader, input)) ?? placeOf(input),
      decide: async (scope, input: RevokeInvitationInput) => {
        const { organizationId, requestingUserId } = input
        const asking = requestingUserId ? [requestingUserId] : []
        const present = await factsOf(scope, input)
        const place = { organizationId, scope: present.invitation?.scope ?? '' }
        const facts = { ...present, requester: await invitersIn(scope, place, asking) }
        return revokeInvitation(scope.catalogue, input, facts, scope.context)
      },
    },
  }),
  ...commandsOf(
    (invitations: readonly Invitation[], catalogue, now) =>
      invitations.map((invitation) => viewInvitation(invitation, catalogue, now)),
    {
      createInvitations: factRule(
        createInvitations,
        async (scope, input) => {
          const place = placeOf(input)
          const pending = await pendingOf(scope, place, parseAddresses(input))
          const inviters = await invitersIn(scope, place, invitersOf(input, input.invitations))
          return { ...(await placeFactsOf(scope, place)), pending, inviters }
        },
        { foresee: foreseeOrganization, actsIn: placeOf },
      ),
    },
  ),
  ...commandsOf(
    ({ invitation, membership }: Accepted, catalogue, now) => ({
      invitation: viewInvitation(invitation, catalogue, now),
      membership: viewMembership(membership, catalogue),
    }),
    {
      acceptInvitation: factRule(
        acceptInvitation,
        async (scope, input) => {
          const facts = await factsOf(scope, input)
          const { writer } = scope
          const { organizationId, userId } = input
          const place = { organizationId, scope: facts.invitation?.scope ?? '' }
          const ofOrganization = await writer.membership(organizationId, userId)
          const isScope = place.scope !== ''
          const membership = isScope ? await writer.membership(organizationId, userId, place.scope) : ofOrganization
          const isLimited = !isScope && (facts.organization?.maxAllowedMemberships ?? 0) > 0
          const members = isLimited ? await writer.memberCount({ organizationId }, scope.context.now) : 0
          const own = await ownRoleSetId(writer, place)
          const invitations = await invitationsTo(scope, { ...place, userId })
          const left =
            isScope || membership === undefined ? [] : await membershipsInScopes(scope, { organizationId, userId })
          return { ...facts, membership, ofOrganization, left, own, members, invitations }
        },
        // The place is known only once the invitation is read.
        { foresee: ({ organizationId, userId }) => foreseeMembership({ organizationId, userId }) },
      ),
    },
  ),
}

export interface InvitationFilter {
  readonly organizationId: string
  /** `*`: the organization as a whole and all of its scopes. Empty or not given: the organization as a whole. */
  readonly scope?: string | undefined
  /** Only those that stand so; none or undefined: all. */
  readonly statuses?: readonly InvitationStatus[] | undefined
}

export const invitationList: List<InvitationFilter, Invitation, InvitationView> = {
  read: ({ reader, now, input: { organizationId, scope, statuses = [] } }, page) =>
    reader.invitations(organizationId, page, { scope, statuses: statuses.length === 0 ? undefined : statuses, now }),
  viewPage: viewInvitations,
  cursorOf: ({ id }) => id,
}

export interface InvitationRef {
  readonly organizationId: string
  readonly scope?: string | undefined
  readonly invitationId: string
}

/** An invitation into another place is none of this one's. */
export async function findInvitation(
  reader: Reader,
  { invitationId, ...place }: InvitationRef,
): Promise<Invitation | undefined> {
  const invitation = await reader.invitation(invitationId)
  return isInvitationOf(invitation, place) ? invitation : undefined
}

async function factsOf({ writer, expectUnchanged }: WriteScope, input: InvitationRef) {
  const invitation = await findInvitation(writer, input)
  expectUnchanged(invitation)
  return { organization: await writer.organization(input.organizationId), invitation }
}

async function placeFactsOf({ writer, context }: WriteScope, place: Place) {
  const facts = await registrationOf(writer, place.organizationId)
  const own = await ownRoleSetId(writer, place)
  // The organization's quota is about its own members.
  const organization = place.scope === '' ? facts.organization : undefined
  return { ...facts, own, ...(await occupancyOf(writer, organization, context.now)) }
}

/** Memberships in the place and in its organization, of the users who have them. */
async function invitersIn(
  { writer, context }: WriteScope,
  place: Place,
  userIds: readonly string[],
): Promise<Membership[]> {
  const memberships: Membership[] = []
  for (const userId of userIds) {
    const user = { userId: parseId(userId, 'inviter_user_id'), place }
    memberships.push(...(await membershipsOf(writer, user, context.now)))
  }
  return memberships
}

async function pendingOf(
  { writer, context }: WriteScope,
  place: Place,
  addresses: readonly string[],
): Promise<Invitation[]> {
  const pending: Invitation[] = []
  for (const address of addresses) {
    const invitation = await writer.pendingInvitation(place, address, context.now)
    if (invitation !== undefined) pending.push(invitation)
  }
  return pending
}
