/** Organizations and the set that each is on. */

import { amend, stampNew } from './amend.ts'
import { initialRoleSetOf, type Catalogue } from './catalogue.ts'
import type { Change } from './change.ts'
import { noImpact, type Context, type Decided, type RoleUsage } from './decided.ts'
import { parseId, parseOrganizationName, parseSlug } from './fields.ts'
import { findRoleSet } from './lookup.ts'
import { planReassignments, reassignMembers, resolveMappings } from './mappings.ts'
import { parseMetadata } from './metadata.ts'
import type { Membership, Metadata, Organization, RoleSet } from './model.ts'
import { Refusal } from './refusal.ts'
import { quoted } from './wording.ts'

export interface CreateOrganization {
  /** The application's own id. Empty or not given: one is made. */
  readonly id?: string | undefined
  readonly name?: string | undefined
  /** Empty or not given: none. */
  readonly slug?: string | null | undefined
  /** Key or id. Empty or not given: the initial set. */
  readonly roleSet?: string | undefined
  /** Id of the user who becomes a member with the set's creator role. Empty or not given: nobody does. */
  readonly createdBy?: string | undefined
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
}

export interface UpdateOrganization {
  readonly organizationId: string
  readonly name?: string | undefined
  /** Null or empty: none. */
  readonly slug?: string | null | undefined
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
}

export interface DeleteOrganization {
  readonly organizationId: string
}

export interface AssignRoleSet {
  readonly organizationId: string
  /** Key or id. */
  readonly roleSet: string
  /** Role to role, keys or ids. */
  readonly mappings?: Readonly<Record<string, string>> | undefined
}

/** @param facts `existing`: who has the id; `slugOwner`: who has the slug */
export function createOrganization(
  catalogue: Catalogue,
  input: CreateOrganization,
  facts: { readonly existing: Organization | undefined; readonly slugOwner: Organization | undefined },
  context: Context,
): Decided<Organization> {
  const givenId = isGiven(input.id) ? parseId(input.id, 'id') : undefined
  const name = parseOrganizationName(input.name ?? '')
  const slug = isGiven(input.slug) ? parseSlug(input.slug) : null
  const roleSet = isGiven(input.roleSet) ? findRoleSet(catalogue, input.roleSet) : initialRoleSetOf(catalogue)
  const creator = isGiven(input.createdBy) ? parseId(input.createdBy, 'created_by') : undefined
  const publicMetadata = parseMetadata(input.publicMetadata ?? {}, 'public_metadata')
  const privateMetadata = parseMetadata(input.privateMetadata ?? {}, 'private_metadata')
  if (facts.existing) throw taken('id', facts.existing.id, facts.existing)
  if (slug !== null && facts.slugOwner) throw taken('slug', slug, facts.slugOwner)
  const id = givenId ?? context.newId('org')
  const metadata = { publicMetadata, privateMetadata }
  const organization = { id, name, slug, roleSetId: roleSet.id, ...metadata, ...stampNew(context) }
  const changes: Change[] = [{ kind: 'organization_put', organization, before: null }]
  if (creator !== undefined) {
    const membership = creatorMembership(organization, { userId: creator, roleSet }, context)
    changes.push({ kind: 'membership_put', membership, before: null })
  }
  return { changes, impact: noImpact, value: organization }
}

/** @param facts `slugOwner`: who has the new slug */
export function updateOrganization(
  _catalogue: Catalogue,
  input: UpdateOrganization,
  facts: { readonly organization: Organization | undefined; readonly slugOwner: Organization | undefined },
  context: Context,
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  const name = input.name === undefined ? undefined : parseOrganizationName(input.name)
  const slug = parseNewSlug(input.slug)
  const metadata = parseNewMetadata(input)
  const before = facts.organization
  if (before === undefined) throw organizationNotFound(id)
  if (isGiven(slug) && facts.slugOwner && facts.slugOwner.id !== before.id) throw taken('slug', slug, facts.slugOwner)
  const organization = amend(before, { name, slug, ...metadata }, context)
  const changes: Change[] = organization === before ? [] : [{ kind: 'organization_put', organization, before }]
  return { changes, impact: noImpact, value: organization }
}

