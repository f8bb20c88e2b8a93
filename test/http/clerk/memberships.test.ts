import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient(
  'a membership is created, changed and ended, each time with all that belongs to it',
  async (t, clerk, { call }) => {
    const { organizations } = clerk
    const { id: organizationId } = await organizations.createOrganization({ name: 'Acme', slug: 'acme' })
    const member = { organizationId, userId: 'user_1' }
    await organizations.createOrganizationMembership({ organizationId, userId: 'keeper', role: 'org:admin' })
    const made = await organizations.createOrganizationMembership({ ...member, role: 'org:member' })
    t.regex(made.id, /^orgmem_/)
    t.like(made, {
      role: 'org:member',
      permissions: ['org:sys_billing:read', 'org:sys_memberships:read'],
      publicMetadata: {},
      organization: { id: organizationId, name: 'Acme', slug: 'acme' },
      publicUserData: { userId: 'user_1', identifier: 'user_1', firstName: null, hasImage: false },
      raw: { role_name: 'Member' },
    })
    const changed = await organizations.updateOrganizationMembership({ ...member, role: 'org:admin' })
    t.like(changed, { id: made.id, role: 'org:admin', createdAt: made.createdAt })
    t.is(changed.permissions.length, 9)
    const ended = await organizations.deleteOrganizationMembership(member)
    t.like(ended, { id: made.id, role: 'org:admin', organization: { id: organizationId } })
    t.like(await refusalOf(organizations.deleteOrganizationMembership(member)), {
      status: 404,
      code: 'resource_not_found',
    })
    const withMetadata = { user_id: 'user_2', role: 'org:member', public_metadata: { a: 1 }, private_metadata: null }
    const path = `/v1/organizations/${organizationId}/memberships`
    t.like((await call('POST', path, { body: withMetadata })).body, { public_metadata: { a: 1 }, private_metadata: {} })
  },
)

withEachClient('permissions of a member are those of the role now, custom ones among them', async (t, clerk) => {
  const { organizations, organizationRoles, organizationPermissions } = clerk
  const permission = await organizationPermissions.createOrganizationPermission({
    name: 'R',
    key: 'org:reports:read',
    description: '',
  })
  const role = await organizationRoles.createOrganizationRole({
    name: 'Analyst',
    key: 'org:analyst',
    includeInInitialRoleSet: true,
  })
  const { id: organizationId } = await organizations.createOrganization({ name: 'A' })
  const made = await organizations.createOrganizationMembership({ organizationId, userId: 'u1', role: 'org:analyst' })
  t.deepEqual(made.permissions, [])
  await organizationRoles.assignPermissionToOrganizationRole({
    organizationRoleId: role.id,
    permissionId: permission.id,
  })
  const { data } = await organizations.getOrganizationMembershipList({ organizationId })
  t.deepEqual(data[0]?.permissions, ['org:reports:read'])
})

withEachClient("what is wrong with a membership is reported in Clerk's codes", async (t, clerk) => {
  const { organizations, organizationRoles } = clerk
  await organizationRoles.createOrganizationRole({ name: 'Outside', key: 'org:outside' })
  const made = await organizations.createOrganization({ name: 'A', createdBy: 'u1', maxAllowedMemberships: 2 })
  const organizationId = made.id
  const make = (params: object) =>
    refusalOf(organizations.createOrganizationMembership({ organizationId, ...params } as never))
  t.like(await make({ role: 'org:member' }), { status: 422, code: 'form_param_missing', paramName: 'user_id' })
  t.like(await make({ userId: 'u2' }), { status: 422, code: 'form_param_missing', paramName: 'role' })
  t.like(await make({ userId: 'u2', role: null }), { status: 422, code: 'form_param_nil', paramName: 'role' })
  t.like(await make({ userId: '', role: 'org:member' }), { status: 422, paramName: 'user_id' })
  t.like(await make({ userId: 'u2', role: 'org:none' }), { status: 404, code: 'resource_not_found', paramName: 'role' })
  const outside = await make({ userId: 'u2', role: 'org:outside' })
  t.like(outside, { status: 422, code: 'organization_role_not_in_role_set', paramName: 'role' })
  t.regex(outside.message ?? '', /org:outside.*role_set:default.*org:admin.*org:member/)
  t.like(await make({ userId: 'u1', role: 'org:member' }), { status: 400, code: 'already_a_member_in_organization' })
  const elsewhere = { organizationId: 'org_none', userId: 'u2', role: 'org:member' }
  t.like(await make(elsewhere), { status: 404, code: 'resource_not_found', paramName: 'organization_id' })
  t.is((await organizations.getInstanceOrganizationMembershipList({})).totalCount, 1)

  const emailAddress = 'a@example.com'
  await organizations.createOrganizationInvitation({ organizationId, emailAddress, role: 'org:member' })
  t.like(await make({ userId: 'u2', role: 'org:member' }), {
    status: 403,
    code: 'organization_membership_quota_exceeded',
  })

  const update = (userId: string, role: string) =>
    refusalOf(organizations.updateOrganizationMembership({ organizationId, userId, role }))
  t.like(await update('u1', 'org:outside'), { status: 422, code: 'organization_role_not_in_role_set' })
  t.like(await update('u1', 'org:none'), { status: 404, code: 'resource_not_found', paramName: 'role' })
  t.like(await update('u9', 'org:member'), { status: 404, code: 'resource_not_found' })
})

