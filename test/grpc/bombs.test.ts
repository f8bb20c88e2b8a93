/**
 * Small requests that would cost seconds and gigabytes if they were decoded. Costs are counted as decodes and as bytes, not
 * in time; one test with a real process has wide margins.
 */

import { readFileSync } from 'node:fs'
import { deflateSync, gzipSync } from 'node:zlib'
import test from 'ava'
import { healthDefinition } from '../../packages/sidecar/src/grpc/health.ts'
import { createServer } from '../../packages/sidecar/src/grpc/server.ts'
import { AccessError } from '../../packages/sidecar/src/grpc/access-error.ts'
import { requestBoundsOf } from '../../packages/sidecar/src/grpc/request-bounds.ts'
import { PackedMessage, unpack } from '../../packages/sidecar/src/grpc/unpack.ts'
import grpc from '@grpc/grpc-js'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { connect, contract, openTestSidecar, readKey, secretKey } from './open-sidecar.ts'
import { emptyElements, framed, rawConnection, type RawCall } from './raw-call.ts'

const { Administration, Decisions, Changes } = contract.rolesets.v1
const methods = [Decisions, Administration, Changes].flatMap(({ service }) => Object.values(service))
const paths = methods.map(({ path }) => path)
const millions = 4_000_000

const withKey = (key: string) => ({ authorization: `Bearer ${key}` })
const gzip = { 'grpc-encoding': 'gzip' }

/** Every list of a request of the contract, with four million empty elements. */
const bombs = paths.flatMap((path) =>
  [...(requestBoundsOf(path).shape?.fields ?? [])]
    .filter(([, { repeats }]) => repeats)
    .map(([field]) => ({ path, field })),
)

test('a caller without a key causes no decoding', async (t) => {
  let decodes = 0
  const refuse = () => {
    throw new AccessError('key_required', 'Send a key.')
  }
  const endpoint = {
    admit: refuse,
    waitingText: () => undefined,
    previewsWithoutKey: () => false,
    observer: { accessRefused: () => undefined } as never,
    stopping: new AbortController().signal,
  }
  const { server, add } = createServer(endpoint)
  const handler = Object.assign(() => t.fail('the handler was called'), { access: 'open' })
  const counted = Object.fromEntries(
    Object.entries(healthDefinition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer) => (decodes++, method.requestDeserialize(bytes))
      return [name, { ...method, requestDeserialize }]
    }),
  )
  add(counted, { Check: handler, Watch: handler, List: handler })
  const port = await new Promise<number>((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
  )
  t.teardown(() => server.forceShutdown())
  const raw = rawConnection(t, `127.0.0.1:${port}`)
  const frames = [framed(gzipSync(emptyElements(1, millions)), true)]
  t.like(await raw.call({ path: '/grpc.health.v1.Health/Check', frames, headers: gzip }), { status: 'UNAUTHENTICATED' })
  t.is(decodes, 0)
})

test('every list of every request is refused by its count, whoever sends it', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const raw = rawConnection(t, target)
  t.true(bombs.length >= 12)
  for (const { path, field } of bombs) {
    const frames = [framed(emptyElements(field, 30_000))]
    const answer = await raw.call({ path, frames, headers: withKey(secretKey) })
    t.is(answer.status, 'INVALID_ARGUMENT', `${path}, field ${field}: ${answer.message}`)
    t.regex(answer.message, /more than \d+ (elements|fields)|can't be decoded/)
  }
})

for (const [encoding, pack] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const)
  test(`a request that ${encoding} makes small is refused before it is unpacked as a whole`, async (t) => {
    const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
    const raw = rawConnection(t, target)
    const bomb = framed(pack(emptyElements(1, millions)), true)
    for (const path of [
      '/rolesets.v1.Decisions/BatchCheck',
      '/rolesets.v1.Decisions/Check',
      '/grpc.health.v1.Health/Check',
    ])
      for (const headers of [{}, withKey(readKey), withKey(secretKey)]) {
        const answer = await raw.call({ path, frames: [bomb], headers: { 'grpc-encoding': encoding, ...headers } })
        t.is(answer.status, 'RESOURCE_EXHAUSTED', path)
        t.regex(answer.message, /unpacks to more than \d+ bytes/)
      }
  })

test('a message unpacks to its limit, and to no more than a hundred times its size', (t) => {
  const packed = (bytes: Buffer) => unpack(new PackedMessage(gzipSync(bytes), 'gzip'), 8 << 20)
  t.deepEqual(packed(Buffer.alloc(8_000_000)), { kind: 'too_large', bytesMax: 1 << 20 })
  t.is(packed(Buffer.alloc(1 << 20)).kind, 'unpacked')
  const varied = Buffer.from(Array.from({ length: 100_000 }, (_, place) => `org_${place}`).join(''))
  t.deepEqual(packed(varied), { kind: 'unpacked', bytes: varied })
  t.deepEqual(unpack(new PackedMessage(gzipSync(varied), 'gzip'), 65_536), { kind: 'too_large', bytesMax: 65_536 })
})

