import { request } from 'node:http'
import test from 'ava'
import { connect, exposed, nextMessage, openTestSidecar, readKey, secretKey } from '../grpc/open-sidecar.ts'
import { openHttpServer } from '../../packages/sidecar/src/http/server.ts'
import { Readiness } from '../../packages/sidecar/src/readiness.ts'
import { Measurements } from '../../packages/sidecar/src/http/measurements.ts'
import { MetricsPage } from '../../packages/sidecar/src/http/metrics-page.ts'
import type { Service } from '../../packages/sidecar/src/service/service.ts'
import { quietState } from './quiet-state.ts'

const env = { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }

interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
}

async function problemAt(url: string, init?: RequestInit): Promise<{ response: Response; problem: Problem }> {
  const response = await fetch(url, init)
  return { response, problem: (await response.json()) as Problem }
}

test('the sidecar is live, started, ready and fresh', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const live = await fetch(`http://${sidecar.http}/livez`)
  t.is(live.status, 200)
  t.deepEqual(await live.json(), { live: true })
  const ready = await fetch(`http://${sidecar.http}/readyz`)
  t.is(ready.status, 200)
  t.is(ready.headers.get('cache-control'), 'no-store')
  t.deepEqual(await ready.json(), { started: true, ready: true, fresh: true })
})

test('while the sidecar is not ready, /readyz shows which fact is missing', async (t) => {
  const readiness = new Readiness()
  readiness.start(() => true)
  readiness.waitFor('manifest', 'There is no file.')
  const server = await openHttpServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0, isLoopback: true },
    certificates: undefined,
    furtherHosts: [],
    passedOnTo: undefined,
    defaultVersion: '2026-05-12',
    identify: () => undefined,
    readiness,
    measurements: new Measurements(),
    metrics: new MetricsPage(new Measurements(), quietState),
    failed: (error) => t.fail(String(error)),
    service: {} as Service,
  })
  t.teardown(() => server.close())
  const response = await fetch(`http://${server.address}/readyz`)
  t.is(response.status, 503)
  t.deepEqual(await response.json(), {
    started: true,
    ready: false,
    fresh: false,
    waiting_for: [{ what: 'manifest', why: 'There is no file.' }],
  })
  t.is((await fetch(`http://${server.address}/livez`)).status, 200)
})

test('the metrics count what the sidecar does', async (t) => {
  const { sidecar, target } = await openTestSidecar(t, env)
  const client = connect(t, target)
  const question = { organizationId: 'org_1', role: 'org:admin' }
  for (let time = 0; time < 3; time++) await client.call('Check', question)
  await client.call('BatchCheck', { checks: [question, { ...question, role: 'org:none' }] })
  const stream = client.watch()
  stream.on('error', () => undefined)
  await nextMessage(stream, ({ heartbeat }) => Boolean(heartbeat))
  const seen = nextMessage(stream, ({ changeSet }) => Boolean(changeSet))
  await client.write('CreatePermission', { key: 'org:a:b' })
  await seen
  await client.write('CreatePermission', { key: 'org:a:c', dryRun: true })
  await t.throwsAsync(client.write('CreatePermission', { key: 'org:a:b' }))
  await t.throwsAsync(client.call('CreatePermission', { key: 'org:a:d' }))

  const response = await fetch(`http://${sidecar.http}/metrics`)
  t.regex(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  for (const line of [
    'rolesets_decisions_total{answer="allowed",reason="ROLE_IN_SET",source="store"} 1',
    'rolesets_decisions_total{answer="allowed",reason="ROLE_IN_SET",source="memory"} 3',
    'rolesets_decisions_total{answer="refused",reason="ROLE_UNKNOWN",source="memory"} 1',
    'rolesets_organizations_cache_hits_total 4',
    'rolesets_organizations_cache_misses_total 1',
    'rolesets_check_seconds_count 3',
    'rolesets_writes_total{operation="CreatePermission",result="OK"} 1',
    'rolesets_writes_total{operation="CreatePermission",result="DRY_RUN"} 1',
    'rolesets_writes_total{operation="CreatePermission",result="KEY_TAKEN"} 1',
    'rolesets_access_refused_total 1',
    'rolesets_unforeseen_failures_total 0',
    'rolesets_head_revision 2',
    'rolesets_staleness_seconds 0',
    'rolesets_watchers 1',
    'rolesets_watcher_lag_revisions 0',
    'rolesets_feed_delay_seconds_count 1',
    'rolesets_organizations_cached 1',
  ])
    t.true(text.split('\n').includes(line), `${line}\n\n${text}`)
  for (const name of ['commit_batch_size_count', 'commit_seconds_count', 'batch_check_seconds_count'])
    t.regex(text, new RegExp(`^rolesets_${name} [1-9]`, 'm'))
  t.regex(text, /^process_cpu_seconds_total /m)
  t.regex(text, /^rolesets_check_seconds_bucket\{le="\+Inf"\} 3$/m)
})

test('beyond loopback health is open, and metrics need a key', async (t) => {
  const { sidecar } = await openTestSidecar(t, env, exposed)
  t.is((await fetch(`http://${sidecar.http}/livez`)).status, 200)
  t.is((await fetch(`http://${sidecar.http}/readyz`)).status, 200)
  const { response, problem } = await problemAt(`http://${sidecar.http}/metrics`)
  t.is(response.status, 401)
  t.is(response.headers.get('www-authenticate'), 'Bearer realm="rolesets"')
  t.like(problem, { status: 401, code: 'key_required' })
  for (const key of [readKey, secretKey]) {
    const headers = { authorization: `Bearer ${key}` }
    t.is((await fetch(`http://${sidecar.http}/metrics`, { headers })).status, 200)
  }
})

test('a wrong key is rejected even where no key is needed', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const headers = { authorization: 'Bearer a-key-that-nobody-knows' }
  t.is((await problemAt(`http://${sidecar.http}/metrics`, { headers })).problem.code, 'key_required')
  t.is((await fetch(`http://${sidecar.http}/metrics`)).status, 200)
})

test('an unknown path, a wrong method and a malformed path are answered with problems, not with pages', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const base = `http://${sidecar.http}`
  for (const [path, init, status, code] of [
    ['/', {}, 404, 'not_found'],
    ['/v2/roles', { method: 'POST', body: '{}' }, 404, 'not_found'],
    ['/readyz', { method: 'POST' }, 405, 'method_not_allowed'],
    ['/metrics', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['/%ff', {}, 404, 'not_found'],
  ] as const) {
    const { response, problem } = await problemAt(`${base}${path}`, init)
    t.is(response.status, status, path)
    t.is(response.headers.get('content-type'), 'application/problem+json', path)
    t.like(problem, { type: 'about:blank', status, code }, path)
    t.regex(problem.detail, /\.$/)
    t.is(response.headers.get('x-powered-by'), null)
  }
  t.is((await fetch(`${base}/readyz`, { method: 'HEAD' })).status, 200)
  const { response } = await problemAt(`${base}/readyz`, { method: 'PUT' })
  t.is(response.headers.get('allow'), 'GET, HEAD')
})

test("headers that are too large don't stop the server", async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const status = await new Promise((resolve, reject) => {
    request(`http://${sidecar.http}/livez`, { headers: { 'x-large': 'x'.repeat(100_000) } }, ({ statusCode }) =>
      resolve(statusCode),
    )
      .on('error', reject)
      .end()
  })
  t.is(status, 431)
  t.is((await fetch(`http://${sidecar.http}/livez`)).status, 200)
})

test('HTTP can be off', async (t) => {
  const { sidecar } = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '' })
  t.is(sidecar.http, undefined)
})