/** @param facts `members`: how many go with it */
export function deleteOrganization(
  input: DeleteOrganization,
  facts: { readonly organization: Organization | undefined; readonly members: number },
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  const before = facts.organization
  if (before === undefined) throw organizationNotFound(id)
  const changes: Change[] = [{ kind: 'organization_deleted', before, members: facts.members }]
  return { changes, impact: noImpact, value: before }
}

/**
 * Moves an organization to another set. One that the store doesn't know is registered by it.
 * @param facts `usage`: who holds which role in the organization
 */
export function assignRoleSet(
  catalogue: Catalogue,
  input: AssignRoleSet,
  facts: { readonly organization: Organization | undefined; readonly usage: readonly RoleUsage[] },
  context: Context,
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  const destination = findRoleSet(catalogue, input.roleSet)
  const mappings = resolveMappings(catalogue, input.mappings, destination)
  const before = facts.organization
  if (before === undefined) return registerOn(destination, id, context)
  const organization = amend(before, { roleSetId: destination.id }, context)
  if (organization === before) return { changes: [], impact: noImpact, value: before }
  const impacts = planReassignments(catalogue, facts.usage, { destination, mappings })
  const changes: Change[] = [
    ...reassignMembers({ organizationId: id }, impacts),
    { kind: 'organization_put', organization, before },
  ]
  return { changes, impact: { organizations: 1, roles: impacts }, value: organization }
}

/** An organization of which nothing is known but its id, as a first write about it makes it. */
export function newOrganization(id: string, roleSet: RoleSet, context: Context): Organization {
  const metadata = { publicMetadata: {}, privateMetadata: {} }
  return { id, name: '', slug: null, roleSetId: roleSet.id, ...metadata, ...stampNew(context) }
}

export function organizationNotFound(id: string): Refusal {
  const message = `There is no organization ${quoted(id)}. Create it, or assign it a role set, which registers it.`
  return new Refusal('organization_not_found', message, { field: 'organization_id', facts: { organization: id } })
}

export function parseNewMetadata(input: {
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
}) {
  const parse = (value: unknown, field: string) => (value === undefined ? undefined : parseMetadata(value, field))
  return {
    publicMetadata: parse(input.publicMetadata, 'public_metadata'),
    privateMetadata: parse(input.privateMetadata, 'private_metadata'),
  }
}

/** While unknown organizations follow the initial set, being registered on it changes nothing for them. */
function registerOn(roleSet: RoleSet, id: string, context: Context): Decided<Organization> {
  const organization = newOrganization(id, roleSet, context)
  const isSameAsBefore = roleSet.type === 'initial' && context.unknownOrganizations === 'initial'
  const impact = { organizations: isSameAsBefore ? 0 : 1, roles: [] }
  return { changes: [{ kind: 'organization_put', organization, before: null }], impact, value: organization }
}

function creatorMembership(
  organization: Organization,
  { userId, roleSet }: { userId: string; roleSet: RoleSet },
  context: Context,
): Membership {
  const ids = { id: context.newId('orgmem'), organizationId: organization.id, userId, roleId: roleSet.creatorRoleId }
  return { ...ids, publicMetadata: {}, privateMetadata: {}, ...stampNew(context) }
}

function parseNewSlug(value: unknown): string | null | undefined {
  if (value === undefined) return undefined
  return isGiven(value) ? parseSlug(value) : null
}

function isGiven<T>(value: T): value is Exclude<NonNullable<T>, ''> {
  return value !== undefined && value !== null && value !== ''
}

function taken(field: 'id' | 'slug', value: string, owner: Organization): Refusal {
  const message = `The ${field} ${quoted(value)} is taken by organization ${quoted(owner.id)}. Choose another one, or update that organization.`
  return new Refusal('key_taken', message, { field, facts: { [field]: value, organization: owner.id } })
}
