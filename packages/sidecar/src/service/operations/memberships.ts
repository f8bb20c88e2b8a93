/** Operations on memberships. */

import { everyScope, limits, type Membership, type Organization } from '@rolesets/core'
import { createMembership, deleteMembership, updateMembership } from '../../domain/memberships.ts'
import { currentOf } from '../../domain/ends.ts'
import { findRole } from '../../domain/lookup.ts'
import type { Foreseen, MemberKey, Reader, Writer } from '../../storage/store.ts'
import { invitationsFrom, invitationsTo } from './invitees.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import { ownRoleSetId, placeOf, registrationOf } from './organizations.ts'
import { viewMembership, type MembershipView } from '../views.ts'

const pageSize = 1_000

export const membershipCommands = commandsOf(viewMembership, {
  createMembership: factRule(
    createMembership,
    async (scope, input) => {
      const { writer, context } = scope
      const facts = { ...(await factsOf(writer, input)), ...(await registrationOf(writer, input.organizationId)) }
      const left = facts.membership === undefined ? [] : await membershipsInScopes(scope, input)
      const occupancy = input.scope ? nobody : await occupancyOf(writer, facts.organization, context.now)
      return { ...facts, ...occupancy, left, invitations: await invitationsTo(scope, input) }
    },
    { foresee: foreseeMembership, actsIn: placeOf },
  ),
  updateMembership: factRule(updateMembership, presentFactsOf, { foresee: foreseeMembership, actsIn: placeOf }),
  deleteMembership: {
    foresee: foreseeMembership,
    actsIn: placeOf,
    decide: async (scope, input: Parameters<typeof deleteMembership>[0]) => {
      const { membership, ofOrganization } = await presentFactsOf(scope, input)
      const ending = { ...input, scope: input.scope || everyScope }
      const facts = { membership, ofOrganization, inScopes: await membershipsInScopes(scope, input) }
      const invitations = await invitationsTo(scope, ending)
      return deleteMembership(
        input,
        { ...facts, invitations, ...(await invitationsFrom(scope, ending)) },
        scope.context,
      )
    },
    deletes: true,
  },
})

export interface MembershipFilter {
  /** Empty, if a user is given: all organizations. */
  readonly organizationId: string
  /** `*`: the organization as a whole and all of its scopes. Empty or not given: the organization as a whole. */
  readonly scope?: string | undefined
  /** Only those of this user. Empty or not given: of all. */
  readonly userId?: string | undefined
  /** Only those with this role, by key or id. */
  readonly role?: string | undefined
}

/** In one place. */
export const membershipList: List<MembershipFilter, Membership, MembershipView> = {
  read: ({ reader, catalogue, now, input: { organizationId, scope, role } }, page) => {
    const roleId = role ? findRole(catalogue, role, 'role').id : undefined
    return reader.memberships(organizationId, page, { roleId, scope, now })
  },
  view: viewMembership,
  cursorOf: ({ userId }) => userId,
}

/** In several places: of an organization, or of a user. */
export const membershipsOfPlaces: List<MembershipFilter, Membership, MembershipView> = {
  read: ({ reader, catalogue, now, input: { organizationId, scope = '', userId, role } }, { size, after }) => {
    const roleId = role ? findRole(catalogue, role, 'role').id : undefined
    const query = { organizationId: organizationId || undefined, scope, userId: userId || undefined, roleId, now }
    return reader.membershipsOfPlaces(query, { size, after: after === undefined ? undefined : keyOfCursor(after) })
  },
  view: viewMembership,
  // Ids and keys hold no line breaks.
  cursorOf: ({ organizationId, scope, userId }) => [organizationId, scope, userId].join('\n'),
}

function keyOfCursor(cursor: string): MemberKey {
  const [organizationId = '', scope = '', userId = ''] = cursor.split('\n')
  return { organizationId, scope, userId }
}

const nobody = { members: 0, pendingInvitations: 0 }

/** How full an organization is. Counted only if it has a quota: most have none, and some have many members. */
export async function occupancyOf(reader: Reader, organization: Organization | undefined, now: number) {
  if (organization === undefined || organization.maxAllowedMemberships === 0) return nobody
  return {
    members: await reader.memberCount({ organizationId: organization.id }, now),
    pendingInvitations: await reader.pendingInvitationCount({ organizationId: organization.id }, now),
  }
}

type Member = Parameters<typeof foreseeMembership>[0]

/** What `factsOf` reads. */
export function foreseeMembership({
  organizationId,
  scope = '',
  userId,
}: {
  readonly organizationId: string
  readonly scope?: string | undefined
  readonly userId: string
}): Foreseen {
  const inScope = scope === '' ? [] : [{ organizationId, scope, userId }]
  return { organizationIds: [organizationId], memberships: [{ organizationId, userId }, ...inScope] }
}

/** `ofOrganization`: of a place that is a scope, the membership of its organization as a whole. */
async function factsOf(writer: Writer, { organizationId, scope = '', userId }: Member) {
  const organization = await writer.organization(organizationId)
  const whole = await writer.membership(organizationId, userId)
  if (scope === '') return { organization, membership: whole, ofOrganization: undefined }
  const membership = await writer.membership(organizationId, userId, scope)
  return { organization, membership, ofOrganization: whole, own: await ownRoleSetId(writer, { organizationId, scope }) }
}

async function presentFactsOf({ writer, context, expectUnchanged }: WriteScope, member: Member) {
  const facts = await factsOf(writer, member)
  expectUnchanged(currentOf(member.scope ?? '', facts, context.now))
  return facts
}

/** Undefined: the user isn't a member of the place at this time. */
export async function currentMembership(
  reader: Reader,
  { organizationId, scope, userId }: MemberKey,
  now: number,
): Promise<Membership | undefined> {
  const whole = await reader.membership(organizationId, userId)
  const membership = scope === '' ? whole : await reader.membership(organizationId, userId, scope)
  return currentOf(scope, { membership, ofOrganization: whole }, now)
}

/**
 * The memberships that end with that of an organization as a whole, also those that are over already. At most one more than a
 * rule ends at once.
 */
export async function membershipsInScopes(
  { writer, catalogue }: WriteScope,
  member: Member,
): Promise<readonly Membership[]> {
  // There are no scopes, so nobody needs to wait for them to be read.
  if (member.scope || catalogue.scopeKinds.size === 0) return []
  const { organizationId, userId } = member
  const found: Membership[] = []
  for (let after: MemberKey = { organizationId, scope: '', userId }; found.length <= limits.endsPerCallMax;) {
    const query = { organizationId, userId, scope: everyScope }
    const some = await writer.membershipsOfPlaces(query, { size: pageSize, after })
    found.push(...some)
    const last = some.at(-1)
    if (last === undefined || some.length < pageSize) break
    after = last
  }
  return found
}