test('beyond fifty thousand fields, a request has only as many as its bytes on the network allow', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const raw = rawConnection(t, target)
  const path = '/rolesets.v1.Administration/Apply'
  const apply = async (request: object) => {
    const bytes = Buffer.from(Administration.service.Apply.requestSerialize(request))
    return raw.call({ path, frames: [framed(gzipSync(bytes), true)], headers: { ...gzip, ...withKey(secretKey) } })
  }
  const keys = Array.from({ length: 1_000 }, () => 'a')
  const refused = await apply({ roles: Array.from({ length: 60 }, () => ({ key: 'b', permissions: { keys } })) })
  t.is(refused.status, 'INVALID_ARGUMENT')
  t.regex(refused.message, /more than 50000 fields/)
  const organizations = Array.from({ length: 10_000 }, (_, place) => {
    const id = `org_${place}`
    return { id, name: id, slug: `o-${place}`, roleSet: 'role_set:default', mappings: { 'org:a': 'org:b' } }
  })
  t.is((await apply({ organizations, dryRun: true })).status, 'OK')
})

test('text that is no UTF-8 is refused before the rest of it is decoded', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const bytes = Buffer.from(
    Decisions.service.BatchCheck.requestSerialize({ checks: [{ organizationId: '#', role: 'r' }] }),
  )
  bytes[bytes.indexOf('#')] = 0xff
  // After the broken text comes what the decoder could not read.
  const frames = [framed(Buffer.concat([bytes, Buffer.from([7])]))]
  const answer = await rawConnection(t, target).call({ path: '/rolesets.v1.Decisions/BatchCheck', frames })
  t.is(answer.message, 'checks[0].organization_id must be valid UTF-8.')
})

test('ten thousand questions in one batch are answered, plain and compressed', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const raw = rawConnection(t, target)
  const path = '/rolesets.v1.Decisions/BatchCheck'
  const same = { organizationId: 'org_1', role: 'org:admin' }
  const various = Array.from({ length: 10_000 }, (_, place) => ({ ...same, organizationId: `org_${place}` }))
  for (const checks of [various, various.map(() => same)]) {
    const bytes = Buffer.from(Decisions.service.BatchCheck.requestSerialize({ checks }))
    t.is((await raw.call({ path, frames: [framed(bytes)] })).status, 'OK')
    t.is((await raw.call({ path, frames: [framed(gzipSync(bytes), true)], headers: gzip })).status, 'OK')
    const deflate = { 'grpc-encoding': 'deflate' }
    t.is((await raw.call({ path, frames: [framed(deflateSync(bytes), true)], headers: deflate })).status, 'OK')
  }
  const client = connect(t, target)
  const { results } = await client.call('BatchCheck', { checks: various })
  t.is((results as unknown[]).length, 10_000)
})

test('what a message is compressed with must be known and right', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const raw = rawConnection(t, target)
  const path = '/rolesets.v1.Decisions/Check'
  const bytes = Buffer.from(Decisions.service.Check.requestSerialize({ organizationId: 'o', role: 'org:admin' }))
  for (const [encoding, sent, status] of [
    ['br', framed(bytes, true), 'UNIMPLEMENTED'],
    ['__proto__', framed(bytes, true), 'UNIMPLEMENTED'],
    ['gzip', framed(bytes, true), 'INTERNAL'],
    ['deflate', framed(gzipSync(bytes), true), 'INTERNAL'],
    ['identity', framed(gzipSync(bytes), true), 'INVALID_ARGUMENT'],
    ['gzip', framed(bytes), 'OK'],
  ] as const)
    t.is((await raw.call({ path, frames: [sent], headers: { 'grpc-encoding': encoding } })).status, status, encoding)
})

test('of many messages in a call that takes one, one is unpacked', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const bytes = Buffer.from(Decisions.service.Check.requestSerialize({ organizationId: 'o', role: 'org:admin' }))
  const frames = [framed(bytes), ...Array.from({ length: 50 }, () => framed(Buffer.from('no gzip'), true))]
  const answer = await rawConnection(t, target).call({ path: '/rolesets.v1.Decisions/Check', frames, headers: gzip })
  t.like(answer, { status: 'UNIMPLEMENTED' })
  t.regex(answer.message, /second request message/)
})

test('a process with a small heap outlives all of them, with little work for each', async (t) => {
  const folder = await temporaryFolder(t)
  const sidecar = await startSidecar(t, {
    nodeArguments: ['--max-old-space-size=64'],
    env: { ROLESETS_DATABASE: `sqlite:${folder}/r.db`, ROLESETS_SECRET_KEY: secretKey, ROLESETS_READ_KEY: readKey },
  })
  const raw = rawConnection(t, sidecar.target)
  const usage = () => usageOf(sidecar.child.pid ?? 0)
  const question = Decisions.service.Check.requestSerialize({ organizationId: 'o', role: 'org:admin' })
  await raw.call({ path: '/rolesets.v1.Decisions/Check', frames: [framed(Buffer.from(question))] })
  const before = usage()
  const calls: RawCall[] = bombs.flatMap(({ path, field }) => {
    const frames = [framed(gzipSync(emptyElements(field, millions)), true)]
    return [{}, withKey(readKey), withKey(secretKey)].map((key) => ({ path, frames, headers: { ...gzip, ...key } }))
  })
  for (const call of calls) t.not((await raw.call(call)).status, 'OK', call.path)
  const after = usage()
  // Each promises 50 ms; before, each that was decoded took some 5000.
  t.true(after.cpuMs - before.cpuMs < 50 * calls.length, JSON.stringify({ before, after, calls: calls.length }))
  t.true(after.peakBytes - before.peakBytes < 64 << 20, JSON.stringify({ before, after }))
  t.is((await fetch(`http://${sidecar.http}/livez`)).status, 200)
})

/** As Linux counts it. */
function usageOf(pid: number): { readonly cpuMs: number; readonly peakBytes: number } {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number)
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuMs: (user + system) * 10, peakBytes: Number(peak) * 1024 }
}
