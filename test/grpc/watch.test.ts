import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http2 from 'node:http2'
import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import {
  connect,
  contract,
  endOf,
  nextMessage,
  openTestSidecar,
  readKey,
  type Answer,
  type Request,
  type TestClient,
} from './open-sidecar.ts'

type Stream = grpc.ClientReadableStream<Answer>

function follow(t: ExecutionContext, client: TestClient, request: Request = {}, key?: string): Stream {
  const stream = client.watch(request, { key })
  stream.on('error', () => undefined)
  t.teardown(() => stream.cancel())
  return stream
}

const isHeartbeat = ({ heartbeat }: Answer) => Boolean(heartbeat)
const isChangeSet = ({ changeSet }: Answer) => Boolean(changeSet)

test('a watcher gets a snapshot, then every change as it is committed', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const stream = follow(t, client)
  const snapshot = await nextMessage(stream)
  const chunk = snapshot['snapshotChunk'] as Answer
  t.is((chunk['permissions'] as unknown[]).length, 9)
  t.is((chunk['roles'] as unknown[]).length, 2)
  t.like(chunk, { last: true, unknownOrganizationsDenied: false })
  t.like((chunk['roleSets'] as Answer[])[0], { key: 'role_set:default', type: 'INITIAL_SET' })
  t.like(await nextMessage(stream, isHeartbeat), { heartbeat: { stalenessMs: 0 }, revision: snapshot['revision'] })
  const next = nextMessage(stream, isChangeSet)
  const written = await client.write('CreatePermission', { key: 'org:a:b' })
  const message = await next
  t.is(message['revision'], written['revision'])
  t.like(message['changeSet'], {
    revision: written['revision'],
    operation: 'CreatePermission',
    changes: [{ change: 'permissionPut', permissionPut: { key: 'org:a:b' } }],
  })
})

test('every kind of change goes over the wire', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { write } = client
  const { revision } = await client.call('ListRoles')
  const pro = { name: 'Pro', roles: ['org:admin', 'org:x'], defaultRole: 'org:admin', creatorRole: 'org:admin' }
  await write('CreatePermission', { key: 'org:a:b' })
  await write('DeletePermission', { permission: 'org:a:b' })
  await write('CreateRole', { key: 'org:x' })
  await write('CreateRole', { key: 'org:y' })
  await write('DeleteRole', { role: 'org:y' })
  await write('CreateRoleSet', pro)
  await write('CreateOrganization', { id: 'org_1', roleSet: 'role_set:pro', createdBy: 'user_1' })
  await write('CreateMembership', { organizationId: 'org_1', userId: 'user_2', role: 'org:x' })
  await write('ReplaceRoleSet', {
    roleSet: 'role_set:pro',
    toRoleSet: 'role_set:default',
    mappings: { 'org:x': 'org:member' },
  })
  await write('DeleteMembership', { organizationId: 'org_1', userId: 'user_2' })
  await write('CreateInvitation', { organizationId: 'org_1', emailAddress: 'ann@x.org', role: 'org:member' })
  await write('UpdateSettings', { slugDisabled: true })
  await write('CreateAccessKey', { name: 'ci' })
  const last = await write('DeleteOrganization', { organizationId: 'org_1' })
  const seen = new Set<string>()
  const stream = follow(t, client, { after: revision }, readKey)
  await nextMessage(stream, (message) => {
    for (const change of ((message['changeSet'] as Answer | null)?.['changes'] ?? []) as Answer[])
      seen.add(String(change['change']))
    return message['revision'] === last['revision']
  })
  t.deepEqual([...seen].sort(), [
    'accessKeyPut',
    'invitationPut',
    'membersReassigned',
    'membershipDeleted',
    'membershipPut',
    'organizationDeleted',
    'organizationPut',
    'organizationsMoved',
    'permissionDeleted',
    'permissionPut',
    'roleDeleted',
    'rolePut',
    'roleSetDeleted',
    'roleSetPut',
    'settingsPut',
  ])
})

