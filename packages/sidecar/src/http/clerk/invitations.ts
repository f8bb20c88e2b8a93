/** Invitations of one organization, and of all. The application sends them, and accepts them for a user that it knows. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { InvitationEntry } from '../../service/operations/directory.ts'
import { clearableMetadata, clearableText, number, optional, optionalFlag, text } from '../operation/fields.ts'
import { exactText, ordering, severalOf } from '../operation/parameters.ts'
import { failure } from '../operation/envelope.ts'
import { inRulesWords } from '../operation/names.ts'
import { listing, listObject, reading, writing, type Operation } from '../operation/route.ts'
import { besideOthers } from '../operation/validation.ts'
import { invitationAnswer as answer, invitationOfOrganizationAnswer } from './invitation-object.ts'
import { membershipAnswer } from './membership-object.ts'
import { givenRoles, needsRole, scopeFilter, scopeInBody, scopeOfInvitation } from './object-parts.ts'
import { inOrganization, organizationParams } from './organization-path.ts'

const path = '/organizations/{organization_id}/invitations'
const params = { ...organizationParams, invitation_id: z.string() }
const one = { ...answer, params } as const
const listed = {
  ...answer,
  params: organizationParams,
  represent: ({ invitation }: InvitationEntry) => answer.represent(invitation),
} as const

export const invitationStatuses = severalOf('pending', 'accepted', 'revoked', 'expired')

const invitationOrder = ordering('email_address')
const newestFirst = { field: 'created_at', descending: true } as const

const newInvitation = z
  .strictObject({
    email_address: text('emailAddressCharactersMax'),
    scope: scopeInBody,
    ...givenRoles,
    inviter_user_id: clearableText('idCharactersMax').describe(
      'Must be a member who holds `org:sys_memberships:manage`.',
    ),
    expires_in_days: optional(number('invitationDaysMax', 1)).meta({
      description: `1 to ${limits.invitationDaysMax}; default ${limits.invitationDaysDefault}.`,
      default: limits.invitationDaysDefault,
    }),
    redirect_url: clearableText('urlCharactersMax').describe('Where the application sends the invited person.'),
    notify: optionalFlag.describe('Has no effect: the application sends the invitations.'),
    public_metadata: clearableMetadata.describe('Goes to the membership on acceptance.'),
    private_metadata: clearableMetadata.describe('Goes to the membership on acceptance.'),
  })
  .superRefine(needsRole, besideOthers)

const tooLongId = `has more than ${limits.idCharactersMax} characters.`

const failuresOfCreation = [
  'already_a_member_in_organization',
  'organization_invitation_not_unique',
  'organization_role_not_in_role_set',
  'organization_membership_quota_exceeded',
] as const

/** One call is about one place. */
function scopeOfAll(invitations: readonly { readonly scope?: string | undefined }[]): string {
  const [scope = '', ...others] = new Set(invitations.map((each) => each.scope ?? ''))
  if (others.length === 0) return scope
  throw failure('form_param_value_invalid', 'scope must be the same in all invitations of a call.', 'scope')
}

export const invitationOperations: readonly Operation[] = [
  listing('ListOrganizationInvitations', `GET ${path}`, {
    ...listed,
    summary: 'Lists the invitations of an organization, by default the newest first',
    query: { status: invitationStatuses, email_address: exactText, scope: scopeFilter, order_by: invitationOrder },
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations(input, call),
  }),

  writing('CreateInvitation', `POST ${path}`, {
    onBehalf: true,
    ...answer,
    summary: "Invites an email address, with a role of the organization's role set. Rolesets sends nothing",
    params: organizationParams,
    body: newInvitation,
    failures: failuresOfCreation,
    handle: (input, scope) =>
      inOrganization(scope.service.administration.createInvitation, { ...input, checkInviters: true }, scope),
  }),

  writing('CreateInvitations', `POST ${path}/bulk`, {
    onBehalf: true,
    summary: 'Invites several email addresses, all or none',
    params: organizationParams,
    body: z.array(newInvitation).meta({ minItems: 1, maxItems: limits.invitationsPerCallMax }),
    response: listObject(answer.response).meta({ id: 'OrganizationInvitations' }),
    failures: [...failuresOfCreation, 'bulk_size_exceeded'],
    fields: { invitations: '' },
    handle: async ({ organizationId, body }, { service: { administration }, call }) => {
      const scope = scopeOfAll(body)
      // A path with an unknown organization is rejected, as in `inOrganization`.
      await administration.getOrganization(organizationId, call)
      const invitations = body.map(({ scope: _scope, ...each }) => inRulesWords(each, {}))
      return administration.createInvitations({ organizationId, scope, invitations, checkInviters: true }, call)
    },
    represent: (views) => ({
      data: views.map((view) => answer.represent(view)),
      total_count: views.length,
    }),
  }),

  listing('ListPendingOrganizationInvitations', `GET ${path}/pending`, {
    ...listed,
    summary:
      'Lists the pending invitations of an organization, the newest first. Deprecated: list with `status=pending`',
    query: { scope: scopeFilter },
    handle: (input, { service, call }) =>
      service.directory.invitations({ ...input, statuses: ['pending'], order: newestFirst }, call),
  }),

  reading('GetOrganizationInvitation', `GET ${path}/{invitation_id}`, {
    ...one,
    summary: 'Gets an invitation',
    query: { scope: scopeOfInvitation },
    handle: (input, { service, call }) => service.administration.getInvitation(input, call),
  }),

  writing('RevokeInvitation', `POST ${path}/{invitation_id}/revoke`, {
    onBehalf: true,
    ...one,
    summary: 'Revokes a pending invitation',
    query: { scope: scopeOfInvitation },
    body: z.strictObject({
      requesting_user_id: optional(z.string().max(limits.idCharactersMax, tooLongId)).describe(
        'Must be a member who holds `org:sys_memberships:manage`. Not stored: the audit has the actor.',
      ),
    }),
    failures: ['organization_invitation_not_pending'],
    handle: (input, { service, call }) => service.administration.revokeInvitation(input, call),
  }),

  listing('ListInstanceOrganizationInvitations', 'GET /organization_invitations', {
    ...invitationOfOrganizationAnswer,
    summary: 'Lists the invitations of all organizations, by default the newest first',
    query: {
      status: invitationStatuses,
      query: z.string().optional().describe('Exactly the id, or a part of the email address.'),
      scope: scopeFilter,
      order_by: invitationOrder,
    },
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations(input, call),
  }),

  writing('AcceptInvitation', `POST ${path}/{invitation_id}/accept`, {
    summary: 'An extension: makes the invited user a member. The role is checked again',
    params,
    query: { scope: scopeOfInvitation },
    body: z.strictObject({
      user_id: text('id').describe('The application must know that the email address is the address of this user.'),
    }),
    response: answer.response
      .extend({ organization_membership: membershipAnswer.response })
      .meta({ id: 'AcceptedInvitation' }),
    failures: [
      'organization_invitation_not_pending',
      'already_a_member_in_organization',
      'organization_role_not_in_role_set',
      'organization_membership_quota_exceeded',
    ],
    handle: (input, scope) => inOrganization(scope.service.administration.acceptInvitation, input, scope),
    represent: ({ invitation, ...entry }, scope) => ({
      ...answer.represent(invitation),
      organization_membership: membershipAnswer.represent(entry, scope),
    }),
    changedAt: ({ invitation }) => invitation.revision,
  }),
]
