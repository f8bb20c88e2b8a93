/** Invitations of one organization, and of all. The application sends them, and accepts them for a user that it knows. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { InvitationEntry } from '../../service/operations/directory.ts'
import { optional, optionalFlag, optionalMetadata, optionalText, ordering, several } from '../operation/fields.ts'
import { inRulesWords } from '../operation/names.ts'
import { listing, listObject, reading, writing, type Operation, type Scope } from '../operation/route.ts'
import { invitationAnswer as answer, invitationOfOrganizationAnswer } from './invitation-object.ts'
import { membershipAnswer } from './membership-object.ts'
import { inOrganization, organizationParams } from './organization-path.ts'

const path = '/organizations/{organization_id}/invitations'
const params = { ...organizationParams, invitation_id: z.string() }
const one = { ...answer, params } as const
const listed = {
  ...answer,
  params: organizationParams,
  represent: ({ invitation }: InvitationEntry, scope: Scope) => answer.represent(invitation, scope),
} as const

export const invitationStatuses = several
  .pipe(z.array(z.enum(['pending', 'accepted', 'revoked', 'expired'])).optional())
  .describe('`pending`, `accepted`, `revoked` or `expired`.')

const invitationOrder = ordering('email_address')
const newestFirst = { field: 'created_at', descending: true } as const

const newInvitation = z.object({
  email_address: z.string(),
  role: z.string().describe('Key.'),
  inviter_user_id: optionalText.describe('Must be a member who holds `org:sys_memberships:manage`.'),
  expires_in_days: optional(z.int().min(1, `must be from 1 to ${limits.invitationDaysMax}.`)).describe(
    `1 to ${limits.invitationDaysMax}; default ${limits.invitationDaysDefault}.`,
  ),
  redirect_url: optionalText.describe('Where the application sends the invited person.'),
  notify: optionalFlag.describe('Has no effect: the application sends the invitations.'),
  public_metadata: optionalMetadata.describe('Goes to the membership on acceptance.'),
  private_metadata: optionalMetadata.describe('Goes to the membership on acceptance.'),
})

const failuresOfCreation = [
  'already_a_member_in_organization',
  'organization_invitation_not_unique',
  'organization_role_not_in_role_set',
  'organization_membership_quota_exceeded',
  'missing_organization_permission',
] as const

export const invitationOperations: readonly Operation[] = [
  listing('ListOrganizationInvitations', `GET ${path}`, {
    ...listed,
    summary: 'Lists the invitations of an organization, by default the newest first',
    query: { status: invitationStatuses, email_address: z.string().optional(), order_by: invitationOrder },
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations(input, call),
  }),

  writing('CreateInvitation', `POST ${path}`, {
    ...answer,
    summary: "Invites an email address, with a role of the organization's role set. Rolesets sends nothing",
    params: organizationParams,
    body: newInvitation,
    failures: failuresOfCreation,
    handle: (input, scope) =>
      inOrganization(scope.service.administration.createInvitation, { ...input, checkInviters: true }, scope),
  }),

  writing('CreateInvitations', `POST ${path}/bulk`, {
    summary: 'Invites several email addresses, all or none',
    params: organizationParams,
    body: z.array(newInvitation),
    response: listObject(answer.response),
    failures: [...failuresOfCreation, 'bulk_size_exceeded'],
    handle: async ({ organizationId, body }, { service: { administration }, call }) => {
      // A path with an unknown organization is rejected, as in `inOrganization`.
      await administration.getOrganization(organizationId, call)
      const invitations = body.map((each) => inRulesWords(each, {}))
      return administration.createInvitations({ organizationId, invitations, checkInviters: true }, call)
    },
    represent: (views, scope) => ({
      data: views.map((view) => answer.represent(view, scope)),
      total_count: views.length,
    }),
  }),

  listing('ListPendingOrganizationInvitations', `GET ${path}/pending`, {
    ...listed,
    summary:
      'Lists the pending invitations of an organization, the newest first. Deprecated: list with `status=pending`',
    handle: (input, { service, call }) =>
      service.directory.invitations({ ...input, statuses: ['pending'], order: newestFirst }, call),
  }),

  reading('GetOrganizationInvitation', `GET ${path}/{invitation_id}`, {
    ...one,
    summary: 'Gets an invitation',
    handle: ({ organizationId, invitationId }, { service, call }) =>
      service.administration.getInvitation(organizationId, invitationId, call),
  }),

  writing('RevokeInvitation', `POST ${path}/{invitation_id}/revoke`, {
    ...one,
    summary: 'Revokes a pending invitation',
    body: z.object({
      requesting_user_id: optionalText.describe(
        'Must be a member who holds `org:sys_memberships:manage`. Not stored: the audit has the actor.',
      ),
    }),
    failures: ['organization_invitation_not_pending', 'missing_organization_permission'],
    handle: (input, { service, call }) => service.administration.revokeInvitation(input, call),
  }),

  listing('ListInstanceOrganizationInvitations', 'GET /organization_invitations', {
    ...invitationOfOrganizationAnswer,
    summary: 'Lists the invitations of all organizations, by default the newest first',
    query: {
      status: invitationStatuses,
      query: z.string().optional().describe('Exactly the id, or a part of the email address.'),
      order_by: invitationOrder,
    },
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations(input, call),
  }),

  writing('AcceptInvitation', `POST ${path}/{invitation_id}/accept`, {
    summary: 'An extension: makes the invited user a member. The role is checked again',
    params,
    body: z.strictObject({
      user_id: z.string().describe('The application must know that the email address is the address of this user.'),
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
      ...answer.represent(invitation, scope),
      organization_membership: membershipAnswer.represent(entry, scope),
    }),
    changedAt: ({ invitation }) => invitation.revision,
  }),
]
