/** What a user is a member of and invited to. Users belong to the application: an unknown id has empty lists. */

import { z } from 'zod'
import { listing, type Operation } from '../operation/route.ts'
import { invitationOfOrganizationAnswer } from './invitation-object.ts'
import { invitationStatuses } from './invitations.ts'
import { membershipAnswer } from './membership-object.ts'

const params = { user_id: z.string() }
const order = { field: 'created_at', descending: true } as const

export const userOperations: readonly Operation[] = [
  listing('UsersGetOrganizationMemberships', 'GET /users/{user_id}/organization_memberships', {
    summary: 'Lists the memberships of a user, the newest first',
    params,
    ...membershipAnswer,
    handle: ({ userId, ...span }, { service, call }) =>
      service.directory.memberships({ userIds: { include: [userId] }, order, ...span }, call),
  }),

  listing('UsersGetOrganizationInvitations', 'GET /users/{user_id}/organization_invitations', {
    summary: 'Lists the invitations that a user accepted, and those to an email address that equals the user id',
    params,
    query: { status: invitationStatuses },
    ...invitationOfOrganizationAnswer,
    fields: { statuses: 'status' },
    handle: (input, { service, call }) => service.directory.invitations({ order, ...input }, call),
  }),
]
