/** Lists by number: search, order, offset and total, and what stands beside each thing. */

import test, { type ExecutionContext } from 'ava'
import type { Directory, OrganizationsQuery } from '../../packages/sidecar/src/service/operations/directory.ts'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const dayMs = 24 * 60 * 60 * 1_000

async function open(t: ExecutionContext): Promise<OpenedService & { directory: Directory; clock: { now: number } }> {
  const clock = { now: 1_700_000_000_000 }
  const opened = await openTestService(t, { now: () => clock.now })
  return { ...opened, directory: opened.service.directory, clock }
}

const byName = { order: { field: 'name', descending: false }, offset: 0, limit: 10 } as const
const oldestFirst = { order: { field: 'created_at', descending: false }, offset: 0, limit: 10 } as const

test('the catalogue is searched by id, and by parts of names and keys in any case', async (t) => {
  const { admin, directory } = await open(t)
  const { value } = await admin.createRole({ key: 'org:data_analyst', name: 'Number Cruncher' }, writing())
  for (const text of ['CRUNCH', 'Data_', value?.id]) {
    const found = await directory.roles({ ...byName, text }, reading())
    t.deepEqual([found.total, found.items.map(({ key }) => key)], [1, ['org:data_analyst']], text)
  }
  const parts = await directory.roles({ ...byName, text: value?.id.slice(0, -1) }, reading())
  t.is(parts.total, 0, 'a part of an id is not an id')
})

test('the catalogue is ordered either way, and its total is that of all pages', async (t) => {
  const { directory } = await open(t)
  const keys = async (descending: boolean, offset: number) => {
    const order = { field: 'key', descending } as const
    const { items, total } = await directory.permissions({ order, offset, limit: 4 }, reading())
    t.is(total, 9)
    return items.map(({ key }) => key)
  }
  const up = [...(await keys(false, 0)), ...(await keys(false, 4)), ...(await keys(false, 8))]
  t.deepEqual(up, [...up].sort())
  t.deepEqual([...(await keys(true, 0)), ...(await keys(true, 4)), ...(await keys(true, 8))], [...up].reverse())
  t.deepEqual(await keys(false, 9), [])
})

test('a page outside the limits is refused', async (t) => {
  const { directory } = await open(t)
  const refused = (page: { offset: number; limit: number }, code: string) =>
    t.throwsAsync(directory.roleSets({ ...byName, ...page }, reading()), { code })
  await refused({ offset: -1, limit: 1 }, 'invalid_field')
  await refused({ offset: 0, limit: 0.5 }, 'invalid_field')
  await refused({ offset: 0, limit: 501 }, 'limit_exceeded')
  await refused({ offset: 10_000_001, limit: 1 }, 'limit_exceeded')
})

test('a role set comes with how many members hold each of its roles, unless it is too large to count', async (t) => {
  const { admin, directory } = await open(t)
  for (const organizationId of ['org_1', 'org_2'])
    await admin.createMembership({ organizationId, userId: 'ann', role: 'org:member' }, writing())
  const { value } = await directory.roleSet('role_set:default', reading())
  t.is(value.roleSet.key, 'role_set:default')
  const { value: member } = await admin.getRole('org:member', reading())
  t.deepEqual(value.members, new Map([[member.id, 2]]))
  const large = await directory.roleSet('role_set:default', reading(), { organizationsMax: 1 })
  t.is(large.value.members, undefined, 'members are not counted in a set with too many organizations')
})

test('organizations come with their counts, and with whether a member may manage them', async (t) => {
  const { admin, directory, clock } = await open(t)
  await admin.createOrganization({ id: 'org_a', name: 'Acme', slug: 'acme', createdBy: 'ann' }, writing())
  await admin.createMembership({ organizationId: 'org_b', userId: 'bob', role: 'org:member' }, writing())
  const invitation = { emailAddress: 'cy@x.org', role: 'org:admin' }
  await admin.createInvitation({ organizationId: 'org_b', ...invitation, expiresInDays: 1 }, writing())
  const details = { withMemberCounts: true, withMissingElevated: true }
  const found = await directory.organizations({ ...oldestFirst, ...details }, reading())
  t.like(found.items[0], {
    ...{ membersCount: 1, pendingInvitationsCount: 0, missingMemberWithElevatedPermissions: false },
    organization: { id: 'org_a', roleSet: 'role_set:default' },
  })
  t.like(found.items[1], { pendingInvitationsCount: 1, missingMemberWithElevatedPermissions: true })
  clock.now += dayMs
  const bySlug = await directory.organization('acme', {}, reading())
  t.deepEqual(Object.keys(bySlug.value), ['organization'])
  t.like((await directory.organization('org_b', details, reading())).value, { pendingInvitationsCount: 0 })
  await t.throwsAsync(directory.organization('org_unknown', {}, reading()), { code: 'organization_not_found' })
})

