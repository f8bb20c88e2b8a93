/** Access keys: which calls they admit, which actor the history names, and what ends when a key is revoked. */

import { once } from 'node:events'
import grpc from '@grpc/grpc-js'
import test from 'ava'
import {
  connect,
  endOf,
  exposed,
  metadataOf,
  nextMessage,
  openTestSidecar,
  readKey,
  refusalOf,
  type Answer,
} from './open-sidecar.ts'

const isHeartbeat = ({ heartbeat }: Answer) => Boolean(heartbeat)

test('a key is made, opens what it is for under its own name, is listed without itself, and is revoked', async (t) => {
  const { target } = await openTestSidecar(t)
  const { call, write } = connect(t, target)
  const made = await write('CreateAccessKey', { name: 'ci' })
  const key = String(made['key'])
  t.regex(key, /^rsk_[\w-]{43}$/)
  t.like(made['accessKey'], { name: 'ci', access: 'SECRET', revokedAtMs: 0 })
  const written = await call('CreatePermission', { key: 'org:a:b' }, { key })
  t.truthy(written['revision'])
  const [latest] = (await call('ListChanges', { pageSize: 1 }, { key }))['changeSets'] as Answer[]
  t.like(latest, { actor: 'ci', operation: 'CreatePermission' })

  const another = await call('CreateAccessKey', { name: 'made-by-ci' }, { key })
  t.truthy(await call('ListAccessKeys', {}, { key: String(another['key']) }))
  const listed = await call('ListAccessKeys', {}, { key })
  const names = (listed['accessKeys'] as Answer[]).map(({ name }) => String(name))
  t.deepEqual(names.sort(), ['ci', 'made-by-ci'])
  t.notRegex(JSON.stringify(listed), /[0-9a-f]{64}|rsk_/)

  const revoked = await write('RevokeAccessKey', { accessKey: 'ci' })
  t.true(Number((revoked['accessKey'] as Answer)['revokedAtMs']) > 0)
  t.like(await refusalOf(call('ListRoles', {}, { key })), { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' })
  t.is((await write('RevokeAccessKey', { accessKey: 'ci' }))['revision'], revoked['revision'])
})

test("a read key can't write, and sees neither the keys nor the history", async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, exposed)
  const { call, write } = connect(t, target)
  const { key: given } = await write('CreateAccessKey', { name: 'board', access: 'READ' })
  for (const key of [String(given), readKey]) {
    t.truthy(await call('Check', { organizationId: 'o', role: 'org:admin' }, { key }))
    t.truthy(await call('Explain', { organizationId: 'o', role: 'org:admin' }, { key }))
    for (const [method, request] of [
      ['ListAccessKeys', {}],
      ['ListChanges', {}],
      ['CreateAccessKey', { name: 'x' }],
    ] as const) {
      const refused = await refusalOf(call(method, request, { key }))
      t.like(refused, { status: 'PERMISSION_DENIED', reason: 'WRITE_KEY_REQUIRED' }, method)
    }
  }
  for (const method of ['ListAccessKeys', 'ListChanges', 'Explain'])
    t.is((await refusalOf(call(method))).reason, 'KEY_REQUIRED', method)
})

test('what shows the keys or the history needs a secret key even where reading needs none', async (t) => {
  const { call } = connect(t, (await openTestSidecar(t)).target)
  for (const method of ['ListAccessKeys', 'ListChanges'])
    t.like(await refusalOf(call(method)), { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' }, method)
})

test('a stream ends when the key that opened it is revoked, and others go on', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const key = String((await client.write('CreateAccessKey', { name: 'board', access: 'READ' }))['key'])
  const stream = client.watch({}, { key })
  const other = client.watch({}, { key: readKey })
  other.on('error', () => undefined)
  t.teardown(() => other.cancel())
  await Promise.all([nextMessage(stream, isHeartbeat), nextMessage(other, isHeartbeat)])
  const ended = endOf(stream)
  const revoked = nextMessage(other, ({ changeSet }) => Boolean(changeSet))
  await client.write('RevokeAccessKey', { accessKey: 'board' })
  t.like(await ended, { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' })
  const message = await revoked
  t.like(message['changeSet'], { operation: 'RevokeAccessKey', changes: [{ accessKeyPut: { name: 'board' } }] })
  t.notRegex(JSON.stringify(message), /[0-9a-f]{64}|rsk_/)
})

test('reflection that a key opened ends with it too', async (t) => {
  const { target } = await openTestSidecar(t)
  const { write } = connect(t, target)
  const key = String((await write('CreateAccessKey', { name: 'tool', access: 'READ' }))['key'])
  const client = new grpc.Client(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const same = (bytes: Buffer) => bytes
  const stream = client.makeBidiStreamRequest(path, same, same, metadataOf({ key }))
  const answered = once(stream, 'data')
  // Field 7, `list_services`, empty.
  stream.write(Buffer.from([0x3a, 0x00]))
  await answered
  const ended = endOf(stream)
  await write('RevokeAccessKey', { accessKey: 'tool' })
  t.like(await ended, { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' })
})

test('keys outlive the sidecar, and so does their revocation', async (t) => {
  const opened = await openTestSidecar(t)
  const { write } = connect(t, opened.target)
  const kept = String((await write('CreateAccessKey', { name: 'kept' }))['key'])
  const gone = String((await write('CreateAccessKey', { name: 'gone' }))['key'])
  await write('RevokeAccessKey', { accessKey: 'gone' })
  await opened.close()
  const again = await openTestSidecar(t, { ROLESETS_DATABASE: `sqlite:${opened.folder}/r.db` })
  const { call } = connect(t, again.target)
  t.truthy(await call('ListAccessKeys', {}, { key: kept }))
  t.is((await refusalOf(call('ListAccessKeys', {}, { key: gone }))).reason, 'KEY_REQUIRED')
})

test('names stay unique, also those of the settings, and a dry run creates no key', async (t) => {
  const { write } = connect(t, (await openTestSidecar(t)).target)
  const preview = await write('CreateAccessKey', { name: 'ci', dryRun: true })
  t.like(preview, { key: '', accessKey: { name: 'ci' } })
  await write('CreateAccessKey', { name: 'ci' })
  await write('RevokeAccessKey', { accessKey: 'ci' })
  for (const name of ['ci', 'admin', 'read'])
    t.like(await refusalOf(write('CreateAccessKey', { name })), {
      status: 'ALREADY_EXISTS',
      reason: 'ACCESS_KEY_EXISTS',
    })
  t.is((await refusalOf(write('CreateAccessKey', { name: 'a b' }))).fields[0]?.field, 'name')
  t.is((await refusalOf(write('CreateAccessKey', { name: 'x', access: 7 }))).fields[0]?.field, 'access')
  t.is((await refusalOf(write('RevokeAccessKey', { accessKey: 'none' }))).reason, 'ACCESS_KEY_NOT_FOUND')
})
