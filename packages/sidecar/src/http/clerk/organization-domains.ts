/**
 * Domains of organizations: Clerk's six operations, and one that enrolls a user. Clerk enrolls users by itself, because it
 * knows their addresses; here the application says who asks.
 */

import { z } from 'zod'
import { enrollmentModes, limits } from '@rolesets/core'
import type { DomainEntry } from '../../service/operations/directory.ts'
import { optional, optionalFlag, count, text, time } from '../operation/fields.ts'
import { exactText, optionalFlagFilter, ordering, severalSignedOf, severalWords } from '../operation/parameters.ts'
import { component, deletionOf, representing } from '../operation/represent.ts'
import { listing, writing, type Operation } from '../operation/route.ts'
import { membershipAnswer } from './membership-object.ts'
import { organizationParams } from './organization-path.ts'
import { publicOrganizationObject, representPublicOrganization } from './organization-object.ts'

const verification = component('OrganizationDomainVerification', {
  status: z.enum(['verified', 'unverified']),
  strategy: z.literal('manual_override'),
  attempts: z.null(),
  expire_at: z.null(),
  verified_at: time.nullable(),
})

const mode = z.enum(enrollmentModes)
const domainNameShown = { maxLength: limits.domainNameCharactersMax, format: 'hostname' }

const domainObject = component('OrganizationDomain', {
  object: z.literal('organization_domain'),
  id: z.string(),
  organization_id: z.string(),
  name: z.string(),
  enrollment_mode: mode,
  affiliation_email_address: z.null(),
  affiliation_verification: verification.describe('The application verifies domains.'),
  ownership_verification: verification.nullable().describe('Null: not verified by `verify_ownership`.'),
  verification: verification.describe('Deprecated: the same as `affiliation_verification`.'),
  total_pending_invitations: count.describe('Always 0: a domain invites no one by itself.'),
  total_pending_suggestions: count.describe('Always 0.'),
  public_organization_data: publicOrganizationObject,
  created_at: time,
  updated_at: time,
})

const represent = representing(domainObject)

function representDomain({ domain, organization }: DomainEntry) {
  const shown = verificationOf(domain.verified, null)
  const owner = domain.ownershipVerifiedAt
  return represent(domain, {
    organization_id: organization.id,
    affiliation_verification: shown,
    verification: shown,
    ownership_verification: owner === null ? null : verificationOf(true, owner),
    total_pending_invitations: 0,
    total_pending_suggestions: 0,
    public_organization_data: representPublicOrganization(organization),
  })
}

function verificationOf(isVerified: boolean, verifiedAt: number | null) {
  const status = isVerified ? ('verified' as const) : ('unverified' as const)
  const strategy = 'manual_override' as const
  return { status, strategy, attempts: null, expire_at: null, verified_at: verifiedAt }
}

const path = '/organizations/{organization_id}/domains'
const params = { ...organizationParams, domain_id: z.string() }
const answer = {
  response: domainObject,
  represent: representDomain,
  changedAt: ({ organization }: DomainEntry) => organization.revision,
} as const
const one = { ...answer, params } as const

const filters = {
  verified: optionalFlagFilter,
  enrollment_mode: severalSignedOf(...enrollmentModes).describe('With - before a mode, all but this one.'),
}

export const organizationDomainOperations: readonly Operation[] = [
  listing('ListOrganizationDomains', `GET ${path}`, {
    response: domainObject,
    represent: representDomain,
    summary: 'Lists the domains of an organization, the newest first',
    params: organizationParams,
    query: filters,
    fields: { enrollment_modes: 'enrollment_mode' },
    codes: { organization_not_found: 'form_param_value_invalid' },
    handle: (input, { service, call }) => service.directory.domains({ ...input, order: newestFirst }, call),
  }),

  writing('CreateOrganizationDomain', `POST ${path}`, {
    ...answer,
    summary: 'Adds a domain to an organization, by default a verified one',
    params: organizationParams,
    body: z.strictObject({
      name: text('domainNameCharactersMax').meta({ ...domainNameShown, description: 'For example `example.com`.' }),
      enrollment_mode: mode.optional().describe('Default: `manual_invitation`.'),
      verified: optionalFlag.describe('Default: true.'),
    }),
    failures: ['form_identifier_exists'],
    handle: (input, { service, call }) => service.administration.createOrganizationDomain(input, call),
  }),

  writing('UpdateOrganizationDomain', `PATCH ${path}/{domain_id}`, {
    ...one,
    summary: 'Updates a domain',
    body: z.strictObject({ enrollment_mode: optional(mode), verified: optionalFlag }),
    handle: (input, { service, call }) => service.administration.updateOrganizationDomain(input, call),
  }),

  writing('DeleteOrganizationDomain', `DELETE ${path}/{domain_id}`, {
    summary: 'Removes a domain from its organization; members stay',
    params,
    ...deletion(),
    handle: (input, { service, call }) => service.administration.deleteOrganizationDomain(input, call),
  }),

  writing('VerifyOrganizationDomainOwnership', `POST ${path}/{domain_id}/verify_ownership`, {
    ...one,
    summary: 'Notes that the application has verified the domain',
    handle: (input, { service, call }) => service.administration.verifyOrganizationDomainOwnership(input, call),
  }),

  writing('EnrollMember', `POST ${path}/{domain_id}/enroll`, {
    ...membershipAnswer,
    summary: 'An extension: makes a user with an address of the domain a member, with the default role of the settings',
    params,
    body: z.strictObject({
      user_id: text('id').describe('The application must know that the email address is the address of this user.'),
      email_address: text('emailAddressCharactersMax'),
    }),
    failures: [
      'already_a_member_in_organization',
      'organization_domain_not_enrolling',
      'organization_role_not_in_role_set',
      'organization_membership_quota_exceeded',
    ],
    fields: { role: '' },
    handle: async (input, { service: { administration }, call }) => {
      const { value: organization } = await administration.getOrganization(input.organizationId, call)
      const { value: membership, ...written } = await administration.enrollMember(input, call)
      return { ...written, value: membership && { membership, organization } }
    },
    changedAt: ({ membership }) => membership.revision,
  }),

  listing('ListAllOrganizationDomains', 'GET /organization_domains', {
    response: domainObject,
    represent: representDomain,
    summary: 'Lists the domains of all organizations, by default the newest first',
    query: {
      ...filters,
      organization_id: exactText,
      query: exactText.describe('Exactly the id of an organization, or a part of the name of a domain.'),
      domains: severalWords.describe('Exactly these names.'),
      order_by: ordering('name'),
    },
    fields: { names: 'domains', enrollment_modes: 'enrollment_mode' },
    codes: { organization_not_found: 'form_param_value_invalid' },
    handle: (input, { service, call }) => service.directory.domains(input, call),
  }),
]

const newestFirst = { field: 'created_at', descending: true } as const

function deletion() {
  const { response, represent: representDeletion } = deletionOf('organization_domain')
  return { response, represent: ({ domain }: DomainEntry) => representDeletion({ id: domain.id }) } as const
}
