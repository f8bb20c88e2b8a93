/** Operations on invitations. */

import type { Invitation, InvitationStatus } from '@rolesets/core'
import { parseEmailAddress } from '../../domain/fields.ts'
import {
  acceptInvitation,
  createInvitation,
  createInvitations,
  parseAddresses,
  revokeInvitation,
  type Accepted,
} from '../../domain/invitations.ts'
import type { Reader } from '../../storage/store.ts'
import { foreseeMembership, occupancyOf } from './memberships.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { foreseeOrganization, registrationOf } from './organizations.ts'
import { viewInvitation, viewMembership, type InvitationView } from '../views.ts'

export const invitationCommands = {
  ...commandsOf(viewInvitation, {
    createInvitation: factRule(
      createInvitation,
      async (scope, { organizationId, emailAddress }) => {
        const addresses = [parseEmailAddress(emailAddress, 'email_address')]
        const [pending] = await pendingOf(scope, organizationId, addresses)
        return { ...(await organizationFactsOf(scope, organizationId)), pending }
      },
      { foresee: foreseeOrganization },
    ),
    revokeInvitation: {
      foresee: foreseeOrganization,
      decide: async (scope, input: Parameters<typeof revokeInvitation>[0]) =>
        revokeInvitation(input, await factsOf(scope, input), scope.context),
    },
  }),
  ...commandsOf(
    (invitations: readonly Invitation[], catalogue, now) =>
      invitations.map((invitation) => viewInvitation(invitation, catalogue, now)),
    {
      createInvitations: factRule(
        createInvitations,
        async (scope, input) => {
          const pending = await pendingOf(scope, input.organizationId, parseAddresses(input))
          return { ...(await organizationFactsOf(scope, input.organizationId)), pending }
        },
        { foresee: foreseeOrganization },
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
          return { ...facts, membership: await scope.writer.membership(input.organizationId, input.userId) }
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
  view: viewInvitation,
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

async function pendingOf(
  { writer, context }: WriteScope,
  organizationId: string,
  addresses: readonly string[],
): Promise<Invitation[]> {
  const pending: Invitation[] = []
  for (const address of addresses) {
    const invitation = await writer.pendingInvitation(organizationId, address, context.now)
    if (invitation !== undefined) pending.push(invitation)
  }
  return pending
}
