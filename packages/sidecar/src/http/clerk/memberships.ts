/** Memberships of one organization, and of all. */

import { z } from 'zod'
import type { OrganizationView, MembershipView } from '../../service/views.ts'
import { mergedMetadata, optionalMetadata, ordering, several, severalSigned, wholeNumber } from '../operation/fields.ts'
import { listing, writing, type Operation, type WriteScope } from '../operation/route.ts'
import { membershipQueryOf } from './membership-filters.ts'
import { membershipObject, representMembership } from './membership-object.ts'
import { inOrganization, organizationParams } from './organization-path.ts'

const path = '/organizations/{organization_id}/memberships'
const params = { ...organizationParams, user_id: z.string() }

/** Besides the time, Clerk sorts by facts of users. All that is known of a user here is the id. */
const membershipOrder = ordering('email_address', 'phone_number', 'first_name', 'last_name', 'username').transform(
  ({ field, descending }) => ({ field: field === 'created_at' ? field : ('user_id' as const), descending }),
)

const moment = wholeNumber({ min: 0, max: 8_640_000_000_000_000 }).optional()
const text = z.string().optional()

export const membershipOperations: readonly Operation[] = [
  listing('ListOrganizationMemberships', `GET ${path}`, {
    summary: 'Lists the members of an organization, by default the newest first',
    params: organizationParams,
    query: {
      order_by: membershipOrder,
      user_id: severalSigned.describe('These users; with - before an id, all but this one.'),
      email_address: several.describe('Compared with the user id.'),
      username: several.describe('Compared with the user id.'),
      phone_number: several.describe('Not stored: matches no member.'),
      web3_wallet: several.describe('Not stored: matches no member.'),
      role: several.describe('Keys or ids.'),
      query: text.describe('A part of the user id.'),
      email_address_query: text.describe('A part of the user id.'),
      username_query: text.describe('A part of the user id.'),
      phone_number_query: text.describe('Not stored: matches no member.'),
      name_query: text.describe('Not stored: matches no member.'),
      last_active_at_before: moment.describe('Not stored: matches no member.'),
      last_active_at_after: moment.describe('Not stored: matches no member.'),
      created_at_before: moment.describe('Unix milliseconds, of the membership.'),
      created_at_after: moment.describe('Unix milliseconds, of the membership.'),
    },
    response: membershipObject,
    fields: { user_ids: 'user_id' },
    handle: ({ organizationId, order, limit, offset, ...filters }, { service, call }) =>
      service.directory.memberships({ organizationId, ...membershipQueryOf(filters), order, limit, offset }, call),
    represent: representMembership,
  }),

  writing('CreateMembership', `POST ${path}`, {
    summary: "Makes a user a member, with a role of the organization's role set",
    params: organizationParams,
    body: z.object({
      user_id: z.string(),
      role: z.string().describe('Key.'),
      public_metadata: optionalMetadata,
      private_metadata: optionalMetadata,
    }),
    response: membershipObject,
    failures: [
      'already_a_member_in_organization',
      'organization_role_not_in_role_set',
      'organization_membership_quota_exceeded',
    ],
    handle: (input, scope) => inOrganization(scope.service.administration.createMembership, input, scope),
    represent,
  }),

  writing('UpdateMembership', `PATCH ${path}/{user_id}`, {
    summary: 'Gives a member another role',
    params,
    body: z.object({ role: z.string().describe('Key.') }),
    response: membershipObject,
    failures: ['organization_role_not_in_role_set'],
    handle: (input, scope) => inOrganization(scope.service.administration.updateMembership, input, scope),
    represent,
  }),

  writing('DeleteMembership', `DELETE ${path}/{user_id}`, {
    summary: 'Deletes a membership, and answers with it as it was',
    params,
    response: membershipObject,
    handle: (input, scope) => inOrganization(scope.service.administration.deleteMembership, input, scope),
    represent,
  }),

  writing('UpdateOrganizationMembershipMetadata', `PATCH ${path}/{user_id}/metadata`, {
    summary: 'Merges metadata into the present metadata, at every level; null removes a field',
    params,
    body: z.strictObject({ public_metadata: mergedMetadata, private_metadata: mergedMetadata }),
    response: membershipObject,
    handle: (input, scope) =>
      inOrganization(scope.service.administration.updateMembership, { ...input, mergeMetadata: true }, scope),
    represent,
  }),

  listing('ListInstanceOrganizationMemberships', 'GET /organization_memberships', {
    summary: 'Lists the memberships of all organizations, by default the newest first',
    query: { order_by: membershipOrder },
    response: membershipObject,
    handle: (input, { service, call }) => service.directory.memberships(input, call),
    represent: representMembership,
  }),
]

function represent(
  { organization, ...membership }: MembershipView & { readonly organization: OrganizationView },
  scope: WriteScope,
) {
  return representMembership({ membership, organization }, scope)
}
