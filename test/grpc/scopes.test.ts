/** Scopes over the wire (rules 14 to 16): the calls of the catalogue and of organizations, and what decisions say then. */

import test from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { connect, openTestSidecar, readKey, refusalOf, secretKey, type Answer } from './open-sidecar.ts'

const acme = 'org_acme'

test('kinds, defaults and scopes are made, listed, renamed and deleted, and each decides at once', async (t) => {
  const { target } = await openTestSidecar(t)
  const { write, call } = connect(t, target)
  for (const name of ['ward', 'pharmacy']) {
    await write('CreateRole', { key: `org:${name}` })
    await write('CreateRoleSet', { key: `role_set:${name}`, roles: [`org:${name}`], defaultRole: `org:${name}` })
  }
  await write('CreateOrganization', { id: acme, createdBy: 'ann' })
  const ask = async (scope: string, role: string) =>
    (await call('Check', { organizationId: acme, scope, role }))['reason']
  t.is(await ask('department:a', 'org:ward'), 'SCOPE_KIND_UNKNOWN')
  const none = await write('SetScopeKind', { kind: 'department', fallback: 'NONE' })
  t.like(none, { scopeKind: { kind: 'department', fallback: 'NONE', roleSet: '' } })
  t.is(await ask('department:a', 'org:ward'), 'SCOPE_UNASSIGNED')
  await write('SetScopeKind', { kind: 'department', fallback: 'ROLE_SET', roleSet: 'role_set:ward' })
  t.is(await ask('department:a', 'org:ward'), 'ROLE_IN_SET')
  await write('SetScopeDefault', { scope: 'department:pharmacy', roleSet: 'role_set:pharmacy' })
  t.is(await ask('department:pharmacy', 'org:pharmacy'), 'ROLE_IN_SET')
  await write('AssignRoleSet', { organizationId: acme, scope: 'department:a', roleSet: 'role_set:pharmacy' })
  t.is(await ask('department:a', 'org:ward'), 'ROLE_NOT_IN_SET')

  const listed = await call('ListScopeKinds', {})
  t.like(listed, { scopeKinds: [{ kind: 'department', fallback: 'ROLE_SET', roleSet: 'role_set:ward' }] })
  t.like(listed, { scopeDefaults: [{ scope: 'department:pharmacy', roleSet: 'role_set:pharmacy' }] })
  await write('RenameScope', { organizationId: acme, scope: 'department:a', newScope: 'department:b', name: 'B' })
  const { scopes } = await call('ListScopes', { organizationId: acme }, { key: secretKey })
  t.like(scopes, [{ scope: 'department:b', name: 'B', roleSet: 'role_set:pharmacy', origin: 'OWN', members: 0 }])
  t.is(await ask('department:a', 'org:ward'), 'ROLE_IN_SET')

  t.like(await refusalOf(write('DeleteScopeKind', { kind: 'department' })), { reason: 'IN_USE' })
  t.like(await refusalOf(write('DeleteRoleSet', { roleSet: 'role_set:ward' })), { reason: 'IN_USE' })
  await write('AssignRoleSet', { organizationId: acme, scope: 'department:b', clear: true })
  await write('RenameScope', { organizationId: acme, scope: 'department:b', name: '' })
  await write('DeleteScopeDefault', { scope: 'department:pharmacy' })
  await write('DeleteScopeKind', { kind: 'department' })
  t.is(await ask('department:a', 'org:ward'), 'SCOPE_KIND_UNKNOWN')
  t.like(await refusalOf(write('DeleteScopeKind', { kind: 'department' })), {
    status: 'NOT_FOUND',
    reason: 'SCOPE_KIND_NOT_FOUND',
  })
})

test('without a key a caller sees scopes with a name or a role set of their own, and nothing about members', async (t) => {
  const { call, write } = connect(t, (await openTestSidecar(t)).target)
  await write('CreateOrganization', { id: acme })
  await write('SetScopeKind', { kind: 'department', fallback: 'ORGANIZATION' })
  await write('CreateMembership', { organizationId: acme, userId: 'ann', role: 'org:member' })
  for (const name of ['a', 'b', 'c'])
    await write('CreateMembership', {
      ...{ organizationId: acme, scope: `department:${name}`, userId: 'ann', role: 'org:member' },
    })
  await write('AssignRoleSet', { organizationId: acme, scope: 'department:b', roleSet: 'role_set:default' })
  await write('RenameScope', { organizationId: acme, scope: 'department:c', name: 'C' })
  const seen = async (key: string | undefined) => {
    const { scopes } = await call('ListScopes', { organizationId: acme }, { key })
    return (scopes as Answer[]).map(({ scope, members, origin }) => [scope, members, origin])
  }
  t.deepEqual(await seen(readKey), [
    ['department:a', 1, 'ORGANIZATION'],
    ['department:b', 1, 'OWN'],
    ['department:c', 1, 'ORGANIZATION'],
  ])
  t.deepEqual(await seen(undefined), [
    ['department:b', 0, 'OWN'],
    ['department:c', 0, 'ORGANIZATION'],
  ])
})

test("a client's cache follows the catalogue and the scopes of a real sidecar", async (t) => {
  const { target } = await openTestSidecar(t)
  const client = createRoleSetsClient({ target, key: secretKey })
  t.teardown(() => client.close())
  await client.ready()
  const { admin } = client
  await admin.createRole({ key: 'org:ward' })
  await admin.createRoleSet({ key: 'role_set:ward', roles: ['org:ward'], defaultRole: 'org:ward' })
  await admin.createOrganization({ id: acme })
  await admin.setScopeKind({ kind: 'department', fallback: 'ORGANIZATION' })
  const about = { scope: 'department:a' }
  const roleSetNow = async () => {
    const asked = await client.check(acme, 'org:ward', about)
    const { revision } = client.status()
    const cached = client.checkCached(acme, 'org:ward', about)
    if (cached !== undefined && revision === asked.revision) t.is(cached.roleSet, asked.roleSet)
    return asked.roleSet
  }
  t.is(await roleSetNow(), 'role_set:default')
  await admin.setScopeDefault({ scope: 'department:a', roleSet: 'role_set:ward' })
  t.is(await roleSetNow(), 'role_set:ward')
  await admin.deleteScopeDefault({ scope: 'department:a' })
  t.is(await roleSetNow(), 'role_set:default')
  await admin.assignRoleSet({ organizationId: acme, scope: 'department:a', roleSet: 'role_set:ward' })
  t.is(await roleSetNow(), 'role_set:ward')
  await admin.renameScope({ organizationId: acme, scope: 'department:a', newScope: 'department:b' })
  t.is(await roleSetNow(), 'role_set:default')
  const { scopes } = await admin.listScopes({ organizationId: acme })
  t.is(scopes[0]?.scope, 'department:b')
  t.is((await admin.listScopeKinds({})).scopeKinds[0]?.kind, 'department')
})
