/** `@rolesets/client/testing`: what users' tests stand on. */

import test from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecarOptions } from '@rolesets/client/testing'
import type { ExecutionContext } from 'ava'

/** On the system's clock, as users have it. */
async function open(t: ExecutionContext, options?: FakeSidecarOptions) {
  const sidecar = createFakeSidecar(options)
  const client = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 10_000, maxStalenessMs: 60_000 })
  t.teardown(() => client.close())
  await client.ready()
  return { sidecar, client }
}

test('without options there is a default set with an administrator and a member', async (t) => {
  const { client } = await open(t)
  const { roles, creatorRole, defaultRole, roleSet } = await client.availableRoles('any')
  t.deepEqual(
    roles.map(({ key }) => key),
    ['org:admin', 'org:member'],
  )
  t.deepEqual([creatorRole, defaultRole, roleSet], ['org:admin', 'org:member', 'role_set:default'])
})

test('every verb that changes something returns the revision at which the client sees it', async (t) => {
  const { sidecar, client } = await open(t, { roleSets: { 'role_set:a': ['org:x'], 'role_set:b': ['org:y'] } })
  const sees = async (atLeastRevision: string, role: string) =>
    (await client.check('acme', role, { atLeastRevision })).reason
  t.is(await sees(sidecar.setRole('org:z'), 'org:z'), 'ROLE_NOT_IN_SET')
  t.is(await sees(sidecar.setRoleSet('role_set:a', ['org:x', 'org:z']), 'org:z'), 'ROLE_IN_SET')
  t.is(await sees(sidecar.assign('acme', 'role_set:b'), 'org:z'), 'ROLE_NOT_IN_SET')
  t.is(await sees(sidecar.rename('org:y', 'org:why'), 'org:why'), 'ROLE_IN_SET')
  t.is(await sees(sidecar.replaceRoleSet('role_set:b', 'role_set:a'), 'org:z'), 'ROLE_IN_SET')
  t.is(await sees(sidecar.removeRole('org:z'), 'org:z'), 'ROLE_UNKNOWN')
  t.is(await sees(sidecar.removeOrganization('acme'), 'org:x'), 'ORGANIZATION_UNKNOWN')
  t.is(await sees(sidecar.assign('acme', 'role_set:a'), 'org:x'), 'ROLE_IN_SET')
  t.is(await sees(sidecar.touch(), 'org:x'), 'ROLE_IN_SET')
})

test('the calls of Administration that applications make are done', async (t) => {
  const { sidecar, client } = await open(t)
  const { admin } = client
  t.like(await admin.createRole({ key: 'org:analyst', permissions: ['org:reports:read'], dryRun: true }), {
    role: { key: 'org:analyst' },
    revision: sidecar.revision,
  })
  t.is((await client.check('acme', 'org:analyst')).reason, 'ROLE_UNKNOWN')
  await admin.createRole({ key: 'org:analyst', permissions: ['org:reports:read'] })
  const roles = ['org:admin', 'org:analyst']
  await admin.createRoleSet({ key: 'role_set:pro', roles, defaultRole: 'org:analyst', creatorRole: 'org:admin' })
  t.like(await admin.createOrganization({ id: 'acme', roleSet: 'role_set:pro' }), {
    organization: { roleSet: 'role_set:pro' },
  })
  t.true((await client.check('acme', 'org:analyst', { permission: 'org:reports:read' })).allowed)
  await admin.updateRole({ role: 'org:analyst', permissions: [] })
  t.false((await client.check('acme', 'org:analyst', { permission: 'org:reports:read' })).allowed)
  await admin.addRoles({ roleSet: 'role_set:pro', roles: ['org:member'] })
  t.true((await client.check('acme', 'org:member')).allowed)
  await admin.replaceRoleSet({ roleSet: 'role_set:pro', toRoleSet: 'role_set:default' })
  t.false((await client.check('acme', 'org:analyst')).allowed)
  t.deepEqual((await admin.deleteOrganization({ organizationId: 'acme' })).id, 'acme')
  await t.throwsAsync(admin.deletePermission({ permission: 'org:reports:read' }), {
    code: 'unimplemented',
    message: /DeletePermission/,
  })
  await t.throwsAsync(admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:none' }), {
    code: 'role_set_not_found',
  })
  await t.throwsAsync(admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:default' }), {
    code: 'organization_not_found',
  })
  await admin.createOrganization({ id: 'acme', roleSet: 'role_set:default' })
  t.true((await client.check('acme', 'org:admin')).allowed)
})

test('it goes down and comes back', async (t) => {
  const { sidecar, client } = await open(t)
  sidecar.goDown()
  await t.throwsAsync(client.checkMany([{ organizationId: 'acme', role: 'org:member' }]), { code: 'unavailable' })
  sidecar.comeBack()
  t.true((await client.check('acme', 'org:member')).allowed)
})

test('it stalls, and goes on with what it was asked', async (t) => {
  const { sidecar, client } = await open(t)
  sidecar.stall()
  await t.throwsAsync(client.check('acme', 'org:member', { deadlineMs: 1 }), { code: 'deadline_exceeded' })
  const asked = client.check('acme', 'org:member')
  sidecar.comeBack()
  t.true((await asked).allowed)
})

test('a method can be answered in another way, and back', async (t) => {
  const { sidecar, client } = await open(t)
  sidecar.answer('Decisions/Check', () => ({ allowed: true }))
  await t.throwsAsync(client.check('acme', 'org:member'), { code: 'unavailable' })
  sidecar.answer('Decisions/Check', undefined)
  t.true((await client.check('acme', 'org:member')).allowed)
  t.deepEqual(
    sidecar.calls.map(({ method }) => method),
    ['Decisions/Check', 'Decisions/Check'],
  )
})

test('several clients share one', async (t) => {
  const { sidecar, client } = await open(t)
  const other = createRoleSetsClient({ transport: sidecar.transport })
  await other.ready()
  await other.close()
  t.true((await client.check('acme', 'org:member')).allowed)
})

test('a permission that was deleted or renamed is said to be retired, until it is there again', async (t) => {
  const permissions = ['org:reports:read', 'org:reports:send']
  const { sidecar, client } = await open(t, { roles: { 'org:admin': permissions } })
  const ask = async (permission: string, atLeastRevision: string) => {
    const asked = await client.check('acme', 'org:admin', { permission, atLeastRevision })
    const cached = client.checkCached('acme', 'org:admin', permission)
    if (cached?.revision === asked.revision) t.is(cached.permissionRetired, asked.permissionRetired)
    return [asked.reason, asked.permissionRetired]
  }
  t.deepEqual(await ask('org:reports:none', sidecar.revision), ['PERMISSION_UNKNOWN', undefined])
  t.deepEqual(await ask('org:reports:read', sidecar.removePermission('org:reports:read')), ['PERMISSION_UNKNOWN', true])
  t.deepEqual(await ask('org:reports:send', sidecar.rename('org:reports:send', 'org:reports:mail')), [
    'PERMISSION_UNKNOWN',
    true,
  ])
  sidecar.restore()
  t.deepEqual(await ask('org:reports:send', sidecar.revision), ['PERMISSION_UNKNOWN', true])
  t.deepEqual(await ask('org:reports:none', sidecar.revision), ['PERMISSION_UNKNOWN', undefined])
  t.deepEqual(await ask('org:reports:read', sidecar.setRole('org:admin', permissions)), ['ROLE_IN_SET', undefined])
})
