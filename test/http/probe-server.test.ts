/** The listener for kubelets and scrapers: what it serves, to whom, and what a caller can make it do. */

import { once } from 'node:events'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { connect, exposed, openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { Measurements } from '../../packages/sidecar/src/http/measurements.ts'
import { MetricsPage } from '../../packages/sidecar/src/http/metrics-page.ts'
import { openProbeServer } from '../../packages/sidecar/src/http/probe-server.ts'
import { Readiness } from '../../packages/sidecar/src/readiness.ts'
import { scrape } from '../processes/scrape.ts'

const env = { ROLESETS_PROBE_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '' }
const withMetrics = { ...env, ROLESETS_PROBE_METRICS: 'true' }

async function openProbes(t: ExecutionContext, settings: Readonly<Record<string, string>> = env) {
  const opened = await openTestSidecar(t, settings)
  return { ...opened, address: opened.sidecar.probe ?? '', url: `http://${opened.sidecar.probe}` }
}

/** A listener whose facts the test sets. */
async function openAlone(t: ExecutionContext) {
  const readiness = new Readiness()
  const metrics = new MetricsPage(new Measurements(), { health: () => readiness.facts(), readOnly: false })
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0, isLoopback: true } as const
  const failed = (error: unknown) => t.fail(String(error))
  const server = await openProbeServer({ listen, readiness, metrics, failed })
  t.teardown(() => server.close())
  return { readiness, server, address: server.address, url: `http://${server.address}` }
}

