/** What the sidecar waits for: who hears of it, and what each caller is told until it has come. */

import { once } from 'node:events'
import { request } from 'node:http'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { Readiness } from '../../packages/sidecar/src/readiness.ts'
import { connect, contract, endOf, openTestSidecar, refusalOf, secretKey } from '../grpc/open-sidecar.ts'
import { rawConnection } from '../grpc/raw-call.ts'

const why = 'There is no file /etc/roles.yaml. Mount it.'
const question = { organizationId: 'org_1', role: 'org:admin' }

/** A sidecar that listens and waits. */
async function openWaiting(t: ExecutionContext, env: Readonly<Record<string, string>> = {}) {
  const readiness = new Readiness()
  const wait = readiness.waitFor('manifest', why)
  const opened = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0', ...env }, (config) => config, {
    readiness,
  })
  return { ...opened, readiness, wait, http: `http://${opened.sidecar.http}` }
}

test('a wait is there until it is over, and each change is heard once', (t) => {
  const readiness = new Readiness()
  let heard = 0
  readiness.subscribe(() => heard++)
  readiness.start(() => true)
  t.true(readiness.isReady)
  const [first, second] = [
    readiness.waitFor('manifest', 'It is missing.'),
    readiness.waitFor('upstream', 'It is away.'),
  ]
  t.false(readiness.isReady)
  t.is(
    readiness.waitingText,
    'The sidecar is not ready: it waits for the manifest and the upstream. It is missing. It is away.',
  )
  heard = 0
  first.because('It is missing.')
  t.is(heard, 0)
  first.because('It is empty.')
  t.is(heard, 1)
  t.deepEqual(readiness.waitingFor, [
    { what: 'manifest', why: 'It is empty.' },
    { what: 'upstream', why: 'It is away.' },
  ])
  first.over()
  first.over()
  first.because('It is missing again.')
  t.is(heard, 2)
  t.false(readiness.isReady)
  second.over()
  t.true(readiness.isReady)
  t.is(readiness.waitingText, undefined)
})

test('a reason of any length takes at most a thousand characters', (t) => {
  const readiness = new Readiness()
  readiness.waitFor('manifest', 'x'.repeat(100_000))
  t.is(readiness.waitingFor[0]?.why.length, 1_000)
})

test('who waits for the sidecar hears that it is ready, or that it stops before', async (t) => {
  for (const isReady of [true, false]) {
    const readiness = new Readiness()
    readiness.start(() => true)
    const wait = readiness.waitFor('manifest', why)
    const settled = readiness.whenReady()
    if (isReady) wait.over()
    else readiness.stop()
    t.is(await settled, isReady)
    t.is(await readiness.whenReady(), isReady)
  }
})

test('until it is ready, each call over gRPC is refused with the code and the reason, with any key or none', async (t) => {
  const { target, wait } = await openWaiting(t)
  const client = connect(t, target)
  const message = `The sidecar is not ready: it waits for the manifest. ${why}`
  const refused = { status: 'UNAVAILABLE', reason: 'NOT_READY', domain: 'rolesets', message }
  t.like(await refusalOf(client.call('Check', question)), refused)
  t.like(await refusalOf(client.call('Check', question, { key: 'a-key-that-comes-with-the-data' })), refused)
  t.like(await refusalOf(client.write('CreatePermission', { key: 'org:a:b' })), refused)
  t.like(await endOf(client.watch()), refused)
  wait.over()
  t.like(await client.call('Check', question), { allowed: true })
  t.like(await client.write('CreatePermission', { key: 'org:a:b' }), { permission: { key: 'org:a:b' } })
})

