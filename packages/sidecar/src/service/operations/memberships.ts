/** Operations on memberships. */

import type { Membership, Organization } from '@rolesets/core'
import { createMembership, deleteMembership, updateMembership } from '../../domain/memberships.ts'
import { findRole } from '../../domain/lookup.ts'
import type { Foreseen, Reader, Writer } from '../../storage/store.ts'
import { invitationsFrom, invitationsTo } from './invitees.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { placeOf, registrationOf } from './organizations.ts'
import { viewMembership, type MembershipView } from '../views.ts'

export const membershipCommands = commandsOf(viewMembership, {
  createMembership: factRule(
    createMembership,
    async (scope, input) => {
      const { writer, context } = scope
      const facts = { ...(await factsOf(writer, input)), ...(await registrationOf(writer, input.organizationId)) }
      const occupancy = await occupancyOf(writer, facts.organization, context.now)
      return { ...facts, ...occupancy, invitations: await invitationsTo(scope, input) }
    },
    { foresee: foreseeMembership, actsIn: placeOf },
  ),
  updateMembership: factRule(updateMembership, presentFactsOf, { foresee: foreseeMembership, actsIn: placeOf }),
  deleteMembership: {
    foresee: foreseeMembership,
    actsIn: placeOf,
    decide: async (scope, input: Parameters<typeof deleteMembership>[0]) => {
      const { membership } = await presentFactsOf(scope, input)
      const facts = { membership, invitations: await invitationsTo(scope, input) }
      return deleteMembership(input, { ...facts, ...(await invitationsFrom(scope, input)) }, scope.context)
    },
    deletes: true,
  },
})

export interface MembershipFilter {
  readonly organizationId: string
  /** Only those with this role, by key or id. */
  readonly role?: string | undefined
}

export const membershipList: List<MembershipFilter, Membership, MembershipView> = {
  read: ({ reader, catalogue, input }, page) => {
    const roleId = input.role ? findRole(catalogue, input.role, 'role').id : undefined
    return reader.memberships(input.organizationId, page, { roleId })
  },
  view: viewMembership,
  cursorOf: ({ userId }) => userId,
}

/** How full an organization is. Counted only if it has a quota: most have none, and some have many members. */
export async function occupancyOf(reader: Reader, organization: Organization | undefined, now: number) {
  if (organization === undefined || organization.maxAllowedMemberships === 0)
    return { members: 0, pendingInvitations: 0 }
  return {
    members: await reader.memberCount(organization.id),
    pendingInvitations: await reader.pendingInvitationCount({ organizationId: organization.id }, now),
  }
}

type Member = Pick<Membership, 'organizationId' | 'userId'>

/** What `factsOf` reads. */
export function foreseeMembership({ organizationId, userId }: Pick<Membership, 'organizationId' | 'userId'>): Foreseen {
  return { organizationIds: [organizationId], memberships: [{ organizationId, userId }] }
}

async function factsOf(writer: Writer, { organizationId, userId }: Member) {
  return {
    organization: await writer.organization(organizationId),
    membership: await writer.membership(organizationId, userId),
  }
}

async function presentFactsOf({ writer, expectUnchanged }: WriteScope, member: Member) {
  const facts = await factsOf(writer, member)
  expectUnchanged(facts.membership)
  return facts
}
