import test from 'ava'
import type { ClerkClient } from '@clerk/backend'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

const creatorKeys = ['org:sys_memberships:manage', 'org:sys_memberships:read', 'org:sys_profile:delete']

async function permissionIds({ organizationPermissions }: ClerkClient, keys: readonly string[]): Promise<string[]> {
  const { data } = await organizationPermissions.getOrganizationPermissionList({ limit: 500 })
  return keys.map((key) => data.find((permission) => permission.key === key)?.id ?? key)
}

async function roleIdOf({ organizationRoles }: ClerkClient, key: string): Promise<string> {
  const { data } = await organizationRoles.getOrganizationRoleList({ query: key })
  return data.find((role) => role.key === key)?.id ?? key
}

withEachClient('a role is created, read, changed and deleted', async (t, clerk) => {
  const { organizationRoles } = clerk
  const permissions = await permissionIds(clerk, creatorKeys)
  const made = await organizationRoles.createOrganizationRole({
    name: 'Owner',
    key: 'org:owner',
    description: 'Owns it.',
    permissions,
  })
  t.regex(made.id, /^role_/)
  t.like(made, { name: 'Owner', key: 'org:owner', description: 'Owns it.', isCreatorEligible: true })
  t.deepEqual(
    made.permissions.map(({ key }) => key),
    creatorKeys,
  )
  t.like(made.permissions[0], { id: permissions[0] })
  t.deepEqual(await organizationRoles.getOrganizationRole(made.id), made)

  const changed = await organizationRoles.updateOrganizationRole({
    organizationRoleId: made.id,
    name: 'Holder',
    key: 'org:holder',
    permissions: permissions.slice(0, 1),
  })
  t.like(changed, { id: made.id, name: 'Holder', key: 'org:holder', description: 'Owns it.', isCreatorEligible: false })
  t.is(changed.permissions.length, 1)
  const same = await organizationRoles.updateOrganizationRole({
    organizationRoleId: made.id,
    permissions: null,
  })
  t.is(same.permissions.length, 1)

  t.like(await organizationRoles.deleteOrganizationRole(made.id), { object: 'role', id: made.id, deleted: true })
  t.like(await refusalOf(organizationRoles.getOrganizationRole(made.id)), { status: 404, code: 'resource_not_found' })
  const again = await refusalOf(organizationRoles.deleteOrganizationRole(made.id))
  t.like(again, { status: 404, code: 'resource_not_found' })
})

withEachClient(
  'a role is in no set, unless it joins the initial one at once',
  async (t, { organizationRoles, roleSets }) => {
    await organizationRoles.createOrganizationRole({ name: 'A', key: 'org:a', description: '', permissions: [] })
    const joins = { name: 'B', key: 'org:b', description: '', permissions: [], includeInInitialRoleSet: true }
    await organizationRoles.createOrganizationRole(joins)
    const { roles } = await roleSets.getRoleSet('role_set:default')
    t.deepEqual(
      roles.map(({ key }) => key),
      ['org:admin', 'org:b', 'org:member'],
    )
  },
)

withEachClient('a permission is put on a role once, and taken from it once', async (t, clerk) => {
  const { organizationRoles } = clerk
  const role = await organizationRoles.createOrganizationRole({
    name: 'A',
    key: 'org:a',
    description: '',
    permissions: [],
  })
  const [permissionId = ''] = await permissionIds(clerk, ['org:sys_billing:read'])
  const params = { organizationRoleId: role.id, permissionId }
  const given = await organizationRoles.assignPermissionToOrganizationRole(params)
  t.deepEqual(
    given.permissions.map(({ id }) => id),
    [permissionId],
  )
  t.like(await refusalOf(organizationRoles.assignPermissionToOrganizationRole(params)), {
    status: 409,
    code: 'organization_role_permission_association_exists',
  })
  const taken = await organizationRoles.removePermissionFromOrganizationRole(params)
  t.deepEqual(taken.permissions, [])
  t.like(await refusalOf(organizationRoles.removePermissionFromOrganizationRole(params)), {
    status: 404,
    code: 'organization_role_permission_association_not_found',
  })
  const unknown = { organizationRoleId: role.id, permissionId: 'perm_none' }
  t.like(await refusalOf(organizationRoles.assignPermissionToOrganizationRole(unknown)), {
    status: 404,
    code: 'resource_not_found',
  })
})

withEachClient('roles are listed newest first, by pages, in an order, by a query', async (t, { organizationRoles }) => {
  for (const key of ['org:b', 'org:c', 'org:a'])
    await organizationRoles.createOrganizationRole({ name: `Role ${key}`, key, description: '', permissions: [] })
  const keysOf = async (params: object) =>
    (await organizationRoles.getOrganizationRoleList(params)).data.map(({ key }) => key)
  t.deepEqual((await keysOf({})).length, 5)
  t.deepEqual(await keysOf({ orderBy: '+key', limit: 3 }), ['org:a', 'org:admin', 'org:b'])
  t.deepEqual(await keysOf({ orderBy: '-key', limit: 2, offset: 1 }), ['org:c', 'org:b'])
  t.deepEqual(await keysOf({ orderBy: 'name', query: 'Role', limit: 2 }), ['org:a', 'org:b'])
  const { totalCount } = await organizationRoles.getOrganizationRoleList({ query: 'Role', limit: 1 })
  t.is(totalCount, 3)
})