test('a follower with a key verifies the chain of seals, from a snapshot on and after a cursor', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const stream = follow(t, client, { includeRecord: true }, readKey)
  const { snapshotChunk, revision } = await nextMessage(stream)
  t.like((snapshotChunk as Answer)['settings'], { enabled: true, initialRoleSet: 'role_set:default' })
  const live = changeSetsUntil(stream, 3)
  await client.write('CreateOrganization', { id: 'org_1', name: 'Zo\u00eb \u{1f3e5}' })
  await client.write('UpdateOrganization', { organizationId: 'org_1', name: 'Zoe' })
  const kept = await changeSetsUntil(follow(t, client, { includeRecord: true, after: revision }, readKey), 3)
  t.deepEqual(await live, kept)
  let seal = String((snapshotChunk as Answer)['seal'])
  for (const changeSet of kept) {
    seal = sealOf(seal, changeSet)
    t.is(changeSet['seal'], seal)
  }
})

test('the first change set of a store is sealed to its epoch, and without a demand nothing carries seal or record', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const [epoch = ''] = String((await client.call('ListRoles'))['revision']).split(':')
  const after = `${epoch}:0`
  const [sealed = {}] = await changeSetsUntil(follow(t, client, { after, includeRecord: true }, readKey), 1)
  t.is(sealed['seal'], sealOf(createHash('sha256').update(epoch).digest('hex'), sealed))
  const plain = await changeSetsUntil(follow(t, client, { after }, readKey), 1)
  t.deepEqual(plain, [{ ...sealed, seal: '', record: '' }])
  t.like(await nextMessage(follow(t, client)), { snapshotChunk: { seal: '' } })
})

/** As the comments of the contract define it, written without the code of the sidecar. */
function sealOf(previous: string, changeSet: Answer): string {
  const { committedAtMs, actor, operation, record } = changeSet
  const head = JSON.stringify([previous, numberOf(changeSet), committedAtMs, actor, operation])
  return createHash('sha256')
    .update(`${head}\n${String(record)}`)
    .digest('hex')
}

async function changeSetsUntil(stream: Stream, number: number): Promise<Answer[]> {
  const changeSets: Answer[] = []
  await nextMessage(stream, ({ changeSet }) => {
    if (changeSet) changeSets.push(changeSet as Answer)
    return changeSets.length > 0 && numberOf(changeSets.at(-1)) === number
  })
  return changeSets
}

test('a watcher resumes after its cursor and misses nothing', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { revision } = await client.write('CreatePermission', { key: 'org:a:a' })
  const missed = ['org:a:b', 'org:a:c', 'org:a:d']
  for (const key of missed) await client.write('CreatePermission', { key })
  const stream = follow(t, client, { after: revision }, readKey)
  for (const key of missed) {
    const { changeSet } = await nextMessage(stream, isChangeSet)
    t.like((changeSet as Answer)['changes'], [{ permissionPut: { key } }])
  }
})

test('the organizations come with the snapshot when they are asked for', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await client.write('CreateOrganization', { id: 'org_1' })
  const ids: string[] = []
  const stream = follow(t, client, { snapshotScope: 'CATALOGUE_AND_ORGANIZATIONS' })
  await nextMessage(stream, ({ snapshotChunk }) => {
    for (const { id } of (snapshotChunk as Answer)['organizations'] as Answer[]) ids.push(String(id))
    return Boolean((snapshotChunk as Answer)['last'])
  })
  t.deepEqual(ids, ['org_1'])
})

test('what a server denies, its snapshot and its heartbeats say', async (t) => {
  const client = connect(t, (await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: 'deny' })).target)
  const stream = follow(t, client)
  t.like(await nextMessage(stream), { snapshotChunk: { unknownOrganizationsDenied: true } })
  t.like(await nextMessage(stream, isHeartbeat), { heartbeat: { unknownOrganizationsDenied: true } })
})

test('the clock of a stream only runs forward', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const stream = follow(t, client)
  const times: number[] = []
  const counted = nextMessage(stream, ({ sentAtMs }) => times.push(Number(sentAtMs)) === 6)
  for (const key of ['org:a:b', 'org:a:c', 'org:a:d', 'org:a:e']) await client.write('CreatePermission', { key })
  await counted
  t.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  )
})

