/** Each call of `Administration` once, over the wire, with what it answers. */

import test from 'ava'
import { connect, contract, openTestSidecar, refusalOf, type Answer, type TestClient } from './open-sidecar.ts'

const things = (answer: Answer, name: string) => (answer[name] as Answer[]).map(({ key, id }) => String(key ?? id))

async function client(t: Parameters<typeof openTestSidecar>[0]): Promise<TestClient> {
  return connect(t, (await openTestSidecar(t)).target)
}

test('permissions are created, read, listed, changed and deleted', async (t) => {
  const { call, write } = await client(t)
  const created = await write('CreatePermission', { key: 'org:reports:read', description: 'Reads.' })
  t.like(created['permission'], { key: 'org:reports:read', description: 'Reads.', type: 'CUSTOM' })
  t.like(created['impact'], { organizations: 0, members: 0, invitations: 0, roles: [] })
  t.regex(String(created['revision']), /:2$/)
  const { id } = created['permission'] as { id: string }
  t.like(await call('GetPermission', { permission: id }), { permission: created['permission'] })
  const updated = await write('UpdatePermission', { permission: id, key: 'org:reports:see' })
  t.like(updated['permission'], { id, key: 'org:reports:see' })
  const listed = await call('ListPermissions')
  t.is(things(listed, 'permissions').length, 10)
  t.like(
    (listed['permissions'] as Answer[]).find(({ key }) => key === 'org:sys_billing:read'),
    { type: 'SYSTEM' },
  )
  t.like(await write('DeletePermission', { permission: 'org:reports:see' }), { id })
  t.is((await refusalOf(call('GetPermission', { permission: id }))).reason, 'PERMISSION_NOT_FOUND')
})

test('roles are created, read, listed by pages, changed and deleted', async (t) => {
  const { call, write } = await client(t)
  const created = await write('CreateRole', {
    key: 'org:analyst',
    permissions: ['org:sys_billing:read'],
    includeInInitialRoleSet: true,
  })
  t.like(created['role'], { permissions: ['org:sys_billing:read'], creatorEligible: false })
  t.like(await call('Check', { organizationId: 'o', role: 'org:analyst' }), { allowed: true })
  t.like(await call('GetRole', { role: 'org:analyst' }), { role: created['role'] })
  const first = await call('ListRoles', { pageSize: 2 })
  const second = await call('ListRoles', { pageSize: 2, pageToken: first['nextPageToken'] })
  t.deepEqual([...things(first, 'roles'), ...things(second, 'roles')].sort(), [
    'org:admin',
    'org:analyst',
    'org:member',
  ])
  t.is(second['nextPageToken'], '')
  t.like((await write('UpdateRole', { role: 'org:analyst', name: 'A' }))['role'], { name: 'A' })
  t.like(await write('DeleteRole', { role: 'org:analyst' }), { id: (created['role'] as Answer)['id'] })
  t.like(await call('Check', { organizationId: 'o', role: 'org:analyst' }), { allowed: false, reason: 'ROLE_UNKNOWN' })
})

test('role sets are created, read, listed, changed, filled, emptied, replaced and deleted', async (t) => {
  const { call, read, write } = await client(t)
  for (const key of ['org:a', 'org:b']) await write('CreateRole', { key })
  const pro = { name: 'Pro', roles: ['org:admin', 'org:a'], defaultRole: 'org:a', creatorRole: 'org:admin' }
  const created = await write('CreateRoleSet', pro)
  t.like(created['roleSet'], {
    key: 'role_set:pro',
    type: 'CUSTOM_SET',
    roles: ['org:a', 'org:admin'],
    defaultRole: 'org:a',
  })
  t.like(await call('GetRoleSet', { roleSet: 'role_set:pro' }), { roleSet: created['roleSet'] })
  t.is(things(await call('ListRoleSets'), 'roleSets').length, 2)
  const added = await write('AddRoles', { roleSet: 'role_set:pro', roles: ['org:b'], defaultRole: 'org:b' })
  t.like(added['roleSet'], { roles: ['org:a', 'org:admin', 'org:b'], defaultRole: 'org:b' })
  t.like((await write('ReplaceRole', { roleSet: 'role_set:pro', role: 'org:a' }))['roleSet'], {
    roles: ['org:admin', 'org:b'],
  })
  const initial = await write('UpdateRoleSet', { roleSet: 'role_set:pro', type: 'INITIAL_SET', name: 'Professional' })
  t.like(initial['roleSet'], { type: 'INITIAL_SET', name: 'Professional' })
  await write('CreateOrganization', { id: 'org_1', roleSet: 'role_set:default', createdBy: 'user_1' })
  await write('CreateMembership', { organizationId: 'org_1', userId: 'user_2', role: 'org:member' })
  const replace = { roleSet: 'role_set:default', toRoleSet: 'role_set:pro' }
  const missing = await refusalOf(write('ReplaceRoleSet', replace))
  t.is(missing.reason, 'MAPPING_MISSING')
  const replaced = await write('ReplaceRoleSet', { ...replace, mappings: { 'org:member': 'org:b' } })
  t.like(replaced['impact'], { organizations: 1, members: 1 })
  t.like((replaced['impact'] as Answer)['roles'], [{ role: 'org:member', toRole: 'org:b', members: 1 }])
  t.like(await read('GetMembership', { organizationId: 'org_1', userId: 'user_2' }), { membership: { role: 'org:b' } })
  await write('CreateRoleSet', { ...pro, key: 'role_set:spare' })
  t.like(await write('DeleteRoleSet', { roleSet: 'role_set:spare' }), { impact: { organizations: 0 } })
})

