import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient(
  'a permission is created, read, changed and deleted',
  async (t, { organizationPermissions }, { call }) => {
    const made = await organizationPermissions.createOrganizationPermission({
      name: 'Read reports',
      key: 'org:reports:read',
      description: 'See them.',
    })
    t.regex(made.id, /^perm_/)
    t.like(made, { name: 'Read reports', key: 'org:reports:read', description: 'See them.' })
    t.true(Number.isInteger(made.createdAt) && made.createdAt > 1_600_000_000_000)
    t.like((await call('GET', `/v1/organization_permissions/${made.id}`)).body, { object: 'permission', type: 'user' })

    t.deepEqual(await organizationPermissions.getOrganizationPermission(made.id), made)
    const changed = await organizationPermissions.updateOrganizationPermission({
      permissionId: made.id,
      name: 'See reports',
    })
    t.like(changed, { id: made.id, name: 'See reports', key: 'org:reports:read', description: 'See them.' })

    const gone = await organizationPermissions.deleteOrganizationPermission(made.id)
    t.like(gone, { object: 'permission', id: made.id, deleted: true })
    t.like(await refusalOf(organizationPermissions.getOrganizationPermission(made.id)), {
      status: 404,
      code: 'resource_not_found',
    })
  },
)

withEachClient('permissions are listed with a total, by pages, in an order, by a query', async (t, clerk) => {
  const { organizationPermissions } = clerk
  const all = await organizationPermissions.getOrganizationPermissionList({ limit: 500 })
  t.is(all.totalCount, 9)
  t.true(all.data.every(({ key }) => key.startsWith('org:sys_')))
  const page = await organizationPermissions.getOrganizationPermissionList({ limit: 2, offset: 1, orderBy: '+key' })
  t.deepEqual(
    page.data.map(({ key }) => key),
    ['org:sys_billing:read', 'org:sys_domains:manage'],
  )
  t.is(page.totalCount, 9)
  const last = await organizationPermissions.getOrganizationPermissionList({ limit: 1, orderBy: '-key' })
  t.is(last.data[0]?.key, 'org:sys_profile:manage')
  const found = await organizationPermissions.getOrganizationPermissionList({ query: 'billing' })
  t.is(found.totalCount, 2)
  const [first] = found.data
  const byId = await organizationPermissions.getOrganizationPermissionList({ query: first?.id ?? '' })
  t.deepEqual(byId.data, [first])
})

withEachClient(
  "what is wrong with a permission is reported in Clerk's codes",
  async (t, { organizationPermissions }) => {
    const make = (params: object) => refusalOf(organizationPermissions.createOrganizationPermission(params as never))
    t.like(await make({ name: 'A' }), { status: 422, code: 'form_param_missing', paramName: 'key' })
    t.like(await make({ name: 'A', key: null }), { status: 422, code: 'form_param_nil', paramName: 'key' })
    t.like(await make({ name: 1, key: 'org:a:b' }), { status: 422, code: 'form_param_type_invalid', paramName: 'name' })
    for (const key of ['a:b', 'org:a', 'org:a:B', 'org:a:b:c', 'org:sys_a:b', ''])
      t.like(await make({ name: 'A', key }), { status: 422, code: 'form_param_format_invalid', paramName: 'key' }, key)
    t.like(await make({ name: 'x'.repeat(257), key: 'org:a:b' }), {
      status: 422,
      code: 'form_param_max_length_exceeded',
      paramName: 'name',
    })
    await organizationPermissions.createOrganizationPermission({ name: 'A', key: 'org:a:b', description: '' })
    const taken = await make({ name: 'B', key: 'org:a:b' })
    t.like(taken, { status: 422, code: 'form_identifier_exists', paramName: 'key' })
    t.regex(taken.traceId ?? '', /^[0-9a-f]{32}$/)
  },
)

withEachClient('system permissions are neither changed nor deleted', async (t, { organizationPermissions }) => {
  const { data } = await organizationPermissions.getOrganizationPermissionList({ query: 'sys_billing:read' })
  const permissionId = data[0]?.id ?? ''
  const expected = { status: 403, code: 'organization_system_permission_not_modifiable' }
  t.like(await refusalOf(organizationPermissions.updateOrganizationPermission({ permissionId, name: 'A' })), expected)
  t.like(await refusalOf(organizationPermissions.deleteOrganizationPermission(permissionId)), expected)
})

test('a key is not accepted as an id in a path', async (t) => {
  const { call } = await openApi(t)
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const { status, body } = await call(method, '/v1/organization_permissions/org:sys_billing:read')
    t.is(status, 404, method)
    t.is(body.errors[0].code, 'resource_not_found', method)
  }
})
