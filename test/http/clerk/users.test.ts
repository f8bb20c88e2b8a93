import { withEachClient } from '../conforming.ts'

withEachClient('the memberships of a user are listed over all organizations, the newest first', async (t, clerk) => {
  const { organizations, users } = clerk
  const ids: string[] = []
  for (const name of ['A', 'B', 'C'])
    ids.push((await organizations.createOrganization({ name, createdBy: 'user_1' })).id)
  await organizations.createOrganizationMembership({
    organizationId: ids[0] ?? '',
    userId: 'user_2',
    role: 'org:member',
  })
  const all = await users.getOrganizationMembershipList({ userId: 'user_1' })
  t.is(all.totalCount, 3)
  t.deepEqual(
    all.data.map(({ role, organization, publicUserData }) => [role, organization.name, publicUserData?.userId]),
    ['C', 'B', 'A'].map((name) => ['org:admin', name, 'user_1']),
  )
  const page = await users.getOrganizationMembershipList({ userId: 'user_1', limit: 1, offset: 2 })
  t.deepEqual([page.data.map(({ organization }) => organization.id), page.totalCount], [[ids[0]], 3])
  t.deepEqual(await users.getOrganizationMembershipList({ userId: 'user_none' }), { data: [], totalCount: 0 })
})

withEachClient(
  'the invitations of a user are those to the address that is his id, and those that he accepted',
  async (t, clerk, { call }) => {
    const { organizations, users } = clerk
    const { id: organizationId } = await organizations.createOrganization({ name: 'A', slug: 'a' })
    const invite = (emailAddress: string) =>
      organizations.createOrganizationInvitation({ organizationId, emailAddress, role: 'org:member' })
    await invite('ann@example.com')
    const { id } = await invite('other@example.com')
    await invite('third@example.com')
    const path = `/v1/organizations/${organizationId}/invitations/${id}/accept`
    await call('POST', path, { body: { user_id: 'ann@example.com' } })
    await invite('ann@example.com')

    const userId = 'ann@example.com'
    const all = await users.getOrganizationInvitationList({ userId })
    t.is(all.totalCount, 3)
    t.deepEqual(all.data.map(({ status }) => status).sort(), ['accepted', 'pending', 'revoked'])
    t.like(all.data[0], { organizationId, publicOrganizationData: { id: organizationId, name: 'A', slug: 'a' } })
    const pending = await users.getOrganizationInvitationList({ userId, status: 'pending' } as never)
    t.deepEqual(
      pending.data.map(({ emailAddress }) => emailAddress),
      ['ann@example.com'],
    )
    t.deepEqual(await users.getOrganizationInvitationList({ userId: 'user_none' }), { data: [], totalCount: 0 })
  },
)
