/** What a user is a member of and invited to. Users themselves belong to the application: an id that nobody knows has none. */

import { z } from 'zod'
import { paging } from '../operation/fields.ts'
import { invitationOfOrganizationObject } from './invitation-object.ts'
import { invitationStatuses, representInvitationEntry } from './invitation-lists.ts'
import { listObject, representList } from '../operation/list-object.ts'
import { membershipObject } from './membership-object.ts'
import { representMembershipEntry } from './memberships.ts'
import { roleFactsNow } from './role-facts.ts'
import { reading, type Operation } from '../operation/route.ts'

const tag = 'Users'
const userParams = z.object({ user_id: z.string() })
const newestFirst = { field: 'created_at', descending: true } as const

const listMemberships = reading({
  operation: 'UsersGetOrganizationMemberships',
  path: '/users/{user_id}/organization_memberships',
  tag,
  summary: 'Lists the memberships of a user, the newest first',
  params: userParams,
  query: z.object(paging),
  response: listObject(membershipObject),
  handle: async ({ params, query }, { service, call }) => {
    const userIds = { include: [params.user_id] }
    const listed = await service.directory.memberships({ userIds, order: newestFirst, ...query }, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, (entry) => representMembershipEntry(entry, roleOf))
  },
})

const listInvitations = reading({
  operation: 'UsersGetOrganizationInvitations',
  path: '/users/{user_id}/organization_invitations',
  tag,
  summary: 'Lists the invitations that a user accepted, or that went to an email address that is his id',
  params: userParams,
  query: z.object({ ...paging, status: invitationStatuses }),
  response: listObject(invitationOfOrganizationObject),
  handle: async ({ params, query: { status: statuses, ...span } }, { service, call }) => {
    const asked = { userId: params.user_id, statuses, order: newestFirst, ...span }
    const listed = await service.directory.invitations(asked, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, (entry) => representInvitationEntry(entry, roleOf))
  },
})

export const userOperations: readonly Operation[] = [listMemberships, listInvitations]
