/** Organizations, and moving them to another role set. */

import { initialRoleSetOf, put, quoted, wholeOf, type Catalogue, type Change, type Organization } from '@rolesets/core'
import { amend, newMembership, stampNew } from './amend.ts'
import { changed, decided, impactOf, isHeld, noImpact } from './decided.ts'
import type { Context, Decided, HolderCounts, OrganizationFacts } from './decided.ts'
import { parseFlag, parseId, parseNewId, parseMappings, parseOptionalFlag, parseOrganizationName } from './fields.ts'
import { parseQuota, parseSlug, parseTime } from './fields.ts'
import { checkIsForOrganizations, findWholeRoleSet } from './lookup.ts'
import { planMove, planRestoringMove, reassignMembers, type Mapped, type RestoringFacts } from './mappings.ts'
import { parseMetadataUpdate, parseNewMetadata, type MetadataInput, type MetadataUpdate } from './metadata.ts'
import { Refusal } from './refusal.ts'
import {
  checkCanBeRegistered,
  checkOrganizationsAreEnabled,
  nameTaken,
  organizationNotFound,
  ownSettings,
  register,
  type RegistrationFacts,
} from './registration.ts'

interface OrganizationFields {
  readonly name?: string | undefined
  /** Empty: none. Null, too. Of a new organization: none if it is not given. */
  readonly slug?: string | null | undefined
  /** Key or id. Empty or not given: it keeps its set, or a new organization is on the initial one. */
  readonly roleSet?: string | undefined
  /** Members and pending invitations together; 0: any number. Of a new organization: the value of the settings if it is not given. */
  readonly maxAllowedMemberships?: number | undefined
  /** Unix milliseconds. Of a new organization: now if it is not given. */
  readonly createdAt?: number | undefined
}

export interface CreateOrganizationInput extends OrganizationFields, MetadataInput {
  /** The application's own id. Empty or not given: an id is made. */
  readonly id?: string | undefined
  /** Id of the user who becomes a member with the set's creator role. Empty or not given: no user. */
  readonly createdBy?: string | undefined
}

export interface DeleteOrganizationInput {
  readonly organizationId: string
}

/** Without a move the mappings have no effect. */
export interface UpdateOrganizationInput extends OrganizationFields, DeleteOrganizationInput, Mapped, MetadataUpdate {
  readonly adminDeleteEnabled?: boolean | undefined
}

export interface AssignRoleSetInput extends DeleteOrganizationInput, Mapped {
  /** Key or id. */
  readonly roleSet: string
}

/**
 * Also brings back an id that was deleted (rule 20).
 * @param facts `existing`: the organization that has the id, or has it for its slug; `slugOwner`: the one that has the slug,
 *   or has it for its id
 */
export function createOrganization(
  catalogue: Catalogue,
  input: CreateOrganizationInput,
  facts: { readonly existing: Organization | undefined; readonly slugOwner: Organization | undefined },
  context: Context,
): Decided<Organization> {
  const givenId = isGiven(input.id) ? parseNewId(input.id, 'id') : undefined
  const name = parseOrganizationName(input.name ?? '')
  const slug = isGiven(input.slug) ? parseSlug(input.slug) : null
  const roleSet = isGiven(input.roleSet)
    ? findWholeRoleSet(catalogue, input.roleSet)
    : checkIsForOrganizations(initialRoleSetOf(catalogue), 'role_set')
  const createdBy = isGiven(input.createdBy) ? parseNewId(input.createdBy, 'created_by') : ''
  const metadata = parseNewMetadata(input)
  const own = { ...ownSettings(catalogue), ...parseOwn(input) }
  checkOrganizationsAreEnabled(catalogue, 'id')
  if (facts.existing) throw nameTaken('id', givenId ?? '', facts.existing)
  if (slug !== null) checkSlug(catalogue, slug, facts.slugOwner)
  const id = givenId ?? context.newId('org')
  const content = { id, name, slug, roleSetId: roleSet.id, createdBy, ...metadata }
  const organization: Organization = { ...content, ...stampNew(context), ...own }
  const made = put('organization', organization, null)
  if (createdBy === '') return decided([made], organization)
  const member = { ...wholeOf(id), userId: createdBy, roleIds: [roleSet.creatorRoleId] }
  const membership = newMembership({ ...member, publicMetadata: {}, privateMetadata: {} }, context)
  return decided([made, put('membership', membership, null)], organization)
}

