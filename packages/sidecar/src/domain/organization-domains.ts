/**
 * Domains of organizations: users with an address of a verified domain can be enrolled. A domain is a part of its
 * organization, and goes with it. The application verifies it and says who asks: Rolesets knows no addresses of users.
 */

import { put, quoted, type Catalogue, type EnrollmentMode, type Membership } from '@rolesets/core'
import { enrollmentModes, initialRoleSetOf, type Organization, type OrganizationDomain } from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { decided, type Context, type Decided } from './decided.ts'
import { invalid, parseDomainName, parseEmailAddress, parseId, parseOptionalFlag } from './fields.ts'
import { createMembership } from './memberships.ts'
import type { Occupancy } from './quota.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound } from './registration.ts'

export interface CreateDomainInput {
  readonly organizationId: string
  /** As in an address: `example.com`. Its case doesn't count. */
  readonly name: string
  /** Not given: `manual_invitation`. */
  readonly enrollmentMode?: EnrollmentMode | undefined
  /** Not given: true. The application has verified it. */
  readonly verified?: boolean | undefined
}

export interface DeleteDomainInput {
  readonly organizationId: string
  readonly domainId: string
}

/** Fields that are not given stay as they are. */
export interface UpdateDomainInput extends DeleteDomainInput {
  readonly enrollmentMode?: EnrollmentMode | undefined
  readonly verified?: boolean | undefined
}

export interface EnrollMemberInput extends DeleteDomainInput {
  readonly userId: string
  /** The application must know that the address is the address of this user. */
  readonly emailAddress: string
}

export interface DomainFacts {
  readonly organization: Organization | undefined
}

