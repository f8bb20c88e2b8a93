/** Memberships: a role is given only if the organization's set has it (rule 1). */

import { type Catalogue, type Change, type Membership, type Organization, quoted, put, deleted } from '@rolesets/core'
import { amend, newMembership } from './amend.ts'
import { checkIsAvailable } from './availability.ts'
import { noImpact, type Context, type Decided } from './decided.ts'
import { parseId, parseRef } from './fields.ts'
import { findRole } from './lookup.ts'
import { parseMetadataUpdate, parseNewMetadata, type MetadataInput, type MetadataUpdate } from './metadata.ts'
import { checkHasRoom, type Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown } from './registration.ts'

export interface CreateMembership extends MetadataInput {
  readonly organizationId: string
  readonly userId: string
  /** Key or id. */
  readonly role: string
}

export interface UpdateMembership extends MetadataUpdate {
  readonly organizationId: string
  readonly userId: string
  /** Key or id. */
  readonly role?: string | undefined
}

export interface DeleteMembership {
  readonly organizationId: string
  readonly userId: string
}

interface Facts {
  readonly organization: Organization | undefined
  readonly membership: Membership | undefined
}

/** An organization that the store doesn't know is registered on the initial set first, unless those are denied (rule 3). */
export function createMembership(
  catalogue: Catalogue,
  input: CreateMembership,
  facts: Facts & Occupancy,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  parseRef(input.role, 'role')
  const metadata = parseNewMetadata(input)
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts.organization, context)
  const role = findRole(catalogue, input.role)
  if (facts.membership) throw membershipExists(facts.membership)
  checkIsAvailable(catalogue, role, organization)
  checkHasRoom(organization, facts, 1, 'user_id')
  const membership = newMembership({ organizationId, userId, roleId: role.id, ...metadata }, context)
  const change: Change = put('membership', membership, null)
  return { changes: [...changes, change], impact: noImpact, value: membership }
}

export function updateMembership(
  catalogue: Catalogue,
  input: UpdateMembership,
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
  if (role) checkIsAvailable(catalogue, role, facts.organization)
  const membership = amend(before, { roleId: role?.id, ...metadata.of(before) }, context)
  const changes: Change[] = membership === before ? [] : [put('membership', membership, before)]
  return { changes, impact: noImpact, value: membership }
}

export function deleteMembership(
  input: DeleteMembership,
  facts: { readonly membership: Membership | undefined },
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  const before = facts.membership
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  return { changes: [deleted('membership', before)], impact: noImpact, value: before }
}

function parseMember(input: { readonly organizationId: string; readonly userId: string }) {
  return {
    organizationId: parseId(input.organizationId, 'organization_id'),
    userId: parseId(input.userId, 'user_id'),
  }
}

export function membershipExists({ organizationId, userId }: Membership): Refusal {
  const message = `${quoted(userId)} is a member of ${quoted(organizationId)} already. Update the membership to change the role.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_exists', message, { field: 'user_id', facts })
}

export function membershipNotFound(organizationId: string, userId: string): Refusal {
  const message = `${quoted(userId)} is not a member of ${quoted(organizationId)}. Create the membership first.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_not_found', message, { field: 'user_id', facts })
}
