/** An invitation as Clerk's clients read it. Rolesets sends no invitations, so there is no URL to accept one at. */

import { z } from 'zod'
import type { InvitationEntry } from '../../service/operations/directory.ts'
import type { InvitationView } from '../../service/views.ts'
import { time } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import {
  metadataObject,
  publicInviterObject,
  representPublicInviter,
  representScope,
  scopeField,
  representRoles,
  severalRoles,
} from './object-parts.ts'
import { publicOrganizationObject, representPublicOrganization } from './organization-object.ts'

const invitationObject = component('OrganizationInvitation', {
  object: z.literal('organization_invitation'),
  id: z.string(),
  email_address: z.string(),
  role: z.string().describe('Key; of an invitation that has ended, the key that the role had then.'),
  role_name: z.string().describe('As `role`.'),
  roles: severalRoles,
  organization_id: z.string(),
  inviter_id: z.string().nullable().describe('Id of a user; null: unknown.'),
  public_inviter_data: publicInviterObject.nullable(),
  status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
  ...metadataObject.shape,
  url: z.null().describe('The application sends the invitations.'),
  expires_at: time,
  created_at: time,
  updated_at: time,
  scope: scopeField,
})

const invitationOfOrganizationObject = invitationObject
  .extend({ public_organization_data: publicOrganizationObject })
  .meta({ id: 'OrganizationInvitationWithOrganization' })

const represent = representing(invitationObject)

function representInvitation(invitation: InvitationView) {
  const inviter = invitation.inviterUserId
  return represent(invitation, {
    roles: representRoles(invitation.roles),
    inviter_id: inviter === '' ? null : inviter,
    public_inviter_data: inviter === '' ? null : representPublicInviter(inviter),
    scope: representScope(invitation),
  })
}

function representInvitationOfOrganization({ invitation, organization }: InvitationEntry) {
  return {
    ...representInvitation(invitation),
    public_organization_data: representPublicOrganization(organization),
  }
}

export const invitationAnswer = { response: invitationObject, represent: representInvitation } as const

export const invitationOfOrganizationAnswer = {
  response: invitationOfOrganizationObject,
  represent: representInvitationOfOrganization,
} as const
