/** Operations on invitations. */

import type { Catalogue, Invitation, InvitationStatus } from '@rolesets/core'
import { parseEmailAddress } from '../domain/fields.ts'
import {
  acceptInvitation,
  createInvitation,
  createInvitations,
  parseAddresses,
  revokeInvitation,
  type Accepted,
} from '../domain/invitations.ts'
import type { Reader } from '../storage/store.ts'
import { foreseeMembership, occupancyOf } from './memberships.ts'
import { command, type List, type WriteScope } from './operation.ts'
import { foreseeOrganization } from './organizations.ts'
import { viewInvitation, viewMembership, type InvitationView, type MembershipView } from './views.ts'

export interface AcceptedView {
  readonly invitation: InvitationView
  readonly membership: MembershipView
}

export const invitationCommands = {
  createInvitation: command({
    operation: 'CreateInvitation',
    foresee: foreseeOrganization,
    decide: async (scope, input: Parameters<typeof createInvitation>[1]) => {
      const [pending] = await pendingOf(scope, input.organizationId, [
        parseEmailAddress(input.emailAddress, 'email_address'),
      ])
      const facts = { ...(await organizationFactsOf(scope, input.organizationId)), pending }
      return createInvitation(scope.catalogue, input, facts, scope.context)
    },
    view: viewInvitation,
  }),

  createInvitations: command({
    operation: 'CreateInvitations',
    foresee: foreseeOrganization,
    decide: async (scope, input: Parameters<typeof createInvitations>[1]) => {
      const pending = await pendingOf(scope, input.organizationId, parseAddresses(input))
      const facts = { ...(await organizationFactsOf(scope, input.organizationId)), pending }
      return createInvitations(scope.catalogue, input, facts, scope.context)
    },
    view: (invitations: readonly Invitation[], catalogue, now): readonly InvitationView[] =>
      invitations.map((invitation) => viewInvitation(invitation, catalogue, now)),
  }),

  revokeInvitation: command({
    operation: 'RevokeInvitation',
    foresee: foreseeOrganization,
    decide: async (scope, input: Parameters<typeof revokeInvitation>[0]) =>
      revokeInvitation(input, await factsOf(scope, input), scope.context),
    view: viewInvitation,
  }),

  acceptInvitation: command({
    operation: 'AcceptInvitation',
    foresee: foreseeMembership,
    decide: async (scope, input: Parameters<typeof acceptInvitation>[1]) => {
      const facts = await factsOf(scope, input)
      const membership = await scope.writer.membership(input.organizationId, input.userId)
      return acceptInvitation(scope.catalogue, input, { ...facts, membership }, scope.context)
    },
    view: ({ invitation, membership }: Accepted, catalogue: Catalogue, now: number): AcceptedView => ({
      invitation: viewInvitation(invitation, catalogue, now),
      membership: viewMembership(membership, catalogue),
    }),
  }),
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
  const organization = await writer.organization(organizationId)
  return { organization, ...(await occupancyOf(writer, organization, context.now)) }
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
