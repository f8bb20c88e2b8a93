/** An invitation as Clerk's clients read it. Nothing is sent from here, so there is no URL to accept it at. */

import { z } from 'zod'
import type { InvitationView, OrganizationView } from '../../service/views.ts'
import { time } from '../operation/fields.ts'
import { metadataObject, publicInviterObject, representPublicInviter } from './object-parts.ts'
import { publicOrganizationObject, representPublicOrganization } from './organization-object.ts'
import type { RoleFacts } from './role-facts.ts'

export const invitationObject = z
  .object({
    object: z.literal('organization_invitation'),
    id: z.string(),
    email_address: z.string(),
    role: z.string().describe('Key; the id of a role that is gone.'),
    role_name: z.string(),
    organization_id: z.string(),
    inviter_id: z.string().nullable().describe('Id of a user; null: nobody is known.'),
    public_inviter_data: publicInviterObject.nullable(),
    status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
    public_metadata: metadataObject,
    private_metadata: metadataObject,
    url: z.null().describe('Sending invitations is up to the application.'),
    expires_at: time,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'OrganizationInvitation' })

export type InvitationObject = z.infer<typeof invitationObject>

export const invitationOfOrganizationObject = invitationObject
  .extend({ public_organization_data: publicOrganizationObject })
  .meta({ id: 'OrganizationInvitationWithOrganization' })

export function representInvitation(invitation: InvitationView, role: RoleFacts): InvitationObject {
  const inviter = invitation.inviterUserId
  return {
    object: 'organization_invitation',
    id: invitation.id,
    email_address: invitation.emailAddress,
    role: invitation.role,
    role_name: role.name,
    organization_id: invitation.organizationId,
    inviter_id: inviter === '' ? null : inviter,
    public_inviter_data: inviter === '' ? null : representPublicInviter(inviter),
    status: invitation.status,
    public_metadata: { ...invitation.publicMetadata },
    private_metadata: { ...invitation.privateMetadata },
    url: null,
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  }
}

export function representInvitationOfOrganization(
  invitation: InvitationView,
  { role, organization }: { readonly role: RoleFacts; readonly organization: OrganizationView },
): z.infer<typeof invitationOfOrganizationObject> {
  return {
    ...representInvitation(invitation, role),
    public_organization_data: representPublicOrganization(organization),
  }
}
