/** A replica answers from its own store what its authority answers, and passes on the rest. */

import test from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { connect, openTestSidecar, readKey, refusalOf, secretKey } from '../grpc/open-sidecar.ts'
import { clientOf, databaseOf, delivered, fill, openReplicaOf } from './open-replica.ts'

test('what the authority had before the replica came, and what it does afterwards, is answered by the replica', async (t) => {
  const authority = await openTestSidecar(t)
  const operator = clientOf(t, authority)
  await fill(operator)
  const replica = await openReplicaOf(t, authority)
  t.is(replica.sidecar.role, 'replica')
  await replica.sidecar.whenReady()
  const reader = connect(t, replica.target)
  t.like(await reader.read('Check', { organizationId: 'acme', role: 'org:analyst' }), { allowed: false })
  t.like(await reader.read('Check', { organizationId: 'globex', role: 'org:analyst' }), { allowed: true })
  const { revision } = await operator.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  const asked = { organizationId: 'acme', role: 'org:analyst', atLeastRevision: revision }
  t.like(await reader.read('Check', asked), { allowed: true, revision })
  await operator.admin.assignRoleSet({
    organizationId: 'acme',
    scope: 'department:pharmacy',
    roleSet: 'role_set:pharmacy',
  })
  const last = await operator.admin.deleteOrganization({ organizationId: 'globex' })
  const scope = { organizationId: 'acme', scope: 'department:pharmacy', atLeastRevision: last.revision }
  t.like(await reader.read('Check', { ...scope, role: 'org:pharmacist' }), { allowed: true, revision: last.revision })
  t.like(await reader.read('Check', { organizationId: 'globex', role: 'org:member' }), {
    reason: 'ORGANIZATION_UNKNOWN',
  })
})

test('writes, members and the history are passed on to the authority, with the key and the name of the caller', async (t) => {
  const authority = await openTestSidecar(t)
  const replica = await openReplicaOf(t, authority)
  await replica.sidecar.whenReady()
  const client = clientOf(t, replica)
  await client.ready()
  await fill(client)
  await client.admin.createMembership(
    { organizationId: 'globex', userId: 'ada', role: 'org:analyst' },
    { actor: 'support' },
  )
  const { memberships: items } = await client.admin.listMemberships({ organizationId: 'globex' })
  t.deepEqual(
    items.map(({ userId, role }) => [userId, role]),
    [['ada', 'org:analyst']],
  )
  t.like(await client.checkMember('globex', 'ada', { role: 'org:analyst' }), { allowed: true })
  const [value] = (await clientOf(t, authority).admin.listChanges({ pageSize: 1 })).changeSets
  t.like(value, { actor: 'support', operation: 'CreateMembership' })
  const here = connect(t, replica.target)
  const there = connect(t, authority.target)
  const refused = { userId: 'bob', organizationId: 'globex', role: 'org:nothing' }
  const answers = [here, there].map(({ write }) => refusalOf(write('CreateMembership', refused)))
  const [passedOn, direct] = await Promise.all(answers)
  t.deepEqual(passedOn, direct)
  t.is((await refusalOf(here.read('CreateRole', { key: 'org:x' }))).reason, 'WRITE_KEY_REQUIRED')
  t.is((await refusalOf(here.call('ListMemberships', { organizationId: 'globex' }))).reason, 'KEY_REQUIRED')
})

test('a write that the replica has passed on is seen by whoever asks the replica for its revision', async (t) => {
  const authority = await openTestSidecar(t)
  const replica = await openReplicaOf(t, authority)
  await replica.sidecar.whenReady()
  const { read, write } = connect(t, replica.target)
  for (let each = 0; each < 20; each++) {
    const role = `org:role${each}`
    await write('CreateRole', { key: role })
    const { revision } = await write('AddRoles', { roleSet: 'role_set:default', roles: [role] })
    const asked = { organizationId: 'acme', role, atLeastRevision: revision }
    t.like(await read('Check', asked), { allowed: true, revision })
  }
})

test('a replica goes on where it was after a restart, also when the authority was restarted meanwhile', async (t) => {
  const authority = await openTestSidecar(t)
  const operator = clientOf(t, authority)
  await fill(operator)
  const first = await openReplicaOf(t, authority)
  await first.sidecar.whenReady()
  await first.close()
  await operator.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  await authority.close()
  const environment = { ROLESETS_DATABASE: `sqlite:${databaseOf(authority)}` }
  const again = await openTestSidecar(t, environment)
  const { revision } = await clientOf(t, again).admin.createRole({ key: 'org:new' })
  const second = await openReplicaOf(t, again, { ROLESETS_DATABASE: `sqlite:${databaseOf(first)}` })
  await second.sidecar.whenReady()
  const messages = second.log.map(({ message }) => message)
  t.false(messages.includes("The authority's snapshot is in place."))
  const { read } = connect(t, second.target)
  t.like(await read('Check', { organizationId: 'acme', role: 'org:analyst', atLeastRevision: revision }), {
    allowed: true,
    revision,
  })
})

test('what follows the replica keeps its cursor: a client, and a replica of the replica', async (t) => {
  const authority = await openTestSidecar(t)
  const operator = clientOf(t, authority)
  await fill(operator)
  const near = await openReplicaOf(t, authority)
  await near.sidecar.whenReady()
  const far = await openReplicaOf(t, near)
  await far.sidecar.whenReady()
  const client = clientOf(t, far, readKey)
  await client.ready()
  t.like(await client.check('acme', 'org:analyst'), { allowed: false })
  const { revision } = await operator.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  await delivered(client, revision)
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: true, revision })
  const through = connect(t, far.target)
  t.like(await through.write('CreateRole', { key: 'org:far' }), { role: { key: 'org:far' } })
})

