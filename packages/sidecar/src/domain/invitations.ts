/**
 * Invitations: offers of a role. An invitation holds its role (rules 1 and 8) until it is accepted, revoked or expired. The
 * role is checked again on acceptance (rule 11).
 */

import { isPlainObject, onBehalf, put, quoted } from '@rolesets/core'
import type { Catalogue, Change, Invitation, InvitationStatus, Membership, Organization, Place } from '@rolesets/core'
import { checkMayGrant } from './acting.ts'
import { amend, newMembership, stampNew } from './amend.ts'
import { checkIsAvailable } from './availability.ts'
import { decided, decidedTo, impactOf, type Context, type Decided } from './decided.ts'
import { currentOf, replaceEnded, type MemberFacts, type Replacing } from './ends.ts'
import { invalid, parseEmailAddress, parseId, parseInvitationDays, parseNewId, parseRedirectUrl } from './fields.ts'
import { checkAreAvailable, findRoles, idsOf, parseRoleRefs, type GivenRoles } from './given-roles.ts'
import { endInvitations } from './invitees.ts'
import { membershipExists } from './memberships.ts'
import { parseNewMetadata, type MetadataInput } from './metadata.ts'
import { checkIsInOrganization, factsOfPlace, grantPlaceOf, nameOfPlace, type PlaceFacts } from './places.ts'
import { checkHasRoom, checkHasSeat, type Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown, type RegistrationFacts } from './registration.ts'
import { checkLimit } from './check-limit.ts'
import { parseScopeOrWhole } from './scopes.ts'

const dayMs = 24 * 60 * 60 * 1_000

export interface NewInvitation extends MetadataInput, GivenRoles {
  readonly emailAddress: string
  /** Empty or not given: unknown. */
  readonly inviterUserId?: string | undefined
  /** 1 to 365; 0 or not given: 30. */
  readonly expiresInDays?: number | undefined
  /** Absolute, http or https. Empty or not given: none. */
  readonly redirectUrl?: string | undefined
}

/** Whether the inviters must be able to manage the members of the organization (rule 18). */
interface Checking {
  readonly checkInviters?: boolean | undefined
}

export interface CreateInvitationsInput extends Checking {
  readonly organizationId: string
  /** Of all of them. Empty or not given: the organization as a whole. */
  readonly scope?: string | undefined
  readonly invitations: readonly NewInvitation[]
}

export type CreateInvitationInput = NewInvitation & Omit<CreateInvitationsInput, 'invitations'>

interface InvitationInput {
  readonly organizationId: string
  /** If given, the invitation must be into this place; empty: into the organization as a whole. */
  readonly scope?: string | undefined
  readonly invitationId: string
}

export interface RevokeInvitationInput extends InvitationInput {
  /** Must be able to manage the members of the organization (rule 18). Empty or not given: not checked. */
  readonly requestingUserId?: string | undefined
}

export interface AcceptInvitationInput extends InvitationInput {
  readonly userId: string
}

export interface Accepted {
  readonly invitation: Invitation
  readonly membership: Membership
}

interface InvitationFacts {
  readonly organization: Organization | undefined
  readonly invitation: Invitation | undefined
}

/** `inviters`: the memberships of the inviters, if they are to be checked (see `invitersOf`). */
type InvitingFacts = Occupancy & RegistrationFacts & PlaceFacts & { readonly inviters: readonly Membership[] }

/** The status at a time. Expiry is not written to the store, so the time decides. */
export function statusOf({ status, expiresAt }: Invitation, now: number): InvitationStatus {
  return status === 'pending' && expiresAt <= now ? 'expired' : status
}

/**
 * An organization that isn't in the store is first registered on the initial set, unless unknown ones are denied.
 * @param facts `pending`: the pending invitation of the address
 */
export function createInvitation(
  catalogue: Catalogue,
  input: CreateInvitationInput,
  facts: InvitingFacts & { readonly pending: Invitation | undefined },
  context: Context,
): Decided<Invitation> {
  const { organizationId, scope } = parsePlace(input)
  const drafts = [parseDraft(input, '')]
  const pending = facts.pending === undefined ? [] : [facts.pending]
  const { value, ...rest } = invite(
    catalogue,
    { ...input, organizationId, scope, drafts },
    { ...facts, pending },
    context,
  )
  // One draft makes one invitation.
  return { ...rest, value: value[0] as Invitation }
}

/**
 * All or none.
 * @param facts `pending`: the pending invitations of all of the addresses (see `parseAddresses`)
 * @returns the invitations in the order of the input
 */
export function createInvitations(
  catalogue: Catalogue,
  input: CreateInvitationsInput,
  facts: InvitingFacts & { readonly pending: readonly Invitation[] },
  context: Context,
): Decided<readonly Invitation[]> {
  const { organizationId, scope } = parsePlace(input)
  const drafts = parseItems(input).map(({ item, path }) => parseDraft(item, path))
  return invite(catalogue, { ...input, organizationId, scope, drafts }, facts, context)
}

