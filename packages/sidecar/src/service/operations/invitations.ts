/** Operations on invitations. */

import { wholeOf, type Invitation, type InvitationStatus, type Membership } from '@rolesets/core'
import { parseEmailAddress, parseId } from '../../domain/fields.ts'
import {
  acceptInvitation,
  createInvitation,
  createInvitations,
  invitersOf,
  parseAddresses,
  revokeInvitation,
  type Accepted,
  type RevokeInvitationInput,
} from '../../domain/invitations.ts'
import type { Reader } from '../../storage/store.ts'
import { membershipsOf } from './acting.ts'
import { invitationsTo } from './invitees.ts'
import { foreseeMembership, occupancyOf } from './memberships.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { foreseeOrganization, placeOf, registrationOf } from './organizations.ts'
import { viewInvitations } from '../past-names.ts'
import { viewInvitation, viewMembership, type InvitationView } from '../views.ts'

export const invitationCommands = {
  ...commandsOf(viewInvitation, {
    createInvitation: factRule(
      createInvitation,
      async (scope, input) => {
        const { organizationId, emailAddress } = input
        const addresses = [parseEmailAddress(emailAddress, 'email_address')]
        const [pending] = await pendingOf(scope, organizationId, addresses)
        const inviters = await invitersIn(scope, organizationId, invitersOf(input, [input]))
        return { ...(await organizationFactsOf(scope, organizationId)), pending, inviters }
      },
      { foresee: foreseeOrganization, actsIn: placeOf },
    ),
    revokeInvitation: {
      foresee: foreseeOrganization,
      actsIn: placeOf,
      decide: async (scope, input: RevokeInvitationInput) => {
        const { organizationId, requestingUserId } = input
        const asking = requestingUserId ? [requestingUserId] : []
        const requester = await invitersIn(scope, organizationId, asking)
        const facts = { ...(await factsOf(scope, input)), requester }
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
          const { organizationId, invitations } = input
          const pending = await pendingOf(scope, organizationId, parseAddresses(input))
          const inviters = await invitersIn(scope, organizationId, invitersOf(input, invitations))
          return { ...(await organizationFactsOf(scope, organizationId)), pending, inviters }
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
          const membership = await writer.membership(input.organizationId, input.userId)
          const isLimited = (facts.organization?.maxAllowedMemberships ?? 0) > 0
          const members = isLimited ? await writer.memberCount(input.organizationId) : 0
          return { ...facts, membership, members, invitations: await invitationsTo(scope, input) }
        },
        { foresee: foreseeMembership },
      ),
    },
  ),
}

export interface InvitationFilter {
  readonly organizationId: string
  /** Only those that stand so; none or undefined: all. */
  readonly statuses?: readonly InvitationStatus[] | undefined
}

export const invitationList: List<InvitationFilter, Invitation, InvitationView> = {
  read: ({ reader, now, input: { organizationId, statuses = [] } }, page) =>
    reader.invitations(organizationId, page, { statuses: statuses.length === 0 ? undefined : statuses, now }),
  viewPage: viewInvitations,
  cursorOf: ({ id }) => id,
}

/** An invitation of another organization is none of this one's. */
export async function findInvitation(
  reader: Reader,
  { organizationId, invitationId }: { readonly organizationId: string; readonly invitationId: string },
): Promise<Invitation | undefined> {
  const invitation = await reader.invitation(invitationId)
  return invitation?.organizationId === organizationId ? invitation : undefined
}

async function factsOf(
  { writer, expectUnchanged }: WriteScope,
  input: { readonly organizationId: string; readonly invitationId: string },
) {
  const invitation = await findInvitation(writer, input)
  expectUnchanged(invitation)
  return { organization: await writer.organization(input.organizationId), invitation }
}

async function organizationFactsOf({ writer, context }: WriteScope, organizationId: string) {
  const facts = await registrationOf(writer, organizationId)
  return { ...facts, ...(await occupancyOf(writer, facts.organization, context.now)) }
}

/** Of the users who are members. */
async function invitersIn(
  { writer, context }: WriteScope,
  organizationId: string,
  userIds: readonly string[],
): Promise<Membership[]> {
  const memberships: Membership[] = []
  for (const userId of userIds) {
    const user = { userId: parseId(userId, 'inviter_user_id'), place: wholeOf(organizationId) }
    memberships.push(...(await membershipsOf(writer, user, context.now)))
  }
  return memberships
}

async function pendingOf(
  { writer, context }: WriteScope,
  organizationId: string,
  addresses: readonly string[],
): Promise<Invitation[]> {
  const pending: Invitation[] = []
  for (const address of addresses) {
    const invitation = await writer.pendingInvitation({ organizationId }, address, context.now)
    if (invitation !== undefined) pending.push(invitation)
  }
  return pending
}