/** @param facts `slugOwner`: the organization that has the new slug, or has it for its id; `usage`: the roles in use in the organization, for a move */
export function updateOrganization(
  catalogue: Catalogue,
  input: UpdateOrganizationInput,
  facts: OrganizationFacts & RestoringFacts & { readonly slugOwner: Organization | undefined },
  context: Context,
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  parseFlag(input.restoreFormerRoles, 'restore_former_roles')
  const name = input.name === undefined ? undefined : parseOrganizationName(input.name)
  const slug = isGiven(input.slug) ? parseSlug(input.slug) : input.slug === undefined ? undefined : null
  const metadata = parseMetadataUpdate(input)
  const adminDeleteEnabled = parseOptionalFlag(input.adminDeleteEnabled, 'admin_delete_enabled')
  const own = { ...parseOwn(input), adminDeleteEnabled }
  parseMappings(input.mappings, 'mappings')
  const destination = isGiven(input.roleSet) ? findWholeRoleSet(catalogue, input.roleSet) : undefined
  const before = facts.organization
  if (before === undefined) throw organizationNotFound(id)
  if (isGiven(slug)) checkSlug(catalogue, slug, facts.slugOwner?.id === id ? undefined : facts.slugOwner)
  const isMoving = destination !== undefined && destination.id !== before.roleSetId
  const { usage, restorable, scopes } = isMoving ? facts : { usage: [] }
  const move = { mappings: input.mappings, usage, restorable, organizations: isMoving ? 1 : 0, scopes }
  const plan = destination && planRestoringMove(catalogue, { ...move, destination }, context)
  const fields = { name, slug, roleSetId: destination?.id, ...own, ...metadata.of(before) }
  const organization = amend(before, fields, context)
  const reassigned = reassignMembers({ organizationId: id }, plan?.mapped ?? [])
  const moved = [...(plan?.restored.changes ?? []), ...reassigned]
  return decided([...moved, ...changed('organization', before, organization)], organization, plan?.impact ?? noImpact)
}

/** @param facts `usage`: the roles in use in it and its scopes, which end; `repeated`: how often holders of several are in it beyond once */
export function deleteOrganization(
  input: DeleteOrganizationInput,
  facts: OrganizationFacts & { readonly repeated?: HolderCounts },
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  const before = facts.organization
  if (before === undefined) throw organizationNotFound(id)
  const roles = facts.usage.filter(isHeld).map((usage) => ({ ...usage, toRoleId: null }))
  const { repeated = { members: 0, invitations: 0 } } = facts
  const members = roles.reduce((sum, role) => sum + role.members, 0) - repeated.members
  const invitations = roles.reduce((sum, role) => sum + role.invitations, 0) - repeated.invitations
  const changes: Change[] = [{ verb: 'deleted', thing: 'organization', before, members, invitations }]
  return decided(changes, before, impactOf({ organizations: 1, roles, repeated }))
}

/**
 * Moves an organization to another set. An organization that isn't in the store is registered by it, unless it was deleted.
 * @param facts `usage`: the roles in use in the organization
 */
export function assignRoleSet(
  catalogue: Catalogue,
  input: AssignRoleSetInput,
  facts: OrganizationFacts & RegistrationFacts & RestoringFacts,
  context: Context,
): Decided<Organization> {
  const id = parseId(input.organizationId, 'organization_id')
  parseFlag(input.restoreFormerRoles, 'restore_former_roles')
  const destination = findWholeRoleSet(catalogue, input.roleSet)
  const before = facts.organization
  if (before !== undefined) {
    const { mappings, restoreFormerRoles } = input
    const update = { organizationId: id, roleSet: destination.id, mappings, restoreFormerRoles }
    return updateOrganization(catalogue, update, { ...facts, slugOwner: undefined }, context)
  }
  checkCanBeRegistered(id, facts)
  // While unknown organizations follow the initial set, registering one on it changes nothing for its members.
  const isSameAsBefore = destination.type === 'initial' && context.unknownOrganizations === 'initial'
  const move = { destination, usage: [], organizations: isSameAsBefore ? 0 : 1, mappings: input.mappings }
  const impact = planMove(catalogue, move)
  const { changes, organization } = register(catalogue, id, destination, context)
  return decided(changes, organization, impact)
}

/** Only what is given. */
function parseOwn({ maxAllowedMemberships, createdAt }: OrganizationFields) {
  return {
    ...(maxAllowedMemberships !== undefined && { maxAllowedMemberships: parseQuota(maxAllowedMemberships) }),
    ...(createdAt !== undefined && { createdAt: parseTime(createdAt, 'created_at') }),
  }
}

function checkSlug({ settings }: Catalogue, slug: string, owner: Organization | undefined): void {
  if (settings.slugDisabled) {
    const message = `Slugs are switched off in the settings, so the slug ${quoted(slug)} can't be given. Leave it out, or switch slugs on first.`
    throw new Refusal('slugs_disabled', message, { field: 'slug', facts: { slug } })
  }
  if (owner !== undefined) throw nameTaken('slug', slug, owner)
}

function isGiven<T>(value: T): value is Exclude<NonNullable<T>, ''> {
  return value !== undefined && value !== null && value !== ''
}