test('a new reason is what the next caller is told, and the log has each reason once', async (t) => {
  const { target, wait, log } = await openWaiting(t)
  const client = connect(t, target)
  wait.because('Line 3 is malformed.')
  wait.because('Line 3 is malformed.')
  t.regex((await refusalOf(client.call('Check', question))).message, /Line 3 is malformed\.$/)
  wait.over()
  const told = log.filter(({ event, message }) => event === 'waiting' || message === 'The sidecar is ready.')
  t.deepEqual(
    told.map(({ level, message }) => [level, message]),
    [
      ['info', `The sidecar is not ready: it waits for the manifest. ${why}`],
      ['warn', 'The sidecar is not ready: it waits for the manifest. Line 3 is malformed.'],
      ['info', 'The sidecar is ready.'],
    ],
  )
  t.like(told[0], { grpc: [target], waiting_for: [{ what: 'manifest', why }] })
})

// A message that is unpacked, counted or decoded would be a broken one.
test('every call but health is refused before its message is read', async (t) => {
  const { target } = await openWaiting(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' })
  const { call } = rawConnection(t, target)
  const broken = Buffer.from([1, 0, 0, 0, 2, 0xff, 0xff])
  const services = Object.values(contract.rolesets.v1).filter((each) => 'service' in each)
  const paths = services.flatMap(({ service }) => Object.values<{ path: string }>(service).map(({ path }) => path))
  t.true(paths.length > 40)
  paths.push('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo')
  for (const path of paths) {
    const answer = await call({ path, frames: [broken], headers: { 'grpc-encoding': 'gzip' } })
    t.is(answer.status, 'UNAVAILABLE', path)
    t.regex(answer.message, /waits for the manifest/)
  }
  const empty = Buffer.from([0, 0, 0, 0, 0])
  t.is((await call({ path: '/grpc.health.v1.Health/Check', frames: [empty] })).status, 'OK')
})

test('over HTTP the API is refused in its envelope, and probes and metrics are served', async (t) => {
  const { http, wait } = await openWaiting(t)
  const headers = { authorization: `Bearer ${secretKey}` }
  for (const [method, path] of [
    ['GET', '/v1/role_sets'],
    ['POST', '/v1/organizations'],
    ['GET', '/v1/openapi.json'],
    ['GET', '/v1/nothing'],
  ] as const) {
    const response = await fetch(`${http}${path}`, { method, headers })
    t.is(response.status, 503, path)
    t.is(response.headers.get('retry-after'), '1')
    t.is(response.headers.get('content-type'), 'application/json')
    const { errors } = (await response.json()) as { errors: Record<string, unknown>[] }
    t.like(errors[0], {
      code: 'not_ready',
      message: 'Not ready',
      long_message: `The sidecar is not ready: it waits for the manifest. ${why}`,
    })
  }
  t.is((await fetch(`${http}/livez`)).status, 200)
  t.is((await fetch(`${http}/metrics`)).status, 200)
  const ready = await fetch(`${http}/readyz`)
  t.is(ready.status, 503)
  t.deepEqual(await ready.json(), {
    started: true,
    ready: false,
    fresh: false,
    waiting_for: [{ what: 'manifest', why }],
  })
  wait.over()
  t.is((await fetch(`${http}/v1/role_sets`, { headers })).status, 200)
  t.is((await fetch(`${http}/readyz`)).status, 200)
})

test('the body of a request that is refused is not read', async (t) => {
  const { http } = await openWaiting(t)
  const options = { method: 'POST', headers: { 'content-length': '1000000', authorization: `Bearer ${secretKey}` } }
  const sent = request(`${http}/v1/organizations`, options)
  sent.on('error', () => undefined)
  sent.flushHeaders()
  const [response] = (await once(sent, 'response')) as [{ statusCode: number; headers: Record<string, string> }]
  t.is(response.statusCode, 503)
  t.is(response.headers['connection'], 'close')
  sent.destroy()
})

test('/startupz is refused until the sidecar was ready once, and then never again', async (t) => {
  const { http, readiness, wait } = await openWaiting(t)
  const startup = async () => {
    const response = await fetch(`${http}/startupz`)
    return [response.status, await response.json()]
  }
  t.deepEqual(await startup(), [503, { startup_complete: false, waiting_for: [{ what: 'manifest', why }] }])
  wait.over()
  t.deepEqual(await startup(), [200, { startup_complete: true }])
  const later = readiness.waitFor('upstream', 'It is away.')
  t.is((await fetch(`${http}/readyz`)).status, 503)
  t.deepEqual(await startup(), [200, { startup_complete: true }])
  later.over()
  t.is((await fetch(`${http}/readyz`)).status, 200)
})

test('what other rooms show is in /readyz, and is read with each probe', async (t) => {
  const { http, readiness } = await openWaiting(t)
  const shown: { manifest?: object } = {}
  readiness.show('manifest', () => shown.manifest)
  const facts = async () => (await (await fetch(`${http}/readyz`)).json()) as Record<string, unknown>
  t.false('manifest' in (await facts()))
  shown.manifest = { result: 'applied' }
  t.deepEqual((await facts())['manifest'], { result: 'applied' })
})

test('a client says what the sidecar waits for, decides nothing, and is ready soon after it', async (t) => {
  const { target, wait } = await openWaiting(t)
  const client = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000 })
  t.teardown(() => client.close())
  while (client.status().error?.code !== 'not_ready') await new Promise((resolve) => setTimeout(resolve, 5))
  t.is(client.status().state, 'connecting')
  const error = await t.throwsAsync(client.ready({ timeoutMs: 1 }), { code: 'not_ready' })
  t.like(error, { detail: 'waiting' })
  t.is(error?.message, `Not ready after 1 ms: The sidecar is not ready: it waits for the manifest. ${why}`)
  t.like(await t.throwsAsync(client.check('org_1', 'org:admin')), { code: 'unavailable', detail: 'not_ready' })
  t.like(await t.throwsAsync(client.admin.createPermission({ key: 'org:a:b' })), { code: 'not_ready' })
  wait.over()
  await client.ready({ timeoutMs: 60_000 })
  t.like(await client.check('org_1', 'org:admin'), { allowed: true })
})