async function ask(url: string, path: string, init?: RequestInit) {
  const response = await fetch(`${url}${path}`, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

function dial(t: ExecutionContext, address: string): Socket {
  const [host = '', port = ''] = address.split(':')
  const socket = connectSocket(Number(port), host)
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}

/** Sends what is given, and reads until the end. */
async function send(t: ExecutionContext, address: string, request: string): Promise<string> {
  const socket = dial(t, address)
  socket.write(request)
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => (text += part))
  await once(socket, 'close')
  return text
}

test('it serves the three probes, also without the HTTP listener, and nothing else', async (t) => {
  const { url, sidecar } = await openProbes(t)
  t.is(sidecar.http, undefined)
  t.like(await ask(url, '/livez'), { status: 200, text: '{"live":true}' })
  t.like(await ask(url, '/readyz'), { status: 200, text: '{"started":true,"ready":true,"fresh":true}' })
  t.like(await ask(url, '/startupz'), { status: 200, text: '{"startup_complete":true}' })
  t.is((await ask(url, '/readyz')).headers.get('cache-control'), 'no-store')
  t.is((await ask(url, '/readyz?verbose=1')).status, 200)
  for (const path of [
    '/',
    '/metrics',
    '/v1/role_sets',
    '/v1/openapi.json',
    '/readyz/',
    '/READYZ',
    '/readyz/../metrics',
  ])
    t.is((await ask(url, path, { headers: { authorization: `Bearer ${secretKey}` } })).status, 404, path)
  for (const path of ['//readyz', '/%72eadyz', '/livez%00', '/livez;a', '/__proto__', '/constructor', '*'])
    t.regex(await send(t, sidecar.probe ?? '', `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`), /^HTTP\/1\.1 404 /, path)
  const unknown = await ask(url, '/v1/role_sets')
  t.is(unknown.headers.get('content-type'), 'application/problem+json')
  t.like(JSON.parse(unknown.text), {
    status: 404,
    code: 'not_found',
    detail: 'This listener serves only /livez, /readyz and /startupz.',
  })
})

test('metrics are served if they are wanted, without a key', async (t) => {
  const { url, target } = await openProbes(t, withMetrics)
  await connect(t, target).call('Check', { organizationId: 'org_secret_name', role: 'org:admin' })
  const { status, headers, text } = await ask(url, '/metrics')
  t.is(status, 200)
  t.regex(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  t.regex(text, /^rolesets_head_revision 1$/m)
  t.is((await ask(url, '/metrics', { method: 'HEAD' })).text, '')
})

test('nothing of organizations, people and keys is in what it serves', async (t) => {
  const { url, target, folder } = await openProbes(t, withMetrics)
  const client = connect(t, target)
  await client.write('CreateOrganization', { id: 'org_hidden', name: 'Hidden Inc' })
  await client.write('CreateMembership', { organizationId: 'org_hidden', userId: 'user_hidden', role: 'org:admin' })
  await client.write('CreateAccessKey', { name: 'key_hidden' })
  await client
    .call('Check', { organizationId: 'org_hidden', role: 'org:hidden' }, { key: 'a-hidden-key-of-a-caller' })
    .catch(() => undefined)
  const texts = await Promise.all(['/livez', '/readyz', '/startupz', '/metrics'].map((path) => ask(url, path)))
  const all = texts.map(({ text, headers }) => `${text}${JSON.stringify([...headers])}`).join('\n')
  t.regex(all, /rolesets_writes_total/)
  for (const secret of ['hidden', 'Hidden', secretKey, folder]) t.false(all.includes(secret), secret)
})

test('any host is accepted, also none, because a kubelet sends the address of the pod', async (t) => {
  const { address } = await openProbes(t)
  for (const head of [
    'GET /readyz HTTP/1.1\r\nHost: 10.1.2.3:7452\r\n',
    'GET /readyz HTTP/1.1\r\nHost: evil.example\r\n',
    'GET /readyz HTTP/1.1\r\nHost: [fd00::1]:7452\r\n',
    'GET /readyz HTTP/1.1\r\nHost:\r\n',
    'GET /readyz HTTP/1.1\r\n',
    'GET /readyz HTTP/1.0\r\n',
    'GET http://10.1.2.3:7452/readyz HTTP/1.1\r\nHost: 10.1.2.3\r\n',
  ])
    t.regex(await send(t, address, `${head}Connection: close\r\n\r\n`), /^HTTP\/1\.1 200 /, head)
})

test('it needs neither TLS nor --insecure on an address that other machines reach', async (t) => {
  const { sidecar } = await openTestSidecar(t, { ...env, ROLESETS_PROBE_LISTEN: '0.0.0.0:0' })
  const port = /^0\.0\.0\.0:([1-9]\d*)$/.exec(sidecar.probe ?? '')?.[1]
  t.is((await ask(`http://127.0.0.1:${port}`, '/readyz')).status, 200)
  const other = await openTestSidecar(t, env, exposed)
  t.is((await ask(`http://${other.sidecar.probe}`, '/readyz')).status, 200)
})

test('it listens on IPv6', async (t) => {
  const { sidecar } = await openTestSidecar(t, { ...env, ROLESETS_PROBE_LISTEN: '[::1]:0' })
  t.regex(sidecar.probe ?? '', /^\[::1\]:[1-9]\d*$/)
  t.is((await ask(`http://${sidecar.probe}`, '/livez')).status, 200)
})

test('other methods are refused, and so is a body of any size', async (t) => {
  const { url, address } = await openProbes(t)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const { status, headers } = await ask(url, '/readyz', { method })
    t.is(status, 405, method)
    t.is(headers.get('allow'), 'GET, HEAD')
  }
  t.is((await ask(url, '/elsewhere', { method: 'POST', body: 'x' })).status, 404)
  t.like(await ask(url, '/readyz', { method: 'HEAD' }), { status: 200, text: '' })
  for (const [head, body] of [
    ['Content-Length: 1', 'x'],
    ['Content-Length: 1000000', ''],
    ['Transfer-Encoding: chunked', '1\r\nx\r\n0\r\n\r\n'],
    ['Transfer-Encoding: chunked', ''],
  ]) {
    const answer = await send(t, address, `GET /livez HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`)
    t.regex(answer, /^HTTP\/1\.1 400 [\s\S]*Connection: close[\s\S]*Send the request without a body\./, head)
  }
  t.regex(
    await send(t, address, 'GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    / 200 /,
  )
})

test('malformed requests are refused, and the next probe is answered', async (t) => {
  const { url, address } = await openProbes(t)
  // What is too long arrives in one piece: the answer to a caller who is still sending can be lost with the connection.
  for (const [request, status] of [
    ['nonsense\r\n\r\n', '400'],
    ['GET /livez HTTP/9.9\r\n\r\n', '400'],
    [`GET /livez HTTP/1.1\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, '431'],
    ['GET /livez HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
  ] as const)
    t.regex(await send(t, address, request), new RegExp(`^HTTP/1\\.1 ${status} `), request.slice(0, 40))
  t.is((await ask(url, '/livez')).status, 200)
})

test('callers that hold connections keep no probe out: the oldest ones are ended', async (t) => {
  const { url, address } = await openProbes(t)
  const slow: Socket[] = []
  let ended = 0
  for (let batch = 0; batch < 12; batch++) {
    const opened = Array.from({ length: 100 }, () => dial(t, address))
    await Promise.all(opened.map((socket) => once(socket, 'connect')))
    for (const socket of opened) socket.on('close', () => ended++).write('GET /livez HTTP/1.1\r\nX-Slow: ')
    slow.push(...opened)
  }
  t.is((await ask(url, '/livez')).status, 200)
  while (ended < 200) await new Promise((resolve) => setImmediate(resolve))
  t.true(slow.slice(0, 200).every((socket) => socket.closed))
  t.is((await ask(url, '/readyz')).status, 200)
})

test('until the store is open, the probes and the metrics say so', async (t) => {
  const { readiness, url } = await openAlone(t)
  const opening = readiness.waitFor('store', 'It is being opened.')
  const waiting = '[{"what":"store","why":"It is being opened."}]'
  t.like(await ask(url, '/livez'), { status: 200, text: '{"live":true}' })
  t.like(await ask(url, '/startupz'), { status: 503, text: `{"startup_complete":false,"waiting_for":${waiting}}` })
  t.like(await ask(url, '/readyz'), {
    status: 503,
    text: `{"started":false,"ready":false,"fresh":false,"waiting_for":${waiting}}`,
  })
  const waitingMetrics = await scrape(new URL(url).host)
  for (const name of ['started', 'ready', 'fresh']) t.is(waitingMetrics.value(`rolesets_${name}`), 0, name)
  t.is(waitingMetrics.value('rolesets_head_revision'), undefined)
  t.is(waitingMetrics.value('rolesets_store_disk_free_bytes'), undefined)
  readiness.start(() => true)
  opening.over()
  t.is((await scrape(new URL(url).host)).value('rolesets_started'), 1)
  t.is((await ask(url, '/startupz')).status, 200)
})

test('while the sidecar stops it is live and not ready, and says that it stops', async (t) => {
  const { readiness, url } = await openAlone(t)
  readiness.start(() => true)
  readiness.stop()
  t.is((await ask(url, '/livez')).status, 200)
  t.like(await ask(url, '/readyz'), {
    status: 503,
    text: '{"started":true,"ready":false,"fresh":false,"stopping":true}',
  })
  t.is((await ask(url, '/startupz')).status, 200, 'it was ready once')
})

test('it is served until the last call has ended', async (t) => {
  const { url, target, close } = await openProbes(t)
  const client = connect(t, target)
  const { revision } = await client.write('CreatePermission', { key: 'org:a:b' })
  t.truthy(revision)
  const writes = Array.from({ length: 300 }, (_, place) => client.write('CreatePermission', { key: `org:a:p${place}` }))
  await writes[0]
  const closed = close()
  const ready = await ask(url, '/readyz')
  t.is(ready.status, 503)
  t.like(JSON.parse(ready.text), { ready: false, stopping: true })
  await closed
  await Promise.all(writes)
  await t.throwsAsync(ask(url, '/readyz'))
})

test('while the store refuses writes, it is neither live nor ready', async (t) => {
  const { readiness, url } = await openAlone(t)
  readiness.start(() => true)
  readiness.setWritable(false)
  t.like(await ask(url, '/livez'), { status: 503, text: '{"live":false,"writable":false}' })
  t.like(await ask(url, '/readyz'), {
    status: 503,
    text: '{"started":true,"ready":true,"fresh":true,"writable":false}',
  })
  t.is((await ask(url, '/startupz')).status, 200)
})

test('an address that is taken is told by a sentence', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  await t.throwsAsync(openTestSidecar(t, { ...env, ROLESETS_PROBE_LISTEN: `127.0.0.1:${port}` }), {
    name: 'ListenError',
    message: `Listening on 127.0.0.1:${port} failed: another process uses it. Stop that process, or choose another address.`,
  })
})