test('a cursor of another epoch, of the future or of no form, and an unknown scope, end the stream with their reasons', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { revision } = await client.call('ListRoles')
  const future = String(revision).replace(/:.*/, ':77')
  t.like(await endOf(client.watch({ after: 'zzzzzzzz:1' })), {
    status: 'FAILED_PRECONDITION',
    reason: 'REVISION_OF_ANOTHER_EPOCH',
  })
  t.like(await endOf(client.watch({ after: future })), { status: 'OUT_OF_RANGE', reason: 'CURSOR_IN_THE_FUTURE' })
  t.like(await endOf(client.watch({ after: 'x' })), { status: 'INVALID_ARGUMENT', reason: 'INVALID_REVISION' })
  t.like(await endOf(client.watch({ snapshotScope: 9 })), { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
})

test('a watch ends at its deadline', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  t.is((await endOf(client.watch({}, { deadlineMs: 100 }))).status, 'DEADLINE_EXCEEDED')
})

test('a watcher that cancels is removed at once', async (t) => {
  const { target, sidecar } = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  const client = connect(t, target)
  const stream = follow(t, client)
  await nextMessage(stream)
  const watchers = async () =>
    (await (await fetch(`http://${sidecar.http}/metrics`)).text()).match(/^rolesets_watchers (\d+)/m)?.[1]
  t.is(await watchers(), '1')
  stream.cancel()
  while ((await watchers()) !== '0') await new Promise((resolve) => setImmediate(resolve))
  t.pass()
})

test('a watcher that is too slow is ended and can resume, and the others go on', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const client = connect(t, target)
  const slow = watchWithoutReading(t, target)
  const quick = follow(t, client)
  await nextMessage(quick, isHeartbeat)
  const changeSets = 1_200
  let seen = 0
  const everything = nextMessage(quick, (message) => isChangeSet(message) && ++seen === changeSets)
  const description = 'It fills the window of the connection. '.repeat(25)
  let last: unknown
  for (let written = 0; written < changeSets; written += 200) {
    const writes = Array.from({ length: 200 }, (_, place) =>
      client.write('UpdateRole', { role: 'org:member', name: `Member ${written + place}`, description }),
    )
    last = (await Promise.all(writes)).at(-1)?.['revision']
  }
  await everything

  const { messages, status, details } = await slow.readAll()
  t.is(status, String(grpc.status.RESOURCE_EXHAUSTED))
  t.true(details.includes('CONSUMER_TOO_SLOW'))
  const cursor = messages.at(-1)?.['revision'] as string
  const resumed = follow(t, client, { after: cursor })
  t.is(numberOf(await nextMessage(resumed, isChangeSet)), numberOf(messages.at(-1)) + 1)
  t.is((await nextMessage(resumed, ({ revision }) => revision === last))['revision'], last)
})

const numberOf = (message: Answer | undefined) => Number(String(message?.['revision']).split(':')[1])

/** A client on plain HTTP/2: the one of grpc-js reads ahead. */
function watchWithoutReading(t: ExecutionContext, target: string) {
  const session = http2.connect(`http://${target}`)
  t.teardown(() => session.destroy())
  const headers = { ':method': 'POST', ':path': contract.rolesets.v1.Changes.service.Watch.path, te: 'trailers' }
  const stream = session.request({ ...headers, 'content-type': 'application/grpc' })
  // The empty message, in its frame.
  stream.end(Buffer.alloc(5))
  return {
    readAll: async () => {
      const trailers = once(stream, 'trailers') as Promise<[Record<string, string>]>
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk as Buffer)
      const [{ 'grpc-status': status, 'grpc-status-details-bin': details = '' }] = await trailers
      return {
        messages: messagesOf(Buffer.concat(chunks)),
        status,
        details: Buffer.from(details, 'base64').toString('latin1'),
      }
    },
  }
}

function messagesOf(bytes: Buffer): readonly Answer[] {
  const messages: Answer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    const message: unknown = contract.rolesets.v1.Changes.service.Watch.responseDeserialize(bytes.subarray(at + 5, end))
    messages.push(message as Answer)
    at = end
  }
  return messages
}