test('a client that was fresh is refused by a sidecar that waits after a restart, and recovers by itself', async (t) => {
  const first = await openTestSidecar(t)
  const client = createRoleSetsClient({ target: first.target, deadlineMs: 20_000, maxStalenessMs: 1_000 })
  t.teardown(() => client.close())
  await client.ready({ timeoutMs: 60_000 })
  await first.close()
  const { wait } = await openWaiting(t, { ROLESETS_GRPC_LISTEN: first.target })
  while (client.status().error?.code !== 'not_ready') await new Promise((resolve) => setTimeout(resolve, 20))
  while (client.status().state === 'fresh') await new Promise((resolve) => setTimeout(resolve, 20))
  t.like(await t.throwsAsync(client.check('org_2', 'org:admin')), { code: 'unavailable', detail: 'not_ready' })
  t.is(client.checkCached('org_2', 'org:admin'), undefined)
  wait.over()
  await client.ready({ timeoutMs: 60_000 })
  t.like(await client.check('org_2', 'org:admin'), { allowed: true })
})

test('a sidecar that is closed while it waits says so, and was never ready', async (t) => {
  const { sidecar, log, readiness } = await openWaiting(t)
  const ready = sidecar.whenReady()
  await sidecar.close()
  t.false(await ready)
  t.false(readiness.hasBeenReady)
  const messages = log.map(({ message }) => String(message))
  t.false(messages.includes('The sidecar is ready.'))
  t.true(messages.includes('The sidecar has stopped.'))
})

test('an opening that is called off closes what it has opened', async (t) => {
  const called = new AbortController()
  called.abort(new Error('The operator has stopped it.'))
  const opening = openTestSidecar(t, {}, (config) => config, { signal: called.signal })
  await t.throwsAsync(opening, { message: 'The operator has stopped it.' })
})