/** The addresses of a call. The rule needs their pending invitations. Their number is limited. */
export function parseAddresses(input: CreateInvitationsInput): string[] {
  return parseItems(input).map(({ item, path }) => parseEmailAddress(item.emailAddress, `${path}email_address`))
}

/** The inviters whose memberships the rule needs. */
export function invitersOf({ checkInviters }: Checking, invitations: readonly NewInvitation[]): string[] {
  return checkInviters === true ? [...new Set(invitations.flatMap(({ inviterUserId }) => inviterUserId || []))] : []
}

/** @param facts `requester`: the memberships of the requesting user in the place of the invitation and in its organization */
export function revokeInvitation(
  catalogue: Catalogue,
  input: RevokeInvitationInput,
  facts: InvitationFacts & { readonly requester: readonly Membership[] },
  context: Context,
): Decided<Invitation> {
  const { requestingUserId } = input
  if (requestingUserId) {
    const field = 'requesting_user_id'
    const userId = parseId(requestingUserId, field)
    const { organizationId } = parsePlace(input)
    if (facts.organization === undefined) throw organizationNotFound(organizationId)
    const place = { organizationId, scope: facts.invitation?.scope ?? '' }
    const requester = { userId, place, memberships: facts.requester }
    checkMayGrant(catalogue, requester, [], { policy: 'any', field })
  }
  const { before } = findPending(input, facts, context)
  const revoked = decidedTo('invitation', before, amend(before, { status: 'revoked' }, context))
  return requestingUserId ? { ...revoked, changes: onBehalf(revoked.changes, requestingUserId) } : revoked
}

/**
 * Makes the user a member with the invitation's role and metadata, and ends other pending invitations to the user (rule 21).
 * An invitation into a scope can be accepted only by members of its organization (rule 15).
 * @param facts `members`: how many the organization has; `invitations`: the pending ones to the user in the place;
 *   `ofOrganization`: the membership of the user in the organization as a whole, where the invitation is into a scope
 */
export function acceptInvitation(
  catalogue: Catalogue,
  input: AcceptInvitationInput,
  facts: InvitationFacts &
    Pick<Occupancy, 'members'> &
    PlaceFacts &
    MemberFacts &
    Replacing & {
      readonly invitations: readonly Invitation[]
    },
  context: Context,
): Decided<Accepted> {
  const userId = parseNewId(input.userId, 'user_id')
  const { organization, before } = findPending(input, facts, context)
  const present = currentOf(before.scope, facts, context.now)
  if (present !== undefined) throw membershipExists(present)
  const { organizationId, scope, roleIds, publicMetadata, privateMetadata } = before
  checkIsInOrganization(before, facts.ofOrganization, { userId, now: context.now, field: 'user_id' })
  const place = grantPlaceOf(catalogue, { organization, scope }, facts)
  for (const id of roleIds) checkIsAvailable(catalogue, catalogue.roles.byId(id) ?? { id }, place, 'invitation_id')
  if (scope === '') checkHasSeat(organization, facts, 'invitation_id')
  const invitation = amend(before, { status: 'accepted', acceptedByUserId: userId }, context)
  const member = { organizationId, scope, userId, roleIds, publicMetadata, privateMetadata }
  const membership = newMembership(member, context)
  const others = facts.invitations.filter(({ id }) => id !== before.id)
  const replaced = replaceEnded(facts.membership, facts.left)
  const changes: Change[] = [put('invitation', invitation, before), ...replaced, put('membership', membership, null)]
  changes.push(...endInvitations(others, context))
  return decided(changes, { invitation, membership }, impactOf({ endedInvitations: others.length }))
}

/** @param place `scope`: not given where any scope of the organization would do */
export function invitationNotFound(
  { organizationId, scope = '' }: { readonly organizationId: string; readonly scope?: string | undefined },
  invitationId: string,
): Refusal {
  const place = { organizationId, scope }
  const message = `There is no invitation ${quoted(invitationId)} to ${nameOfPlace(place)}. Use the id of an invitation of this ${scope === '' ? 'organization' : 'scope'}.`
  const facts = { ...factsOfPlace(place), invitation: invitationId }
  return new Refusal('invitation_not_found', message, { field: 'invitation_id', facts })
}

/** Whether an invitation is one of those that a request can mean. */
export function isInvitationOf(
  invitation: Invitation | undefined,
  { organizationId, scope }: { readonly organizationId: string; readonly scope?: string | undefined },
): invitation is Invitation {
  return invitation?.organizationId === organizationId && (scope === undefined || invitation.scope === scope)
}

function parsePlace(input: { readonly organizationId: string; readonly scope?: string | undefined }): Place {
  const organizationId = parseId(input.organizationId, 'organization_id')
  return { organizationId, scope: parseScopeOrWhole(input.scope) }
}

/** An invitation of a request, parsed. */
type Draft = ReturnType<typeof parseDraft>

function parseItems({ invitations }: CreateInvitationsInput): { item: NewInvitation; path: string }[] {
  const field = 'invitations'
  if (!Array.isArray(invitations)) throw invalid(field, 'must be a list of invitations.')
  if (invitations.length === 0) throw invalid(field, 'is empty. Invite at least one address.')
  checkLimit('invitationsPerCallMax', invitations.length, { subject: `${field} has`, unit: 'entries', field })
  return Array.from(invitations as readonly NewInvitation[], (item, place) => {
    if (!isPlainObject(item)) throw invalid(`${field}[${place}]`, 'must be an object with fields.')
    return { item, path: `${field}[${place}].` }
  })
}

