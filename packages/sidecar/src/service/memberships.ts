/** Operations on memberships. */

import type { Membership, Organization } from '@rolesets/core'
import { createMembership, deleteMembership, updateMembership } from '../domain/memberships.ts'
import { findRole } from '../domain/lookup.ts'
import type { Foreseen, Reader, Writer } from '../storage/store.ts'
import { command, type List } from './operation.ts'
import { viewMembership, type MembershipView } from './views.ts'

export const membershipCommands = {
  createMembership: command({
    operation: 'CreateMembership',
    foresee: foreseeMembership,
    decide: async ({ writer, catalogue, context }, input: Parameters<typeof createMembership>[1]) => {
      const facts = await factsOf(writer, input)
      const occupancy = await occupancyOf(writer, facts.organization, context.now)
      return createMembership(catalogue, input, { ...facts, ...occupancy }, context)
    },
    view: viewMembership,
  }),

  updateMembership: command({
    operation: 'UpdateMembership',
    foresee: foreseeMembership,
    decide: async ({ writer, catalogue, context, expectUnchanged }, input: Parameters<typeof updateMembership>[1]) => {
      const facts = await factsOf(writer, input)
      expectUnchanged(facts.membership)
      return updateMembership(catalogue, input, facts, context)
    },
    view: viewMembership,
  }),

  deleteMembership: command({
    operation: 'DeleteMembership',
    foresee: foreseeMembership,
    decide: async ({ writer, expectUnchanged }, input: Parameters<typeof deleteMembership>[0]) => {
      const facts = await factsOf(writer, input)
      expectUnchanged(facts.membership)
      return deleteMembership(input, facts)
    },
    view: viewMembership,
    deletes: true,
  }),
}

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
    pendingInvitations: await reader.pendingInvitationCount(organization.id, now),
  }
}

interface Member {
  readonly organizationId: string
  readonly userId: string
}

/** What `factsOf` reads. */
export function foreseeMembership({ organizationId, userId }: Member): Foreseen {
  return { organizationIds: [organizationId], memberships: [{ organizationId, userId }] }
}

async function factsOf(writer: Writer, { organizationId, userId }: Member) {
  return {
    organization: await writer.organization(organizationId),
    membership: await writer.membership(organizationId, userId),
  }
}
