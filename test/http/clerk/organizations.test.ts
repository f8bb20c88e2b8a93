import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient('an organization is created, read by id and by slug, changed and deleted', async (t, clerk) => {
  const { organizations } = clerk
  const made = await organizations.createOrganization({
    name: 'Acme',
    slug: 'acme',
    createdBy: 'user_1',
    maxAllowedMemberships: 5,
    publicMetadata: { plan: { tier: 'gold' } },
    privateMetadata: { Note: null },
  })
  t.regex(made.id, /^org_/)
  t.like(made, {
    name: 'Acme',
    slug: 'acme',
    createdBy: 'user_1',
    maxAllowedMemberships: 5,
    hasImage: false,
    adminDeleteEnabled: true,
    publicMetadata: { plan: { tier: 'gold' } },
    privateMetadata: { Note: null },
  })
  t.is(made.raw?.role_set_key, 'role_set:default')
  t.true(made.createdAt > 1_600_000_000_000)

  const bySlug = await organizations.getOrganization({ slug: 'acme', includeMembersCount: true })
  t.like(bySlug, { id: made.id, membersCount: 1 })
  const byId = await organizations.getOrganization({ organizationId: made.id })
  t.like(byId, { id: made.id, membersCount: undefined })
  const { data: members } = await organizations.getOrganizationMembershipList({ organizationId: made.id })
  t.deepEqual(
    members.map(({ role, publicUserData }) => [role, publicUserData?.userId]),
    [['org:admin', 'user_1']],
  )

  const changed = await organizations.updateOrganization(made.id, { name: 'Acme & Co', adminDeleteEnabled: false })
  t.like(changed, { name: 'Acme & Co', slug: 'acme', adminDeleteEnabled: false, createdAt: made.createdAt })

  const gone = await organizations.deleteOrganization(made.id)
  t.like(gone, { id: made.id, object: 'organization', slug: 'acme', deleted: true })
  t.like(await refusalOf(organizations.getOrganization({ organizationId: made.id })), {
    status: 404,
    code: 'resource_not_found',
  })
  const left = await organizations.getInstanceOrganizationMembershipList({})
  t.is(left.totalCount, 0)
})

withEachClient('an organization of which little is known has empty texts instead of nulls', async (t, clerk) => {
  const made = await clerk.organizations.createOrganization({ name: 'Plain' })
  t.like(made, { slug: '', createdBy: '', imageUrl: '', maxAllowedMemberships: 0, publicMetadata: {} })
  const { slug } = await clerk.organizations.deleteOrganization(made.id)
  t.falsy(slug)
})

withEachClient('organizations are listed with a total, by pages, in an order, by filters', async (t, clerk) => {
  const { organizations } = clerk
  const ids: string[] = []
  for (const [name, members] of [
    ['Alpha', ['u1']],
    ['beta', ['u1', 'u2', 'u3']],
    ['Gamma', ['u2', 'u3']],
  ] as const) {
    const { id } = await organizations.createOrganization({ name, slug: `slug-${name.toLowerCase()}` })
    for (const userId of members)
      await organizations.createOrganizationMembership({ organizationId: id, userId, role: 'org:member' })
    ids.push(id)
  }
  const [alpha = '', beta = '', gamma = ''] = ids
  const names = async (params: object) => {
    const { data, totalCount } = await organizations.getOrganizationList(params)
    return [data.map(({ name }) => name).join(' '), totalCount]
  }
  t.deepEqual(await names({}), ['Gamma beta Alpha', 3])
  t.deepEqual(await names({ orderBy: '+created_at', limit: 1, offset: 1 }), ['beta', 3])
  t.deepEqual(await names({ orderBy: '-members_count' }), ['beta Gamma Alpha', 3])
  t.deepEqual(await names({ orderBy: 'members_count', limit: 1 }), ['Alpha', 3])
  t.deepEqual(await names({ query: 'ET' }), ['beta', 1])
  t.deepEqual(await names({ query: 'slug-g' }), ['Gamma', 1])
  t.deepEqual(await names({ query: alpha }), ['Alpha', 1])
  t.deepEqual(await names({ query: alpha.slice(0, -1) }), ['', 0])
  t.deepEqual(await names({ userId: ['u1', '+u2'] }), ['Gamma beta Alpha', 3])
  t.deepEqual(await names({ userId: ['+u2', '-u1'] }), ['Gamma', 1])
  t.deepEqual(await names({ userId: ['nobody'] }), ['', 0])
  t.deepEqual(await names({ organizationId: [alpha, gamma, 'org_none'] }), ['Gamma Alpha', 2])
  t.deepEqual(await names({ organizationId: [`-${beta}`] }), ['Gamma Alpha', 2])
  const { data } = await organizations.getOrganizationList({ includeMembersCount: true, orderBy: '+created_at' })
  t.deepEqual(
    data.map(({ membersCount }) => membersCount),
    [1, 3, 2],
  )
})