withEachClient('members are listed with a total, by pages, in an order, by filters', async (t, clerk) => {
  const { organizations } = clerk
  const { id: organizationId } = await organizations.createOrganization({ name: 'A' })
  const { id: other } = await organizations.createOrganization({ name: 'B', createdBy: 'ann' })
  for (const [userId, role] of [
    ['carl@example.com', 'org:member'],
    ['ann', 'org:admin'],
    ['bob', 'org:member'],
  ] as const)
    await organizations.createOrganizationMembership({ organizationId, userId, role })
  const users = async (params: object) => {
    const { data, totalCount } = await organizations.getOrganizationMembershipList({ organizationId, ...params })
    return [data.map(({ publicUserData }) => publicUserData?.userId).join(' '), totalCount]
  }
  t.deepEqual(await users({}), ['bob ann carl@example.com', 3])
  t.deepEqual(await users({ orderBy: '+created_at', limit: 1, offset: 1 }), ['ann', 3])
  t.deepEqual(await users({ orderBy: 'username' }), ['ann bob carl@example.com', 3])
  t.deepEqual(await users({ orderBy: '-email_address', limit: 2 }), ['carl@example.com bob', 3])
  t.deepEqual(await users({ role: ['org:member'] }), ['bob carl@example.com', 2])
  t.deepEqual(await users({ role: ['org:member', 'org:admin'] }), ['bob ann carl@example.com', 3])
  t.deepEqual(await users({ role: ['org:none'] }), ['', 0])
  t.deepEqual(await users({ userId: ['ann', '+bob', 'nobody'] }), ['bob ann', 2])
  t.deepEqual(await users({ userId: ['-ann'] }), ['bob carl@example.com', 2])
  t.deepEqual(await users({ emailAddress: ['carl@example.com', 'x@y.z'] }), ['carl@example.com', 1])
  t.deepEqual(await users({ username: ['bob'], userId: ['ann'] }), ['', 0])
  t.deepEqual(await users({ query: 'EXAMPLE' }), ['carl@example.com', 1])
  t.deepEqual(await users({ emailAddressQuery: 'carl' }), ['carl@example.com', 1])
  t.deepEqual(await users({ phoneNumber: ['+15551234567'] }), ['', 0])
  t.deepEqual(await users({ nameQuery: 'Ann' }), ['', 0])
  t.deepEqual(await users({ createdAtBefore: 1_600_000_000_000 }), ['', 0])
  t.deepEqual(await users({ createdAtAfter: 1_600_000_000_000, role: ['org:admin'] }), ['ann', 1])

  const everywhere = await organizations.getInstanceOrganizationMembershipList({ limit: 2, orderBy: '+created_at' })
  t.deepEqual(
    everywhere.data.map(({ organization, publicUserData }) => [organization.id, publicUserData?.userId]),
    [
      [other, 'ann'],
      [organizationId, 'carl@example.com'],
    ],
  )
  t.is(everywhere.totalCount, 4)
})

test('paging and order of members are checked', async (t) => {
  const { call } = await openApi(t)
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  for (const [query, param] of [
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=x', 'limit'],
    ['offset=-1', 'offset'],
    ['order_by=shoe_size', 'order_by'],
    ['created_at_before=soon', 'created_at_before'],
    [Array.from({ length: 101 }, (_, place) => `user_id=u${place}`).join('&'), 'user_id'],
  ] as const) {
    const { status, body } = await call('GET', `/v1/organizations/${made.id}/memberships?${query}`)
    t.deepEqual([status, body.errors[0].meta.param_name], [422, param], query.slice(0, 40))
  }
})

test('a dry run of a membership shows the result or the fault, and changes nothing', async (t) => {
  const { call } = await openApi(t)
  await call('POST', '/v1/organization_roles', { body: { key: 'org:outside', name: 'Outside' } })
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  const path = `/v1/organizations/${made.id}/memberships`
  const preview = await call('POST', `${path}?dry_run=true`, { body: { user_id: 'u1', role: 'org:member' } })
  t.like(preview, { status: 200, body: { object: 'impact', violations: [], resource: { role: 'org:member' } } })
  t.is(preview.headers.get('etag'), null)
  const refused = await call('POST', `${path}?dry_run=true`, { body: { user_id: 'u1', role: 'org:outside' } })
  t.is(refused.body.resource, null)
  t.like(refused.body.violations[0], { code: 'organization_role_not_in_role_set', meta: { param_name: 'role' } })
  t.is((await call('GET', path)).body.total_count, 0)
  const mistyped = await call('POST', `${path}?dryrun=true`, { body: { user_id: 'u1', role: 'org:member' } })
  t.deepEqual([mistyped.status, mistyped.body.errors[0].code], [422, 'form_param_unknown'])
  t.is((await call('GET', path)).body.total_count, 0)
})

test('a membership that has changed is guarded by its ETag', async (t) => {
  const { call } = await openApi(t)
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  const path = `/v1/organizations/${made.id}/memberships`
  const created = await call('POST', path, { body: { user_id: 'u1', role: 'org:member' } })
  const headers = { 'if-match': created.headers.get('etag') ?? '' }
  // Another thing changes: this one is as it was.
  await call('PATCH', `/v1/organizations/${made.id}`, { body: { name: 'B' } })
  const changed = await call('PATCH', `${path}/u1`, { headers, body: { role: 'org:admin' } })
  t.like(changed, { status: 200, body: { organization: { name: 'B' } } })
  for (const [method, suffix, body] of [
    ['PATCH', '', { role: 'org:member' }],
    ['PATCH', '/metadata', { public_metadata: {} }],
    ['DELETE', '', undefined],
  ] as const) {
    const refused = await call(method, `${path}/u1${suffix}`, { headers, ...(body && { body }) })
    t.deepEqual([refused.status, refused.body.errors[0].code], [412, 'revision_conflict'])
  }
  const insisting = `${path}/u1?allow_no_administrator=true`
  t.is((await call('DELETE', insisting, { headers: { 'if-match': '*' } })).status, 200)
})