/** As `Choice` in the storage. */
interface Chosen {
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/** Conditions of a list. All given ones must hold. */
export interface DomainQuery {
  readonly organizationId?: string | undefined
  readonly verified?: boolean | undefined
  readonly enrollmentModes?: Chosen | undefined
  /** In lower case. */
  readonly names?: readonly string[] | undefined
  /** Exactly the id of the organization, or a part of the name. */
  readonly text?: string | undefined
}

/** Of a write: the domain as it is or, deleted, as it was, and its organization afterwards. */
export interface DomainOfOrganization {
  readonly domain: OrganizationDomain
  readonly organization: Organization
}

export function createOrganizationDomain(
  catalogue: Catalogue,
  input: CreateDomainInput,
  facts: DomainFacts,
  context: Context,
): Decided<DomainOfOrganization> {
  const name = parseDomainName(input.name, 'name')
  const enrollmentMode = parseMode(catalogue, input.enrollmentMode) ?? 'manual_invitation'
  const verified = parseOptionalFlag(input.verified, 'verified') ?? true
  const organization = organizationOf(input, facts)
  const domains = domainsOf(organization)
  const taken = domains.find((each) => each.name === name)
  if (taken !== undefined) {
    const message = `The organization ${quoted(organization.id)} has the domain ${name} already: ${taken.id}. Update that one.`
    throw new Refusal('key_taken', message, { field: 'name', facts: { name, domain: taken.id } })
  }
  const unit = { subject: 'The organization would have', unit: 'domains', field: 'name' }
  checkLimit('domainsPerOrganizationMax', domains.length + 1, unit)
  const times = { ownershipVerifiedAt: null, createdAt: context.now, updatedAt: context.now }
  const domain = { id: context.newId('orgdmn'), name, enrollmentMode, verified, ...times }
  return written(organization, domain, { domains: [...domains, domain], context })
}

export function updateOrganizationDomain(
  catalogue: Catalogue,
  input: UpdateDomainInput,
  facts: DomainFacts,
  context: Context,
): Decided<DomainOfOrganization> {
  const enrollmentMode = parseMode(catalogue, input.enrollmentMode)
  const verified = parseOptionalFlag(input.verified, 'verified')
  const found = findDomain(input, facts)
  // A domain that is not verified any more has lost the proof of its owner, too.
  const owner = verified === false ? { ownershipVerifiedAt: null } : {}
  const fields = { enrollmentMode, verified, ...owner }
  return amended(found, fields, context)
}

/** On a domain whose owner is verified it changes nothing. */
export function verifyOrganizationDomainOwnership(
  _catalogue: Catalogue,
  input: DeleteDomainInput,
  facts: DomainFacts,
  context: Context,
): Decided<DomainOfOrganization> {
  const found = findDomain(input, facts)
  const ownershipVerifiedAt = found.domain.ownershipVerifiedAt ?? context.now
  return amended(found, { verified: true, ownershipVerifiedAt }, context)
}

export function deleteOrganizationDomain(
  _catalogue: Catalogue,
  input: DeleteDomainInput,
  facts: DomainFacts,
  context: Context,
): Decided<DomainOfOrganization> {
  const { organization, domain } = findDomain(input, facts)
  const domains = domainsOf(organization).filter(({ id }) => id !== domain.id)
  return written(organization, domain, { domains, context })
}

/**
 * Makes a user a member by the address: with the default role of the settings, which the organization's role set must have.
 */
export function enrollMember(
  catalogue: Catalogue,
  input: EnrollMemberInput,
  facts: DomainFacts & Occupancy & Parameters<typeof createMembership>[2],
  context: Context,
): Decided<Membership> {
  const userId = parseId(input.userId, 'user_id')
  const address = parseEmailAddress(input.emailAddress, 'email_address')
  const { organization, domain } = findDomain(input, facts)
  checkEnrolls(catalogue, domain)
  const ending = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  if (ending !== domain.name)
    throw invalid('email_address', `is ${quoted(address)}, which isn't an address of the domain ${domain.name}.`)
  const role = initialRoleSetOf(catalogue).defaultRoleId
  const member = { organizationId: organization.id, userId, role, emailAddresses: [address] }
  return createMembership(catalogue, member, facts, context)
}

function domainsOf({ domains = [] }: Organization): readonly OrganizationDomain[] {
  return domains
}

function domainNotFound(organizationId: string, domainId: string): Refusal {
  const message = `The organization ${quoted(organizationId)} has no domain ${quoted(domainId)}. Use an id that its list of domains shows.`
  return new Refusal('domain_not_found', message, { field: 'domain_id', facts: { organization: organizationId } })
}

function checkEnrolls({ settings }: Catalogue, { name, verified, enrollmentMode }: OrganizationDomain): void {
  const problem = settings.domainsEnabled
    ? !verified
      ? 'it is not verified. Verify it first'
      : enrollmentMode === 'automatic_invitation' || enrollmentMode === 'automatic_suggestion'
        ? undefined
        : `its enrollment mode is ${enrollmentMode}. Set it to automatic_invitation or automatic_suggestion`
    : 'domains are switched off in the settings. Switch them on first'
  if (problem === undefined) return
  const message = `The domain ${name} enrolls no members: ${problem}, or invite the user.`
  throw new Refusal('domain_not_enrolling', message, { field: 'domain_id', facts: { domain: name } })
}

/** The settings can say which modes there are; while they name none, all are allowed. */
function parseMode({ settings }: Catalogue, value: unknown): EnrollmentMode | undefined {
  if (value === undefined) return undefined
  const allowed = settings.domainsEnrollmentModes
  const mode = enrollmentModes.find((each) => each === value)
  if (mode !== undefined && (allowed.length === 0 || allowed.includes(mode))) return mode
  const known = allowed.length === 0 ? enrollmentModes : allowed
  throw invalid('enrollment_mode', `must be one of ${known.join(', ')}.`)
}

function organizationOf({ organizationId }: { readonly organizationId: string }, { organization }: DomainFacts) {
  const id = parseId(organizationId, 'organization_id')
  if (organization === undefined) throw organizationNotFound(id)
  return organization
}

function findDomain(input: DeleteDomainInput, facts: DomainFacts): DomainOfOrganization {
  const organization = organizationOf(input, facts)
  const domain = domainsOf(organization).find(({ id }) => id === input.domainId)
  if (domain === undefined) throw domainNotFound(organization.id, input.domainId)
  return { organization, domain }
}

function amended(
  { organization, domain: before }: DomainOfOrganization,
  fields: { readonly [Name in keyof OrganizationDomain]?: OrganizationDomain[Name] | undefined },
  context: Context,
): Decided<DomainOfOrganization> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const after = { ...before, ...(Object.fromEntries(given) as Partial<OrganizationDomain>) }
  const isSame = given.every(([name, value]) => Reflect.get(before, name) === value)
  if (isSame) return decided([], { organization, domain: before })
  const domain = { ...after, updatedAt: context.now }
  const domains = domainsOf(organization).map((each) => (each.id === domain.id ? domain : each))
  return written(organization, domain, { domains, context })
}

function written(
  before: Organization,
  domain: OrganizationDomain,
  { domains, context }: { readonly domains: readonly OrganizationDomain[]; readonly context: Context },
): Decided<DomainOfOrganization> {
  const organization = { ...before, domains, updatedAt: context.now, revision: context.revision }
  return decided([put('organization', organization, before)], { organization, domain })
}