test('the answer says whether a member can manage the organization, on request', async (t) => {
  const { call } = await openApi(t)
  const { body: led } = await call('POST', '/v1/organizations', { body: { name: 'Led', created_by: 'u1' } })
  const { body: adrift } = await call('POST', '/v1/organizations', { body: { name: 'Adrift' } })
  const query = 'include_missing_member_with_elevated_permissions=true'
  const { body: list } = await call('GET', `/v1/organizations?order_by=created_at&${query}`)
  t.deepEqual(
    list.data.map((it: Record<string, unknown>) => it['missing_member_with_elevated_permissions']),
    [false, true],
  )
  t.like((await call('GET', `/v1/organizations/${adrift.id}?${query}`)).body, {
    missing_member_with_elevated_permissions: true,
  })
  const plain = await call('GET', `/v1/organizations/${led.id}`)
  t.false('missing_member_with_elevated_permissions' in plain.body)
  t.false('members_count' in plain.body)
})

withEachClient("what is wrong with an organization is reported in Clerk's codes", async (t, { organizations }) => {
  const make = (params: object) => refusalOf(organizations.createOrganization(params as never))
  const form = (code: string, paramName: string) => ({ status: 422, code: `form_param_${code}`, paramName })
  t.like(await make({ slug: 'a' }), form('missing', 'name'))
  t.like(await make({ name: null }), form('nil', 'name'))
  t.like(await make({ name: 7 }), form('type_invalid', 'name'))
  t.like(await make({ name: ' ' }), form('format_invalid', 'name'))
  t.like(await make({ name: 'See https://example.com' }), form('format_invalid', 'name'))
  t.like(await make({ name: '<b>Acme</b>' }), form('format_invalid', 'name'))
  t.like(await make({ name: 'x'.repeat(257) }), form('max_length_exceeded', 'name'))
  t.like(await make({ name: 'A', slug: 'Not a slug' }), form('format_invalid', 'slug'))
  t.like(await make({ name: 'A', createdAt: 'yesterday' }), form('format_invalid', 'created_at'))
  t.like(await make({ name: 'A', publicMetadata: [1] }), form('type_invalid', 'public_metadata'))
  t.like(
    await make({ name: 'A', privateMetadata: { a: 'x'.repeat(9_000) } }),
    form('max_length_exceeded', 'private_metadata'),
  )
  t.like(await make({ name: 'A', maxAllowedMemberships: '5' }), form('type_invalid', 'max_allowed_memberships'))
  const negative = await make({ name: 'A', maxAllowedMemberships: -1 })
  t.like(negative, { status: 422, paramName: 'max_allowed_memberships' })
  t.like(await make({ name: 'A', roleSetKey: 'role_set:none' }), form('value_invalid', 'role_set_key'))
  await organizations.createOrganization({ name: 'A', slug: 'taken' })
  t.like(await make({ name: 'B', slug: 'taken' }), { status: 422, code: 'form_identifier_exists', paramName: 'slug' })
  t.is((await organizations.getOrganizationList()).totalCount, 1)
})

test('a time of creation is taken from the request, and fields with null are as if not given', async (t) => {
  const { call } = await openApi(t)
  const nothing = { slug: null, created_by: null, max_allowed_memberships: null, role_set_key: null }
  const body = { name: 'Old', created_at: '2012-10-20T07:15:20.902Z', public_metadata: null, ...nothing }
  const made = await call('POST', '/v1/organizations', { body })
  t.like(made, { status: 200, body: { created_at: 1_350_717_320_902, slug: '', public_metadata: {} } })
  const path = `/v1/organizations/${made.body.id}`
  const moved = await call('PATCH', path, { body: { created_at: '2012-10-20T09:15:20.902+02:00', name: null } })
  t.like(moved.body, { created_at: 1_350_717_320_902, name: 'Old' })
  t.like(await call('PATCH', path), { status: 200 })
})

test("unknown fields of an update are rejected, and an unknown organization isn't found", async (t) => {
  const { call } = await openApi(t)
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  const refused = await call('PATCH', `/v1/organizations/${made.id}`, { body: { naem: 'B' } })
  t.like(refused, {
    status: 422,
    body: { errors: { 0: { code: 'form_param_unknown', meta: { param_name: 'naem' } } } },
  })
  for (const [method, path] of [
    ['PATCH', ''],
    ['DELETE', ''],
    ['PATCH', '/metadata'],
    ['PUT', '/metadata'],
    ['PUT', '/logo'],
    ['DELETE', '/logo'],
    ['GET', '/invitations'],
    ['GET', '/invitations/pending'],
  ] as const) {
    const { status, body } = await call(method, `/v1/organizations/org_none${path}`)
    t.deepEqual([status, body.errors[0].code], [404, 'resource_not_found'], `${method} ${path}`)
  }
  // Clerk documents no 404 for this list.
  const members = await call('GET', '/v1/organizations/org_none/memberships')
  const unknown = { code: 'form_param_value_invalid', meta: { param_name: 'organization_id' } }
  t.like(members, { status: 422, body: { errors: { 0: unknown } } })
})