test('organizations are found by text, ids and members, and ordered by how many those are', async (t) => {
  const { admin, directory } = await open(t)
  await admin.createOrganization({ id: 'org_a', name: 'Acme', createdBy: 'ann' }, writing())
  await admin.createOrganization({ id: 'org_b', name: 'Bolt', slug: 'bolt-acme' }, writing())
  await admin.createOrganization({ id: 'org_c', name: 'Cog', createdBy: 'ann' }, writing())
  await admin.createMembership({ organizationId: 'org_c', userId: 'bob', role: 'org:member' }, writing())
  const ids = async (query: Partial<OrganizationsQuery>) => {
    const { items, total } = await directory.organizations({ ...byName, ...query }, reading())
    return [total, ...items.map(({ organization }) => organization.id)]
  }
  t.deepEqual(await ids({ text: 'ACME' }), [2, 'org_a', 'org_b'])
  t.deepEqual(await ids({ text: 'org_c' }), [1, 'org_c'])
  t.deepEqual(await ids({ ids: { exclude: ['org_a'] } }), [2, 'org_b', 'org_c'])
  t.deepEqual(await ids({ userIds: { include: ['ann'], exclude: ['bob'] } }), [1, 'org_a'])
  const most = { field: 'members_count', descending: true } as const
  t.deepEqual(await ids({ order: most, limit: 2 }), [3, 'org_c', 'org_a'])
})

test('memberships come with their organization, of one or of all, and are found by user and role', async (t) => {
  const opened = await open(t)
  const { admin, directory } = opened
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await admin.createOrganization({ id: 'org_a', roleSet: 'role_set:pro' }, writing())
  for (const [organizationId, userId, role] of [
    ['org_a', 'ann', 'org:analyst'],
    ['org_a', 'bob', 'org:member'],
    ['org_b', 'ann', 'org:member'],
  ] as const)
    await admin.createMembership({ organizationId, userId, role }, writing())
  const order = { field: 'user_id', descending: false } as const
  const found = async (query: Partial<Parameters<Directory['memberships']>[0]>) => {
    const { items } = await directory.memberships({ ...oldestFirst, order, ...query }, reading())
    return items.map(
      ({ membership, organization }) => `${membership.userId} ${organization.id} ${organization.roleSet}`,
    )
  }
  t.deepEqual(await found({ organizationId: 'org_a' }), ['ann org_a role_set:pro', 'bob org_a role_set:pro'])
  const annEverywhere = await found({ userIds: { include: ['ann'] } })
  t.deepEqual(annEverywhere.sort(), ['ann org_a role_set:pro', 'ann org_b role_set:default'])
  t.deepEqual(await found({ roles: ['org:analyst', 'org:none'] }), ['ann org_a role_set:pro'])
  t.deepEqual(await found({ roles: ['org:none'] }), [], 'an unknown role matches no member')
  await t.throwsAsync(found({ organizationId: 'org_none' }), { code: 'organization_not_found' })
})

test('invitations are found by where they stand at the moment, by address and by user', async (t) => {
  const { admin, directory, clock } = await open(t)
  for (const [emailAddress, expiresInDays] of [
    ['ann@x.org', 1],
    ['bob@x.org', 9],
  ] as const)
    await admin.createInvitation(
      { organizationId: 'org_a', emailAddress, role: 'org:member', expiresInDays },
      writing(),
    )
  clock.now += 2 * dayMs
  const found = async (query: Partial<Parameters<Directory['invitations']>[0]>) => {
    const { items } = await directory.invitations({ ...oldestFirst, ...query }, reading())
    return items.map(({ invitation, organization }) => [invitation.emailAddress, invitation.status, organization.id])
  }
  const [ann, bob] = [
    ['ann@x.org', 'expired', 'org_a'],
    ['bob@x.org', 'pending', 'org_a'],
  ]
  t.deepEqual(await found({ organizationId: 'org_a' }), [ann, bob])
  t.deepEqual(await found({ statuses: ['expired'] }), [ann])
  t.deepEqual(await found({ statuses: ['pending', 'revoked'] }), [bob])
  t.deepEqual(await found({ emailAddress: 'BOB@x.org' }), [bob])
  t.deepEqual(await found({ userId: 'ann@x.org' }), [ann])
  await t.throwsAsync(found({ organizationId: 'org_none' }), { code: 'organization_not_found' })
})
