/** The operations on memberships of one organization. A path names an organization that is there: none is registered by it. */

import { z } from 'zod'
import type { Written } from '../../service/call.ts'
import type { MembershipEntry } from '../../service/directory.ts'
import type { Service } from '../../service/service.ts'
import type { MembershipView, OrganizationView } from '../../service/views.ts'
import { optionalMetadata, ordering, paging, several, wholeNumber } from '../operation/fields.ts'
import { listObject, representList } from '../operation/list-object.ts'
import { membershipQueryOf } from './membership-filters.ts'
import { membershipObject, representMembership } from './membership-object.ts'
import { mergedMetadata, metadataOf, organizationParams } from './organization-fields.ts'
import { roleFactsNow, type RoleFactsOf } from './role-facts.ts'
import { reading, writing, type Operation, type WriteScope } from '../operation/route.ts'

const path = '/organizations/{organization_id}/memberships'
const tag = 'Organization memberships'

const memberParams = organizationParams.extend({ user_id: z.string() })

/** What Clerk sorts users by beside the time is the user id here. */
const membershipOrder = ordering(
  ['created_at', 'email_address', 'phone_number', 'first_name', 'last_name', 'username'],
  { field: 'created_at', descending: true },
).transform(({ field, descending }) => ({
  field: field === 'created_at' ? field : ('user_id' as const),
  descending,
}))

const moment = wholeNumber({ min: 0, max: 8_640_000_000_000_000 }).optional()
const text = z.string().optional()

const listMemberships = reading({
  operation: 'ListOrganizationMemberships',
  path,
  tag,
  summary: 'Lists the members of an organization, the newest first unless another order is asked for',
  params: organizationParams,
  query: z.object({
    ...paging,
    order_by: membershipOrder,
    user_id: several.describe('These users; with - before an id, all but this one.'),
    email_address: several.describe('Compared with the user id.'),
    username: several.describe('Compared with the user id.'),
    phone_number: several.describe('Not kept: finds nobody.'),
    web3_wallet: several.describe('Not kept: finds nobody.'),
    role: several.describe('Keys or ids.'),
    query: text.describe('A part of the user id.'),
    email_address_query: text.describe('A part of the user id.'),
    username_query: text.describe('A part of the user id.'),
    phone_number_query: text.describe('Not kept: finds nobody.'),
    name_query: text.describe('Not kept: finds nobody.'),
    last_active_at_before: moment.describe('Not kept: finds nobody.'),
    last_active_at_after: moment.describe('Not kept: finds nobody.'),
    created_at_before: moment.describe('Unix milliseconds, of the membership.'),
    created_at_after: moment.describe('Unix milliseconds, of the membership.'),
  }),
  response: listObject(membershipObject),
  failures: ['resource_not_found'],
  handle: async ({ params, query }, { service, call }) => {
    const { order_by: order, limit, offset, ...filters } = query
    const span = { order, limit, offset }
    const asked = { organizationId: params.organization_id, ...membershipQueryOf(filters), ...span }
    const listed = await service.directory.memberships(asked, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, (entry) => representMembershipEntry(entry, roleOf))
  },
})

const createMembership = writing({
  operation: 'CreateMembership',
  method: 'post',
  path,
  tag,
  summary: 'Makes a user a member, with a role of the organization’s role set',
  params: organizationParams,
  body: z.object({
    user_id: z.string(),
    role: z.string().describe('Key.'),
    public_metadata: optionalMetadata,
    private_metadata: optionalMetadata,
  }),
  response: membershipObject,
  failures: [
    'resource_not_found',
    'already_a_member_in_organization',
    'organization_role_not_in_role_set',
    'organization_membership_quota_exceeded',
  ],
  handle: ({ params, body }, scope) => {
    const organizationId = params.organization_id
    const input = { organizationId, userId: body.user_id, role: body.role, ...metadataOf(body) }
    return inOrganization(organizationId, scope, ({ administration }, call) =>
      administration.createMembership(input, call),
    )
  },
  represent: representPlaced,
})