/** @param path where it stands in the request, for example `invitations[3].`; empty: it is the request */
function parseDraft(item: NewInvitation, path: string) {
  const { inviterUserId } = item
  return {
    path,
    emailAddress: parseEmailAddress(item.emailAddress, `${path}email_address`),
    refs: parseRoleRefs(item, path),
    inviterUserId: inviterUserId ? parseNewId(inviterUserId, `${path}inviter_user_id`) : '',
    days: parseInvitationDays(item.expiresInDays, `${path}expires_in_days`),
    redirectUrl: parseRedirectUrl(item.redirectUrl, `${path}redirect_url`),
    ...parseNewMetadata(item, path),
  }
}

function invite(
  catalogue: Catalogue,
  inviting: Checking & Place & { readonly drafts: readonly Draft[] },
  facts: InvitingFacts & { readonly pending: readonly Invitation[] },
  context: Context,
): Decided<Invitation[]> {
  const { organizationId, scope, drafts } = inviting
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts, context)
  const place = grantPlaceOf(catalogue, { organization, scope, isNew: changes.length > 0 }, facts)
  if (inviting.checkInviters === true) checkInviters(catalogue, inviting, facts)
  const items = drafts.map(({ refs, ...draft }) => ({ ...draft, roles: findRoles(catalogue, refs) }))
  checkAddressesAreFree(place, drafts, facts.pending)
  for (const { roles } of items) checkAreAvailable(catalogue, roles, place)
  // Who accepts an invitation into a scope is a member of the organization, and has a seat.
  if (scope === '')
    checkHasRoom(organization, facts, drafts.length, drafts[0]?.path === '' ? 'email_address' : 'invitations')
  const value = items.map(({ path: _path, roles, days, ...content }): Invitation => ({
    ...{ id: context.newId('orginv'), organizationId, scope, roleIds: idsOf(roles) },
    ...{ status: 'pending', acceptedByUserId: '' },
    ...{ expiresAt: context.now + days * dayMs, ...content, ...stampNew(context) },
  }))
  const made = value.flatMap((invitation): readonly Change[] => {
    const change = put('invitation', invitation, null)
    // Rule 18 was decided by the inviter.
    const isJudged = inviting.checkInviters === true && invitation.inviterUserId !== ''
    return isJudged ? onBehalf([change], invitation.inviterUserId) : [change]
  })
  return decided([...changes, ...made], value)
}

function checkInviters(
  catalogue: Catalogue,
  { organizationId, scope, drafts }: Place & { readonly drafts: readonly Draft[] },
  { inviters }: InvitingFacts,
): void {
  for (const { inviterUserId: userId, path } of drafts) {
    if (userId === '') continue
    const memberships = inviters.filter((inviter) => inviter.userId === userId)
    const inviter = { userId, place: { organizationId, scope }, memberships }
    checkMayGrant(catalogue, inviter, [], { policy: 'any', field: `${path}inviter_user_id` })
  }
}

/** An address has at most one pending invitation into a place, also within one call. */
function checkAddressesAreFree(place: Place, drafts: readonly Draft[], pending: readonly Invitation[]): void {
  const holders = new Map(pending.map(({ emailAddress, id }) => [foldAddress(emailAddress), id]))
  for (const { emailAddress, path } of drafts) {
    const address = foldAddress(emailAddress)
    const holder = holders.get(address)
    if (holder !== undefined) {
      const message = `${quoted(emailAddress)} already has a pending invitation to ${nameOfPlace(place)}: ${holder}. Revoke that invitation first, or wait until it is accepted.`
      const facts = { ...factsOfPlace(place), email_address: emailAddress, invitation: holder }
      throw new Refusal('invitation_exists', message, { field: `${path}email_address`, facts })
    }
    holders.set(address, path.replace(/\.$/, ''))
  }
}

function findPending(input: InvitationInput, facts: InvitationFacts, { now }: Context) {
  const { organizationId, scope } = parsePlace(input)
  const wanted = { organizationId, scope: input.scope === undefined ? undefined : scope }
  const invitationId = parseId(input.invitationId, 'invitation_id')
  const { organization, invitation: before } = facts
  if (organization === undefined) throw organizationNotFound(organizationId)
  if (!isInvitationOf(before, wanted)) throw invitationNotFound(wanted, invitationId)
  const status = statusOf(before, now)
  if (status === 'pending') return { organization, before }
  const message = `The invitation ${invitationId} isn't pending: it is ${status}. Create a new invitation.`
  const details = { ...factsOfPlace(before), invitation: invitationId, status }
  throw new Refusal('invitation_not_pending', message, { field: 'invitation_id', facts: details })
}

/** Folds ASCII letters only, as the storage does: the case of other letters depends on the locale. */
export function foldAddress(emailAddress: string): string {
  return emailAddress.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
