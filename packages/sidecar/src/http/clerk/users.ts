/** What a user is a member of and invited to. Users belong to the application: an unknown id has empty lists. */

import { z } from 'zod'
import { deletionOf } from '../operation/represent.ts'
import { listing, writing, type Operation } from '../operation/route.ts'
import { invitationOfOrganizationAnswer } from './invitation-object.ts'
import { invitationStatuses } from './invitations.ts'
import { revokeSentInvitations } from './memberships.ts'
import { membershipAnswer } from './membership-object.ts'
import { scopeFilter } from './object-parts.ts'

const params = { user_id: z.string() }
const order = { field: 'created_at', descending: true } as const

export const userOperations: readonly Operation[] = [
  writing('RemoveUser', 'DELETE /users/{user_id}', {
    summary: 'Ends the memberships of a user in all organizations, and the pending invitations to the user',
    params,
    endsAdministrators: true,
    query: { revoke_sent_invitations: revokeSentInvitations },
    ...deletionOf('user'),
    failures: ['organization_minimum_permissions_needed'],
    handle: async (input, { service, call }) => {
      const { value, ...written } = await service.administration.removeUser(input, call)
      return { ...written, value: value && { id: value.userId } }
    },
  }),

  listing('UsersGetOrganizationMemberships', 'GET /users/{user_id}/organization_memberships', {
    summary: 'Lists the memberships of a user, the newest first',
    params,
    query: { scope: scopeFilter },
    ...membershipAnswer,
    handle: ({ userId, ...span }, { service, call }) =>
      service.directory.memberships({ userIds: { include: [userId] }, order, ...span }, call),
  }),

  listing('UsersGetOrganizationInvitations', 'GET /users/{user_id}/organization_invitations', {
    summary: 'Lists the invitations that a user accepted, and those to an email address that equals the user id',
    params,
    query: { status: invitationStatuses, scope: scopeFilter },
    ...invitationOfOrganizationAnswer,
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations({ order, ...input }, call),
  }),
]