withEachClient("what is wrong with a role is reported in Clerk's codes", async (t, clerk, { call }) => {
  const { organizationRoles } = clerk
  const make = (params: object) => refusalOf(organizationRoles.createOrganizationRole(params as never))
  t.like(await make({ key: 'org:a' }), { status: 422, code: 'form_param_missing', paramName: 'name' })
  t.like(await make({ name: 'A', key: 'a' }), { status: 422, code: 'form_param_format_invalid', paramName: 'key' })
  t.like(await make({ name: 'A', key: 'org:admin' }), { status: 422, code: 'form_identifier_exists', paramName: 'key' })
  t.like(await make({ name: 'A', key: 'org:a', permissions: ['perm_none'] }), {
    status: 404,
    code: 'resource_not_found',
    paramName: 'permissions',
  })
  t.like(await make({ name: 'A', key: 'org:a', permissions: 'perm_none' }), {
    status: 422,
    code: 'form_param_type_invalid',
    paramName: 'permissions',
  })
  const [id = ''] = await permissionIds(clerk, ['org:sys_billing:read'])
  t.like(await make({ name: 'A', key: 'org:a', permissions: [id, id] }), {
    status: 422,
    code: 'form_param_duplicate',
    paramName: 'permissions',
  })
  t.like(await make({ name: 'A', key: 'org:a', color: 'red' }), {
    status: 422,
    code: 'form_param_unknown',
    paramName: 'color',
  })
  const { body } = await call('GET', '/v1/organization_roles?query=org:a')
  t.is(body.total_count, 1, 'nothing was made')
})

withEachClient('a creator role keeps what a creator needs', async (t, clerk) => {
  const { organizationRoles } = clerk
  const organizationRoleId = await roleIdOf(clerk, 'org:admin')
  const expected = { status: 422, code: 'organization_missing_creator_role_permissions' }
  const less = await refusalOf(organizationRoles.updateOrganizationRole({ organizationRoleId, permissions: [] }))
  t.like(less, { ...expected, paramName: 'permissions' })
  t.regex(less.message ?? '', /org:sys_profile:delete/)
  const [permissionId = ''] = await permissionIds(clerk, ['org:sys_profile:delete'])
  const params = { organizationRoleId, permissionId }
  t.like(await refusalOf(organizationRoles.removePermissionFromOrganizationRole(params)), expected)
})

withEachClient('a role in use is not deleted, and the code says which use', async (t, clerk) => {
  const { organizationRoles, organizations } = clerk
  const deleting = async (key: string) =>
    refusalOf(organizationRoles.deleteOrganizationRole(await roleIdOf(clerk, key)))
  t.like(await deleting('org:admin'), { status: 422, code: 'organization_role_default_creator_role' })
  t.like(await deleting('org:member'), { status: 422, code: 'organization_role_domain_default_role' })
  for (const key of ['org:held', 'org:invited'])
    await organizationRoles.createOrganizationRole({
      ...{ name: key, key, description: '', permissions: [] },
      includeInInitialRoleSet: true,
    })
  const { id: organizationId } = await organizations.createOrganization({ name: 'Acme' })
  await organizations.createOrganizationMembership({ organizationId, userId: 'user_1', role: 'org:held' })
  const emailAddress = 'a@example.com'
  await organizations.createOrganizationInvitation({ organizationId, emailAddress, role: 'org:invited' })
  t.like(await deleting('org:held'), { status: 422, code: 'organization_role_assigned_members' })
  t.like(await deleting('org:invited'), { status: 422, code: 'organization_role_exists_in_invitations' })
})

test('the roles that can be granted in an organization come with their permissions', async (t) => {
  const { call } = await openApi(t)
  const { body: organization } = await call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  const { status, body } = await call('GET', `/v1/organizations/${organization.id}/roles`)
  t.is(status, 200)
  t.like(body, {
    total_count: 2,
    role_set_key: 'role_set:default',
    default_role_key: 'org:member',
    creator_role_key: 'org:admin',
    has_role_set_migration: false,
  })
  t.deepEqual(
    body.data.map(({ key, permissions }: { key: string; permissions: unknown[] }) => [key, permissions.length]),
    [
      ['org:admin', 9],
      ['org:member', 2],
    ],
  )
})

test('a key is not accepted as the id of a role', async (t) => {
  const { call } = await openApi(t)
  for (const method of ['GET', 'PATCH', 'DELETE'])
    t.is((await call(method, '/v1/organization_roles/org:admin')).status, 404, method)
})