test('a key that the authority makes opens the replica until it is revoked there', async (t) => {
  const authority = await openTestSidecar(t)
  const operator = clientOf(t, authority)
  const { key, accessKey } = await operator.admin.createAccessKey({ name: 'reports', access: 'READ' })
  const replica = await openReplicaOf(t, authority, { ROLESETS_READ_KEY: 'another-read-key-of-the-replica' })
  await replica.sidecar.whenReady()
  const { call } = connect(t, replica.target)
  const members = () => call('ListMemberships', { organizationId: 'x' }, { key })
  t.truthy(await members())
  const { revision } = await operator.admin.revokeAccessKey({ accessKey: accessKey?.id ?? '' })
  await call('Check', { organizationId: 'x', role: 'org:member', atLeastRevision: revision }, { key: secretKey })
  t.is((await refusalOf(members())).reason, 'KEY_REQUIRED')
})

test('without its authority a replica waits and says so; it answers as soon as there is one', async (t) => {
  const authority = await openTestSidecar(t)
  await fill(clientOf(t, authority))
  await authority.close()
  const replica = await openReplicaOf(t, authority)
  const { read } = connect(t, replica.target)
  const refused = await refusalOf(read('Check', { organizationId: 'globex', role: 'org:analyst' }))
  t.is(refused.reason, 'NOT_READY')
  t.regex(refused.message, /waits for the authority/)
  const address = { ROLESETS_GRPC_LISTEN: authority.target, ROLESETS_DATABASE: `sqlite:${databaseOf(authority)}` }
  await openTestSidecar(t, address)
  t.true(await replica.sidecar.whenReady())
  t.like(await read('Check', { organizationId: 'globex', role: 'org:analyst' }), { allowed: true })
})

test('cut off for longer than its bound, a replica decides nothing, and passes nothing on', async (t) => {
  const authority = await openTestSidecar(t)
  await fill(clientOf(t, authority))
  const replica = await openReplicaOf(t, authority, { ROLESETS_MAX_STALENESS_MS: '100' })
  await replica.sidecar.whenReady()
  await authority.close()
  const { read, write } = connect(t, replica.target)
  const asked = { organizationId: 'globex', role: 'org:analyst' }
  let reason: string | undefined
  while (reason === undefined)
    reason = await read('Check', asked).then(
      () => undefined,
      async (error: Error) => (await refusalOf(Promise.reject(error))).reason,
    )
  t.is(reason, 'STALE')
  t.like(await read('GetRole', { role: 'org:analyst' }), { role: { key: 'org:analyst' } })
  const refused = await refusalOf(write('CreateRole', { key: 'org:x' }))
  t.like(refused, { status: 'UNAVAILABLE', reason: 'AUTHORITY_UNAVAILABLE' })
  t.regex(refused.message, /can't be reached, so nothing was done/)
})

test('the management API of a replica is that of its authority, and without its address a sentence that says so', async (t) => {
  const authority = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  await fill(clientOf(t, authority))
  const upstream = { ROLESETS_UPSTREAM_HTTP: `http://${authority.sidecar.http}`, ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }
  const replica = await openReplicaOf(t, authority, upstream)
  await replica.sidecar.whenReady()
  const at = (sidecar: typeof replica, path: string) => `http://${sidecar.sidecar.http}/v1${path}`
  const headers = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ user_id: 'ada', role: 'org:analyst' })
  const made = await fetch(at(replica, '/organizations/globex/memberships'), { method: 'POST', headers, body })
  t.is(made.status, 200)
  t.like(await made.json(), { role: 'org:analyst', public_user_data: { user_id: 'ada' } })
  const [here, there] = await Promise.all(
    [replica, authority].map((sidecar) => fetch(at(sidecar, '/organizations/globex/memberships'), { headers })),
  )
  t.deepEqual(await here?.json(), await there?.json())
  t.is(here?.headers.get('rolesets-revision'), there?.headers.get('rolesets-revision'))
  t.is((await fetch(at(replica, '/roles'), { headers: { authorization: 'Bearer nobody-has-this-key' } })).status, 401)
  const alone = await openReplicaOf(t, authority, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  await alone.sidecar.whenReady()
  const refused = await fetch(at(alone, '/roles'), { headers })
  t.is(refused.status, 503)
  t.regex(await refused.text(), /Call the authority, or set ROLESETS_UPSTREAM_HTTP/)
  await authority.close()
  const unreached = await fetch(at(replica, '/organizations/globex/memberships'), { method: 'POST', headers, body })
  t.is(unreached.status, 503)
  t.regex(await unreached.text(), /can't be reached, so nothing was done/)
})

test("the file of an authority isn't taken for a replica's, nor a replica's for an authority's", async (t) => {
  const authority = await openTestSidecar(t)
  const replica = await openReplicaOf(t, authority)
  await replica.sidecar.whenReady()
  await Promise.all([authority.close(), replica.close()])
  const signal = new AbortController().signal
  const examined = examine(`sqlite:${databaseOf(replica)}`, { now: 0, findingsMax: 10, report: () => {}, signal })
  await t.throwsAsync(examined, { message: /is the copy that a replica keeps.*Examine the file of its authority/ })
  const asReplica = openReplicaOf(t, authority, { ROLESETS_DATABASE: `sqlite:${databaseOf(authority)}` })
  await t.throwsAsync(asReplica, { message: /is the database of an authority, and ROLESETS_UPSTREAM is set/ })
  const asAuthority = openTestSidecar(t, { ROLESETS_DATABASE: `sqlite:${databaseOf(replica)}` })
  await t.throwsAsync(asAuthority, { message: /is the copy that a replica keeps/ })
  // What was refused is closed, so the file is free.
  await (await openStore(`sqlite:${databaseOf(replica)}`)).close()
})
