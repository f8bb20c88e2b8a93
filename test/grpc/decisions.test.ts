import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { connect, openTestSidecar, refusalOf, type Answer } from './open-sidecar.ts'

test('a fresh sidecar answers from its initial role set', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const answer = await client.call('Check', { organizationId: 'org_new', role: 'org:admin' })
  t.like(answer, { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:default', organizationRegistered: false })
  t.regex(String(answer['revision']), /^[a-z0-9]+:1$/)
  t.regex(String(answer['roleSetId']), /^roleset_/)
  const refused = await client.call('Check', { organizationId: 'org_new', role: 'org:unknown' })
  t.like(refused, { allowed: false, reason: 'ROLE_UNKNOWN' })
})

test('a cold question is answered like a warm one, and with the permission that it asks for', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await client.write('CreateOrganization', { id: 'org_1', name: 'One' })
  for (let time = 0; time < 2; time++) {
    const question = { organizationId: 'org_1', role: 'org:member', permission: 'org:sys_memberships:manage' }
    t.like(await client.call('Check', question), { allowed: false, reason: 'PERMISSION_NOT_IN_ROLE' })
    const other = { ...question, role: 'org:admin' }
    t.like(await client.call('Check', other), { allowed: true, organizationRegistered: true })
  }
})

test('a batch is answered at one revision, in the order of its questions', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const checks = ['org:admin', 'org:none', 'org:member'].map((role, place) => ({
    organizationId: `org_${place}`,
    role,
  }))
  const answer = await client.call('BatchCheck', { checks })
  t.deepEqual(
    (answer['results'] as Answer[]).map(({ allowed }) => allowed as boolean),
    [true, false, true],
  )
  t.regex(String(answer['revision']), /:1$/)
})

test('the roles of an organization come with their permissions, the default and the creator role', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const answer = await client.call('ListAvailableRoles', { organizationId: 'org_1' })
  t.like(answer, { defaultRole: 'org:member', creatorRole: 'org:admin', roleSet: 'role_set:default' })
  t.deepEqual(
    (answer['roles'] as Answer[]).map(({ key, permissions, permissionIds }) => [
      key,
      (permissions as string[]).length,
      (permissionIds as string[]).length,
    ]),
    [
      ['org:admin', 9, 9],
      ['org:member', 2, 2],
    ],
  )
})

test('a permission that was deleted or renamed is said to be retired, also after a restart', async (t) => {
  const folder = await temporaryFolder(t)
  const settings = { ROLESETS_DATABASE: `sqlite:${join(folder, 'rolesets.db')}` }
  const first = await openTestSidecar(t, settings)
  const client = connect(t, first.target)
  for (const key of ['org:reports:read', 'org:reports:send']) await client.write('CreatePermission', { key })
  await client.write('DeletePermission', { permission: 'org:reports:read' })
  await client.write('UpdatePermission', { permission: 'org:reports:send', key: 'org:reports:mail' })
  const keys = ['org:reports:read', 'org:reports:send', 'org:reports:mail', 'org:reports:never']
  const checks = keys.map((permission) => ({ organizationId: 'org_1', role: 'org:admin', permission }))
  const retired = async ({ call }: typeof client) => {
    const single = await Promise.all(checks.map((question) => call('Check', question)))
    const { results } = await call('BatchCheck', { checks })
    return [single, results as Answer[]].map((answers) => answers.map((each) => each['permissionRetired']))
  }
  const expected = [true, true, false, false]
  t.deepEqual(await retired(client), [expected, expected])
  await first.close()
  const again = connect(t, (await openTestSidecar(t, settings)).target)
  t.deepEqual(await retired(again), [expected, expected])
  await again.write('CreatePermission', { key: 'org:reports:read' })
  t.deepEqual((await retired(again))[0], [false, true, false, false])
})

test('unknown organizations are denied when the setting says so', async (t) => {
  const client = connect(t, (await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: 'deny' })).target)
  const question = { organizationId: 'org_new', role: 'org:admin' }
  t.like(await client.call('Check', question), { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: '' })
  const refused = await refusalOf(client.call('ListAvailableRoles', { organizationId: 'org_new' }))
  t.like(refused, { status: 'NOT_FOUND', reason: 'ORGANIZATION_NOT_FOUND' })
})

test('an answer waits for the revision that it must have, and is of it or later', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { revision } = await client.call('Check', { organizationId: 'org_1', role: 'org:admin' })
  const [epoch] = String(revision).split(':')
  const waiting = client.call('Check', { organizationId: 'org_1', role: 'org:new', atLeastRevision: `${epoch}:2` })
  await client.write('CreateRole', { key: 'org:new', includeInInitialRoleSet: true })
  t.like(await waiting, { allowed: true, revision: `${epoch}:2` })
})

test('a revision that is not reached in time fails at the deadline, and is never answered from an earlier one', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { revision } = await client.call('Check', { organizationId: 'org_1', role: 'org:admin' })
  const future = String(revision).replace(/:.*/, ':9999')
  for (const [method, request] of [
    ['Check', { organizationId: 'org_1', role: 'org:admin' }],
    ['BatchCheck', { checks: [{ organizationId: 'org_1', role: 'org:admin' }] }],
    ['ListAvailableRoles', { organizationId: 'org_1' }],
  ] as const) {
    const call = client.call(method, { ...request, atLeastRevision: future }, { deadlineMs: 150 })
    t.is((await refusalOf(call)).status, 'DEADLINE_EXCEEDED', method)
  }
})

test('a revision of another epoch, and one that is none, are refused with their reasons', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const ask = (atLeastRevision: string) =>
    refusalOf(client.call('Check', { organizationId: 'org_1', role: 'org:admin', atLeastRevision }))
  t.like(await ask('zzzzzzzz:1'), { status: 'FAILED_PRECONDITION', reason: 'REVISION_OF_ANOTHER_EPOCH' })
  t.like(await ask('no revision'), { status: 'INVALID_ARGUMENT', reason: 'INVALID_REVISION' })
})
