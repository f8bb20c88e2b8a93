/** Accepting an invitation. Clerk leaves it to its frontend; here the application does it for the user that it knows. */

import { z } from 'zod'
import { invitationObject, representInvitation } from './invitation-object.ts'
import { membershipObject } from './membership-object.ts'
import { representMembershipEntry } from './memberships.ts'
import { organizationParams } from './organization-fields.ts'
import { roleFactsNow } from './role-facts.ts'
import { writing, type Operation } from '../operation/route.ts'

const acceptInvitation = writing({
  operation: 'AcceptInvitation',
  method: 'post',
  path: '/organizations/{organization_id}/invitations/{invitation_id}/accept',
  tag: 'Organization invitations',
  summary: 'An extension: makes the invited user a member. The role is checked again',
  params: organizationParams.extend({ invitation_id: z.string() }),
  body: z.strictObject({
    user_id: z.string().describe('That the address is this user’s is for the application to know.'),
  }),
  response: invitationObject.extend({ organization_membership: membershipObject }).meta({ id: 'AcceptedInvitation' }),
  failures: [
    'resource_not_found',
    'organization_invitation_not_pending',
    'already_a_member_in_organization',
    'organization_role_not_in_role_set',
  ],
  handle: async ({ params, body }, { service, call }) => {
    const { organization_id: organizationId, invitation_id: invitationId } = params
    const { value: organization } = await service.administration.getOrganization(organizationId, call)
    const input = { organizationId, invitationId, userId: body.user_id }
    const { value, ...written } = await service.administration.acceptInvitation(input, call)
    return { ...written, value: value && { ...value.invitation, membership: value.membership, organization } }
  },
  represent: ({ membership, organization, ...invitation }, { scope }) => {
    const roleOf = roleFactsNow(scope.service)
    return {
      ...representInvitation(invitation, roleOf(invitation.roleId)),
      organization_membership: representMembershipEntry({ membership, organization }, roleOf),
    }
  },
})

export const acceptanceOperations: readonly Operation[] = [acceptInvitation]
