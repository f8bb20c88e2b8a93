/** Memberships: a role is given only if the organization's set has it (rule 1). */

import { assignmentOf, deleted, put, quoted, type Catalogue, type Membership, type Organization } from '@rolesets/core'
import { amend, newMembership } from './amend.ts'
import { checkIsAvailable } from './availability.ts'
import { decided, decidedTo, type Context, type Decided } from './decided.ts'
import { parseId, parseNewId, parseRef } from './fields.ts'
import { findRole } from './lookup.ts'
import { parseMetadataUpdate, parseNewMetadata, type MetadataInput, type MetadataUpdate } from './metadata.ts'
import { checkHasRoom, type Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown } from './registration.ts'

export interface DeleteMembershipInput {
  readonly organizationId: string
  readonly userId: string
}

export interface CreateMembershipInput extends DeleteMembershipInput, MetadataInput {
  /** Key or id. */
  readonly role: string
}

export interface UpdateMembershipInput extends DeleteMembershipInput, MetadataUpdate {
  /** Key or id. */
  readonly role?: string | undefined
}

interface Facts {
  readonly organization: Organization | undefined
  readonly membership: Membership | undefined
}

/** An organization that isn't in the store is first registered on the initial set, unless unknown ones are denied (rule 3). */
export function createMembership(
  catalogue: Catalogue,
  input: CreateMembershipInput,
  facts: Facts & Occupancy,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  parseNewId(userId, 'user_id')
  parseRef(input.role, 'role')
  const metadata = parseNewMetadata(input)
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts.organization, context)
  const role = findRole(catalogue, input.role)
  if (facts.membership) throw membershipExists(facts.membership)
  checkIsAvailable(catalogue, role, { ...assignmentOf(organization), isNew: changes.length > 0 })
  checkHasRoom(organization, facts, 1, 'user_id')
  const membership = newMembership({ organizationId, userId, roleId: role.id, ...metadata }, context)
  return decided([...changes, put('membership', membership, null)], membership)
}

export function updateMembership(
  catalogue: Catalogue,
  input: UpdateMembershipInput,
  facts: Facts,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  if (input.role !== undefined) parseRef(input.role, 'role')
  const metadata = parseMetadataUpdate(input)
  if (facts.organization === undefined) throw organizationNotFound(organizationId)
  const before = facts.membership
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  const role = input.role === undefined ? undefined : findRole(catalogue, input.role)
  if (role) checkIsAvailable(catalogue, role, assignmentOf(facts.organization))
  return decidedTo('membership', before, amend(before, { roleId: role?.id, ...metadata.of(before) }, context))
}

export function deleteMembership(
  input: DeleteMembershipInput,
  { membership: before }: Pick<Facts, 'membership'>,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  return decided([deleted('membership', before)], before)
}

function parseMember(input: DeleteMembershipInput) {
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
