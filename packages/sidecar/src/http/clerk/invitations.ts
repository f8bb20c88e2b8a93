/** The operations on invitations of one organization. A path names an organization that is there: none is registered by it. */

import { z } from 'zod'
import { limits } from '@rolesets/core'
import type { InvitationView } from '../../service/views.ts'
import { optionalFlag, optionalMetadata, optionalText, paging } from './fields.ts'
import { invitationOrder, invitationStatuses, representInvitationEntry } from './invitation-lists.ts'
import { invitationObject, invitationOfOrganizationObject, representInvitation } from './invitation-object.ts'
import { listObject, representList } from './list-object.ts'
import { metadataOf, organizationParams } from './organization-fields.ts'
import { roleFactsNow, type RoleFactsOf } from './role-facts.ts'
import { reading, writing, type Operation, type WriteScope } from './route.ts'

const path = '/organizations/{organization_id}/invitations'
const tag = 'Organization invitations'

const invitationParams = organizationParams.extend({ invitation_id: z.string() })

const newInvitation = z.object({
  email_address: z.string(),
  role: z.string().describe('Key.'),
  inviter_user_id: optionalText,
  expires_in_days: z
    .int()
    .min(1, `is too few. Give 1 to ${limits.invitationDaysMax}.`)
    .nullish()
    .transform((days) => days ?? undefined)
    .describe(`1 to ${limits.invitationDaysMax}; default ${limits.invitationDaysDefault}.`),
  redirect_url: optionalText.describe('Where the application sends the invited person.'),
  notify: optionalFlag.describe('Does nothing: sending is up to the application.'),
  public_metadata: optionalMetadata.describe('Goes to the membership on acceptance.'),
  private_metadata: optionalMetadata.describe('Goes to the membership on acceptance.'),
})

const failuresOfCreation = [
  'resource_not_found',
  'already_a_member_in_organization',
  'organization_invitation_not_unique',
  'organization_role_not_in_role_set',
  'organization_membership_quota_exceeded',
] as const

const listInvitations = reading({
  operation: 'ListOrganizationInvitations',
  path,
  tag,
  summary: 'Lists the invitations of an organization, the newest first unless another order is asked for',
  params: organizationParams,
  query: z.object({
    ...paging,
    status: invitationStatuses,
    email_address: z.string().optional(),
    order_by: invitationOrder,
  }),
  response: listObject(invitationObject),
  failures: ['resource_not_found'],
  handle: async ({ params, query }, { service, call }) => {
    const { status: statuses, email_address: emailAddress, order_by: order, ...span } = query
    const asked = { organizationId: params.organization_id, statuses, emailAddress, order, ...span }
    const listed = await service.directory.invitations(asked, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, ({ invitation }) => represent(invitation, roleOf))
  },
})

const listPending = reading({
  operation: 'ListPendingOrganizationInvitations',
  path: `${path}/pending`,
  tag,
  summary: 'Lists the pending invitations of an organization, the newest first. Deprecated: ask for the status',
  params: organizationParams,
  query: z.object(paging),
  response: listObject(invitationObject),
  failures: ['resource_not_found'],
  handle: async ({ params, query }, { service, call }) => {
    const order = { field: 'created_at', descending: true } as const
    const asked = { organizationId: params.organization_id, statuses: ['pending'] as const, order, ...query }
    const listed = await service.directory.invitations(asked, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, ({ invitation }) => represent(invitation, roleOf))
  },
})

const listAllInvitations = reading({
  operation: 'ListInstanceOrganizationInvitations',
  path: '/organization_invitations',
  tag,
  summary: 'Lists the invitations of all organizations, the newest first unless another order is asked for',
  query: z.object({
    ...paging,
    status: invitationStatuses,
    query: z.string().optional().describe('Exactly the id, or a part of the email address.'),
    order_by: invitationOrder,
  }),
  response: listObject(invitationOfOrganizationObject),
  handle: async ({ query }, { service, call }) => {
    const { status: statuses, query: text, order_by: order, ...span } = query
    const listed = await service.directory.invitations({ statuses, text, order, ...span }, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, (entry) => representInvitationEntry(entry, roleOf))
  },
})

const createInvitation = writing({
  operation: 'CreateInvitation',
  method: 'post',
  path,
  tag,
  summary: 'Invites an address, with a role of the organization’s role set. Nothing is sent from here',
  params: organizationParams,
  body: newInvitation,
  response: invitationObject,
  failures: failuresOfCreation,
  handle: async ({ params, body }, scope) => {
    const organizationId = await foundOrganization(params.organization_id, scope)
    const { service, call } = scope
    return service.administration.createInvitation({ organizationId, ...invitationOf(body) }, call)
  },
  represent: representWritten,
})

const createInvitations = writing({
  operation: 'CreateInvitations',
  method: 'post',
  path: `${path}/bulk`,
  tag,
  summary: 'Invites several addresses, all or none',
  params: organizationParams,
  body: z.array(newInvitation),
  response: listObject(invitationObject),
  failures: [...failuresOfCreation, 'bulk_size_exceeded'],
  handle: async ({ params, body }, scope) => {
    const organizationId = await foundOrganization(params.organization_id, scope)
    const { service, call } = scope
    return service.administration.createInvitations({ organizationId, invitations: body.map(invitationOf) }, call)
  },
  represent: (views, { scope }) => {
    const roleOf = roleFactsNow(scope.service)
    return { data: views.map((view) => represent(view, roleOf)), total_count: views.length }
  },
})

const getInvitation = reading({
  operation: 'GetOrganizationInvitation',
  path: `${path}/{invitation_id}`,
  tag,
  summary: 'Gets an invitation',
  params: invitationParams,
  response: invitationObject,
  failures: ['resource_not_found'],
  handle: async ({ params }, { service, call }) => {
    const { organization_id, invitation_id } = params
    const { value, revision } = await service.administration.getInvitation(organization_id, invitation_id, call)
    return { body: represent(value, roleFactsNow(service)), revision, changedAt: value.revision }
  },
})

const revokeInvitation = writing({
  operation: 'RevokeInvitation',
  method: 'post',
  path: `${path}/{invitation_id}/revoke`,
  tag,
  summary: 'Takes a pending invitation back',
  params: invitationParams,
  body: z.object({ requesting_user_id: optionalText.describe('Not kept: the audit has the actor.') }),
  response: invitationObject,
  failures: ['resource_not_found', 'organization_invitation_not_pending'],
  handle: ({ params }, { service, call }) => {
    const { organization_id: organizationId, invitation_id: invitationId } = params
    return service.administration.revokeInvitation({ organizationId, invitationId }, call)
  },
  represent: representWritten,
})

export const invitationOperations: readonly Operation[] = [
  listInvitations,
  createInvitation,
  createInvitations,
  listPending,
  getInvitation,
  revokeInvitation,
  listAllInvitations,
]

function represent(view: InvitationView, roleOf: RoleFactsOf) {
  return representInvitation(view, roleOf(view.roleId))
}

function representWritten(view: InvitationView, { scope }: { readonly scope: WriteScope }) {
  return represent(view, roleFactsNow(scope.service))
}

async function foundOrganization(id: string, { service, call }: WriteScope): Promise<string> {
  const { value } = await service.administration.getOrganization(id, call)
  return value.id
}

function invitationOf(body: z.output<typeof newInvitation>) {
  return {
    emailAddress: body.email_address,
    role: body.role,
    inviterUserId: body.inviter_user_id,
    expiresInDays: body.expires_in_days,
    redirectUrl: body.redirect_url,
    ...metadataOf(body),
  }
}