const updateMembership = writing({
  operation: 'UpdateMembership',
  method: 'patch',
  path: `${path}/{user_id}`,
  tag,
  summary: 'Gives a member another role',
  params: memberParams,
  body: z.object({ role: z.string().describe('Key.') }),
  response: membershipObject,
  failures: ['resource_not_found', 'organization_role_not_in_role_set'],
  handle: ({ params, body }, scope) => {
    const input = { ...memberOf(params), role: body.role }
    return inOrganization(params.organization_id, scope, ({ administration }, call) =>
      administration.updateMembership(input, call),
    )
  },
  represent: representPlaced,
})

const deleteMembership = writing({
  operation: 'DeleteMembership',
  method: 'delete',
  path: `${path}/{user_id}`,
  tag,
  summary: 'Ends a membership, and answers it as it was',
  params: memberParams,
  response: membershipObject,
  failures: ['resource_not_found'],
  handle: ({ params }, scope) =>
    inOrganization(params.organization_id, scope, ({ administration }, call) =>
      administration.deleteMembership(memberOf(params), call),
    ),
  represent: representPlaced,
})

const mergeMetadata = writing({
  operation: 'UpdateOrganizationMembershipMetadata',
  method: 'patch',
  path: `${path}/{user_id}/metadata`,
  tag,
  summary: 'Merges metadata into what is there, at every level; null removes a field',
  params: memberParams,
  body: z.strictObject({ public_metadata: mergedMetadata, private_metadata: mergedMetadata }),
  response: membershipObject,
  failures: ['resource_not_found'],
  handle: ({ params, body }, scope) => {
    const input = { ...memberOf(params), ...metadataOf(body), mergeMetadata: true }
    return inOrganization(params.organization_id, scope, ({ administration }, call) =>
      administration.updateMembership(input, call),
    )
  },
  represent: representPlaced,
})

const listAllMemberships = reading({
  operation: 'ListInstanceOrganizationMemberships',
  path: '/organization_memberships',
  tag,
  summary: 'Lists the memberships of all organizations, the newest first unless another order is asked for',
  query: z.object({ ...paging, order_by: membershipOrder }),
  response: listObject(membershipObject),
  handle: async ({ query: { order_by: order, ...span } }, { service, call }) => {
    const listed = await service.directory.memberships({ order, ...span }, call)
    const roleOf = roleFactsNow(service)
    return representList(listed, (entry) => representMembershipEntry(entry, roleOf))
  },
})

export const membershipOperations: readonly Operation[] = [
  listMemberships,
  createMembership,
  updateMembership,
  deleteMembership,
  mergeMetadata,
  listAllMemberships,
]

export function representMembershipEntry({ membership, organization }: MembershipEntry, roleOf: RoleFactsOf) {
  return representMembership({ membership, organization, role: roleOf(membership.roleId) })
}

interface PlacedMembership extends MembershipView {
  readonly organization: OrganizationView
}

/** Reads the organization first: an answer needs it, and a path that names none is refused. */
async function inOrganization(
  organizationId: string,
  { service, call }: WriteScope,
  write: (service: Service, call: WriteScope['call']) => Promise<Written<MembershipView>>,
): Promise<Written<PlacedMembership>> {
  const { value: organization } = await service.administration.getOrganization(organizationId, call)
  const { value, ...written } = await write(service, call)
  return { ...written, value: value && { ...value, organization } }
}

function representPlaced({ organization, ...membership }: PlacedMembership, { scope }: { readonly scope: WriteScope }) {
  return representMembershipEntry({ membership, organization }, roleFactsNow(scope.service))
}

function memberOf({ organization_id: organizationId, user_id: userId }: z.output<typeof memberParams>) {
  return { organizationId, userId }
}