test('organizations are created, read, listed, changed, put on another set and deleted', async (t) => {
  const { call, read, write } = await client(t)
  const pro = { name: 'Pro', roles: ['org:admin'], defaultRole: 'org:admin', creatorRole: 'org:admin' }
  await write('CreateRoleSet', pro)
  const created = await write('CreateOrganization', { name: 'Acme', slug: 'acme', createdBy: 'user_1' })
  const { id } = created['organization'] as { id: string }
  t.regex(id, /^org_/)
  t.like(created['organization'], { name: 'Acme', slug: 'acme', roleSet: 'role_set:default' })
  t.like(await read('GetOrganization', { organizationId: id }), { organization: created['organization'] })
  const updated = await write('UpdateOrganization', { organizationId: id, slug: '' })
  t.like(updated['organization'], { name: 'Acme', slug: '' })
  const assigned = await write('AssignRoleSet', { organizationId: id, roleSet: 'role_set:pro' })
  t.like(assigned['organization'], { roleSet: 'role_set:pro' })
  await write('CreateOrganization', { id: 'org_other' })
  t.deepEqual(things(await call('ListOrganizations', { roleSet: 'role_set:pro' }), 'organizations'), [id])
  t.is(things(await call('ListOrganizations'), 'organizations').length, 2)
  t.like(await write('DeleteOrganization', { organizationId: id }), { id })
  t.is((await refusalOf(read('GetOrganization', { organizationId: id }))).reason, 'ORGANIZATION_NOT_FOUND')
})

test('memberships are created, read, listed, changed and ended', async (t) => {
  const { read, write } = await client(t)
  const ids = { organizationId: 'org_1', userId: 'user_1' }
  const created = await write('CreateMembership', { ...ids, role: 'org:member' })
  t.like(created['membership'], { ...ids, role: 'org:member' })
  t.is((await refusalOf(write('CreateMembership', { ...ids, role: 'org:member' }))).reason, 'MEMBERSHIP_EXISTS')
  t.like(await read('GetMembership', ids), { membership: created['membership'] })
  t.like((await write('UpdateMembership', { ...ids, role: 'org:admin' }))['membership'], { role: 'org:admin' })
  await write('CreateMembership', { ...ids, userId: 'user_2', role: 'org:member' })
  const admins = await read('ListMemberships', { organizationId: 'org_1', role: 'org:admin' })
  t.deepEqual(
    (admins['memberships'] as Answer[]).map(({ userId }) => String(userId)),
    ['user_1'],
  )
  t.like((await write('DeleteMembership', { ...ids, allowNoAdministrator: true }))['membership'], ids)
  t.is((await refusalOf(read('GetMembership', ids))).reason, 'MEMBERSHIP_NOT_FOUND')
})

test('a role outside the set of the organization is not granted, and the answer names the reason', async (t) => {
  const { write } = await client(t)
  await write('CreateRole', { key: 'org:elsewhere' })
  const membership = { organizationId: 'org_1', userId: 'user_1', role: 'org:elsewhere' }
  const refused = await refusalOf(write('CreateMembership', membership))
  t.like(refused, { status: 'FAILED_PRECONDITION', reason: 'ROLE_NOT_IN_ROLE_SET' })
})

test('a dry run answers like the write, and changes nothing', async (t) => {
  const { call, write } = await client(t)
  const dry = await write('CreateRole', { key: 'org:x', dryRun: true })
  t.like(dry['role'], { key: 'org:x' })
  t.regex(String(dry['revision']), /:1$/)
  t.is((await refusalOf(call('GetRole', { role: 'org:x' }))).reason, 'ROLE_NOT_FOUND')
})

test('a described state is applied in one revision, and then there is nothing left to do', async (t) => {
  const { call, write } = await client(t)
  const described = {
    permissions: [{ key: 'org:reports:read' }],
    roles: [{ key: 'org:analyst', permissions: { keys: ['org:reports:read'] } }],
    roleSets: [
      {
        key: 'role_set:pro',
        roles: ['org:admin', 'org:analyst'],
        defaultRole: 'org:analyst',
        creatorRole: 'org:admin',
      },
    ],
    organizations: [{ id: 'org_1', name: 'One', roleSet: 'role_set:pro' }],
  }
  const applied = await write('Apply', described)
  const steps = applied['steps'] as Answer[]
  t.true(steps.length >= 4)
  t.true(steps.every(({ action }) => action === 'CREATE' || action === 'UPDATE'))
  t.regex(String(applied['revision']), /:2$/)
  t.like(await call('Check', { organizationId: 'org_1', role: 'org:analyst' }), { allowed: true })
  const again = await write('Apply', described)
  t.deepEqual(again['steps'], [])
  t.is(again['revision'], applied['revision'])
})

test('every call of the contract is carried out by a test of this folder', async (t) => {
  const { readFile } = await import('node:fs/promises')
  const files = ['administration', 'invitations', 'settings', 'access-keys', 'audit', 'backup', 'scopes']
  const texts = await Promise.all(files.map((name) => readFile(new URL(`${name}.test.ts`, import.meta.url), 'utf8')))
  const methods = Object.keys(contract.rolesets.v1.Administration.service)
  t.deepEqual(
    methods.filter((name) => !texts.some((text) => text.includes(`'${name}'`))),
    [],
  )
})
