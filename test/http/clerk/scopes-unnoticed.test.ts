/** Clerk's own clients notice nothing of scopes: lists, counts, pages and errors are those of a store without any. */

import type { ClerkClient } from '@clerk/backend'
import { connect } from '../../grpc/open-sidecar.ts'
import { withEachClient, type Api } from '../conforming.ts'

const organizationId = 'org_acme'

/** All that the client can read of an organization, without what differs from one store to another. */
async function readAll(clerk: ClerkClient, { call }: Api) {
  const { organizations, roleSets, users } = clerk
  const members = await organizations.getOrganizationMembershipList({
    organizationId,
    limit: 2,
    orderBy: '+created_at',
  })
  const invitations = await organizations.getOrganizationInvitationList({ organizationId, limit: 2 })
  const listed = await organizations.getOrganizationList({ includeMembersCount: true })
  const { body: one } = await call('GET', `/v1/organizations/${organizationId}?include_members_count=true`)
  const set = await roleSets.getRoleSet('role_set:default')
  const ofUser = await users.getOrganizationMembershipList({ userId: 'user_1' })
  return {
    members: [
      members.totalCount,
      members.data.map((it) => [it.publicUserData?.userId, it.role, Object.keys(it).sort()]),
    ],
    invitations: [invitations.totalCount, invitations.data.map((it) => [it.emailAddress, Object.keys(it).sort()])],
    organizations: [listed.totalCount, listed.data.map((it) => [it.id, it.membersCount, Object.keys(it).sort()])],
    one: [one.members_count, one.pending_invitations_count],
    roles: set.roles.map(({ key, membersCount, hasMembers }) => [key, membersCount, hasMembers]),
    ofUser: [ofUser.totalCount, ofUser.data.map((it) => it.organization.id)],
  }
}

withEachClient('a store full of scopes looks as one without, to Clerk’s clients', async (t, clerk, api) => {
  const { write } = connect(t, api.target)
  await write('CreateOrganization', { id: organizationId, createdBy: 'user_0' })
  for (const userId of ['user_1', 'user_2', 'user_3'])
    await write('CreateMembership', { organizationId, userId, role: 'org:member' })
  const invite = (place: object, name: string) =>
    write('CreateInvitation', { ...place, organizationId, emailAddress: `${name}@example.com`, role: 'org:member' })
  for (const name of ['a', 'b', 'c']) await invite({}, name)
  const before = await readAll(clerk, api)

  await write('SetScopeKind', { kind: 'department', fallback: 'ORGANIZATION' })
  await write('CreateRoleSet', { key: 'role_set:parts', roles: ['org:member'], defaultRole: 'org:member' })
  for (const name of ['one', 'two', 'three']) {
    const place = { organizationId, scope: `department:${name}` }
    for (const userId of ['user_1', 'user_2']) await write('CreateMembership', { ...place, userId, role: 'org:member' })
    for (const address of ['a', 'd']) await invite(place, address)
    await write('AssignRoleSet', { ...place, roleSet: 'role_set:parts' })
  }
  t.deepEqual(await readAll(clerk, api), before)

  const refusals = [
    clerk.organizations.createOrganizationMembership({ organizationId, userId: 'user_1', role: 'org:member' }),
    clerk.organizations.deleteOrganizationMembership({ organizationId, userId: 'user_9' }),
    clerk.organizations.createOrganizationInvitation({
      organizationId,
      emailAddress: 'a@example.com',
      role: 'org:member',
    }),
  ]
  const codes = await Promise.all(refusals.map((each) => each.then(() => 'done', codeOf)))
  t.deepEqual(codes, ['already_a_member_in_organization', 'resource_not_found', 'organization_invitation_not_unique'])
  // Who is invited into scopes only can be invited to the organization.
  await clerk.organizations.createOrganizationInvitation({
    organizationId,
    emailAddress: 'd@example.com',
    role: 'org:member',
  })
  await clerk.organizations.deleteOrganizationMembership({ organizationId, userId: 'user_1' })
  t.is((await readAll(clerk, api)).one[0], 3)
})

function codeOf(error: unknown): string | undefined {
  return (error as { readonly errors?: readonly { readonly code: string }[] }).errors?.[0]?.code
}
