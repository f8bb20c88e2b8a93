/** Memberships of one organization, and of all. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { OrganizationView, MembershipView } from '../../service/views.ts'
import { clearableMetadata, mergedMetadata, optional, text } from '../operation/fields.ts'
import { flag, ordering, orderShown } from '../operation/parameters.ts'
import { shownAs } from '../operation/shown-as.ts'
import { listing, writing, type Operation, type WriteScope } from '../operation/route.ts'
import { besideOthers } from '../operation/validation.ts'
import { filterNames, membershipFilters, membershipQueryOf } from './membership-filters.ts'
import { membershipAnswer } from './membership-object.ts'
import {
  endInBody,
  endNames,
  givenRoles,
  needsRole,
  needsRoleOrEnd,
  scopeFilter,
  scopeInBody,
  scopeInQuery,
} from './object-parts.ts'
import { inOrganization, organizationParams } from './organization-path.ts'

const path = '/organizations/{organization_id}/memberships'
const params = { ...organizationParams, user_id: z.string() }

/** Besides the time, Clerk sorts by facts of users. All that is known of a user here is the id. */
const factsOfUsers = ['email_address', 'phone_number', 'first_name', 'last_name', 'username'] as const
const membershipOrder = ordering(...factsOfUsers)
  .transform(({ field, descending }) => ({ field: field === 'created_at' ? field : ('user_id' as const), descending }))
  .meta(shownAs(orderShown(['created_at', ...factsOfUsers])))

export const revokeSentInvitations = flag.describe('An extension: also revoke the invitations that the user sent.')

const answer = {
  ...membershipAnswer,
  represent: (
    { organization, ...membership }: MembershipView & { readonly organization: OrganizationView },
    scope: WriteScope,
  ) => membershipAnswer.represent({ membership, organization }, scope),
} as const
const one = { ...answer, params } as const

export const membershipOperations: readonly Operation[] = [
  listing('ListOrganizationMemberships', `GET ${path}`, {
    ...membershipAnswer,
    summary: 'Lists the members of an organization, by default the newest first',
    params: organizationParams,
    query: { order_by: membershipOrder, scope: scopeFilter, ...membershipFilters },
    fields: filterNames,
    codes: { organization_not_found: 'form_param_value_invalid' },
    handle: ({ organizationId, scope, order, limit, offset, ...filters }, { service, call }) =>
      service.directory.memberships(
        { organizationId, scope, ...membershipQueryOf(filters), order, limit, offset },
        call,
      ),
  }),

  writing('CreateMembership', `POST ${path}`, {
    onBehalf: true,
    ...answer,
    summary: "Makes a user a member, with a role of the organization's role set",
    params: organizationParams,
    body: z
      .strictObject({
        user_id: text('id'),
        scope: scopeInBody,
        ...givenRoles,
        email_addresses: optional(
          z.array(text('emailAddressCharactersMax')).max(limits.emailAddressesPerUserMax),
        ).describe('An extension: addresses of the user, pending invitations to which end.'),
        expires_at: endInBody,
        public_metadata: clearableMetadata,
        private_metadata: clearableMetadata,
      })
      .superRefine(needsRole, besideOthers),
    fields: endNames,
    failures: [
      'already_a_member_in_organization',
      'organization_role_not_in_role_set',
      'organization_membership_quota_exceeded',
    ],
    handle: (input, scope) => inOrganization(scope.service.administration.createMembership, input, scope),
  }),

  writing('UpdateMembership', `PATCH ${path}/{user_id}`, {
    onBehalf: true,
    endsAdministrators: true,
    ...one,
    summary: 'Gives a member another role, or others, which replace all, or the membership another end',
    query: { scope: scopeInQuery },
    body: z.strictObject({ ...givenRoles, expires_at: endInBody }).superRefine(needsRoleOrEnd, besideOthers),
    fields: endNames,
    failures: ['organization_minimum_permissions_needed', 'organization_role_not_in_role_set'],
    handle: (input, scope) => inOrganization(scope.service.administration.updateMembership, input, scope),
  }),

  writing('DeleteMembership', `DELETE ${path}/{user_id}`, {
    onBehalf: true,
    endsAdministrators: true,
    failures: ['organization_minimum_permissions_needed'],
    ...one,
    summary: 'Deletes a membership, and answers with it as it was. Pending invitations to the user end',
    query: { scope: scopeInQuery, revoke_sent_invitations: revokeSentInvitations },
    handle: (input, scope) => inOrganization(scope.service.administration.deleteMembership, input, scope),
  }),

  writing('UpdateOrganizationMembershipMetadata', `PATCH ${path}/{user_id}/metadata`, {
    onBehalf: true,
    ...one,
    summary: 'Merges metadata into the present metadata, at every level; null removes a field',
    query: { scope: scopeInQuery },
    body: z.strictObject({ public_metadata: mergedMetadata, private_metadata: mergedMetadata }),
    handle: (input, scope) =>
      inOrganization(scope.service.administration.updateMembership, { ...input, mergeMetadata: true }, scope),
  }),

  listing('ListInstanceOrganizationMemberships', 'GET /organization_memberships', {
    ...membershipAnswer,
    summary: 'Lists the memberships of all organizations, by default the newest first',
    query: { order_by: membershipOrder, scope: scopeFilter },
    handle: (input, { service, call }) => service.directory.memberships(input, call),
  }),
]
