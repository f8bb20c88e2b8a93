/** Memberships: a role is given only if the organization's set has it (rule 1). */

import { amend, stampNew } from './amend.ts'
import { initialRoleSetOf, type Catalogue } from './catalogue.ts'
import type { Change } from './change.ts'
import { noImpact, type Context, type Decided } from './decided.ts'
import { parseId, parseRef } from './fields.ts'
import { findRole, sortByKey } from './lookup.ts'
import { parseMetadata } from './metadata.ts'
import type { Membership, Metadata, Organization, Role, RoleSet } from './model.ts'
import { newOrganization, organizationNotFound, parseNewMetadata } from './organizations.ts'
import { Refusal } from './refusal.ts'
import { listed, quoted } from './wording.ts'

export interface CreateMembership {
  readonly organizationId: string
  readonly userId: string
  /** Key or id. */
  readonly role: string
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
}

export interface UpdateMembership {
  readonly organizationId: string
  readonly userId: string
  /** Key or id. */
  readonly role?: string | undefined
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
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
  facts: Facts,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  parseRef(input.role, 'role')
  const publicMetadata = parseMetadata(input.publicMetadata ?? {}, 'public_metadata')
  const privateMetadata = parseMetadata(input.privateMetadata ?? {}, 'private_metadata')
  const isRegistered = facts.organization !== undefined
  if (!isRegistered && context.unknownOrganizations === 'deny') throw organizationNotFound(organizationId)
  const organization = facts.organization ?? newOrganization(organizationId, initialRoleSetOf(catalogue), context)
  const role = findRole(catalogue, input.role)
  if (facts.membership) throw membershipExists(facts.membership)
  checkIsAvailable(catalogue, role, organization)
  const metadata = { publicMetadata, privateMetadata }
  const id = context.newId('orgmem')
  const membership: Membership = { id, organizationId, userId, roleId: role.id, ...metadata, ...stampNew(context) }
  const changes: Change[] = isRegistered ? [] : [{ kind: 'organization_put', organization, before: null }]
  changes.push({ kind: 'membership_put', membership, before: null })
  return { changes, impact: noImpact, value: membership }
}

export function updateMembership(
  catalogue: Catalogue,
  input: UpdateMembership,
  facts: Facts,
  context: Context,
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  if (input.role !== undefined) parseRef(input.role, 'role')
  const metadata = parseNewMetadata(input)
  if (facts.organization === undefined) throw organizationNotFound(organizationId)
  const before = facts.membership
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  const role = input.role === undefined ? undefined : findRole(catalogue, input.role)
  if (role) checkIsAvailable(catalogue, role, facts.organization)
  const membership = amend(before, { roleId: role?.id, ...metadata }, context)
  const changes: Change[] = membership === before ? [] : [{ kind: 'membership_put', membership, before }]
  return { changes, impact: noImpact, value: membership }
}

export function deleteMembership(
  input: DeleteMembership,
  facts: { readonly membership: Membership | undefined },
): Decided<Membership> {
  const { organizationId, userId } = parseMember(input)
  const before = facts.membership
  if (before === undefined) throw membershipNotFound(organizationId, userId)
  return { changes: [{ kind: 'membership_deleted', before }], impact: noImpact, value: before }
}

function parseMember(input: { readonly organizationId: string; readonly userId: string }) {
  return {
    organizationId: parseId(input.organizationId, 'organization_id'),
    userId: parseId(input.userId, 'user_id'),
  }
}

function checkIsAvailable(catalogue: Catalogue, role: Role, organization: Organization): void {
  const roleSet = catalogue.roleSets.byId(organization.roleSetId)
  if (roleSet === undefined) throw new Error(`Invariant I5 is broken: ${organization.id} is on no role set.`)
  if (roleSet.roleIds.includes(role.id)) return
  const offered = listed(offeredKeys(catalogue, roleSet))
  const message = `${role.key} isn't in ${roleSet.key}, the role set of ${quoted(organization.id)}, which offers ${offered}. Choose one of these, add the role to the set, or move the organization to a set that has it.`
  const facts = { role: role.key, role_set: roleSet.key, organization: organization.id, offered }
  throw new Refusal('role_not_in_role_set', message, { field: 'role', facts })
}

function offeredKeys(catalogue: Catalogue, roleSet: RoleSet): string[] {
  const roles = roleSet.roleIds.flatMap((id) => catalogue.roles.byId(id) ?? [])
  return sortByKey(roles).map(({ key }) => key)
}

function membershipExists({ organizationId, userId }: Membership): Refusal {
  const message = `${quoted(userId)} is a member of ${quoted(organizationId)} already. Update the membership to change the role.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_exists', message, { field: 'user_id', facts })
}

export function membershipNotFound(organizationId: string, userId: string): Refusal {
  const message = `${quoted(userId)} is not a member of ${quoted(organizationId)}. Create the membership first.`
  const facts = { organization: organizationId, user: userId }
  return new Refusal('membership_not_found', message, { field: 'user_id', facts })
}
