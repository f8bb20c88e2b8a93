/** What a request is checked for before it is routed: its host on loopback, and headers that come twice. */

import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import test from 'ava'
import { exposed, openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'

const env = { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }

interface RawResponse {
  readonly status: number
  readonly body: string
}

/** Sends a request as it is written, with any headers. */
async function send(address: string, request: string): Promise<RawResponse> {
  const [host = '', port = ''] = address.split(':')
  const socket = connectSocket(Number(port), host)
  socket.write(request)
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(socket, 'close')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body }
}

const get = (path: string, headers: readonly string[], version = '1.1') =>
  `GET ${path} HTTP/${version}\r\n${[...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`

const paths = ['/metrics', '/livez', '/readyz', '/v1/role_sets', '/v1/openapi.json', '/elsewhere']
const key = `Authorization: Bearer ${secretKey}`

const foreign = [
  'evil.example',
  'evil.example:7451',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io:7451',
  'evil.example.',
  'localhost@evil.example',
  'evil.example@localhost',
  'localhost:7451@evil.example',
  'localhost, evil.example',
  'evil.example#localhost',
  '0.0.0.0',
  '10.0.0.1',
  '[::2]',
  'localhost:port',
  '',
]

for (const host of foreign)
  test(`on loopback the host ${JSON.stringify(host)} is refused, on every path`, async (t) => {
    const address = (await openTestSidecar(t, env)).sidecar.http ?? ''
    for (const path of paths) {
      const { status, body } = await send(address, get(path, [`Host: ${host}`, key]))
      t.is(status, 421, path)
      t.regex(body, /host_not_allowed/)
      t.regex(body, /ROLESETS_HTTP_HOSTS/)
    }
  })

test('on loopback its own names are accepted, with any port', async (t) => {
  const address = (await openTestSidecar(t, env)).sidecar.http ?? ''
  for (const host of [address, 'localhost', 'LocalHost:1', '127.0.0.1', '127.0.0.1:80', '[::1]:7451', '[::1]'])
    for (const path of ['/metrics', '/readyz', '/v1/role_sets'])
      t.is((await send(address, get(path, [`Host: ${host}`, key]))).status, 200, `${host}${path}`)
})

test('a target with a host of its own, and a request without a host, are checked as well', async (t) => {
  const address = (await openTestSidecar(t, env)).sidecar.http ?? ''
  const own = 'Host: localhost'
  t.is((await send(address, get('http://evil.example/metrics', [own]))).status, 421)
  t.is((await send(address, get('HTTP://evil.example/livez', [own]))).status, 421)
  t.is((await send(address, get('http://localhost@evil.example/metrics', [own]))).status, 421)
  t.is((await send(address, get('http://localhost/metrics', ['Host: evil.example']))).status, 421)
  t.is((await send(address, get(`http://${address}/metrics`, [own]))).status, 200)
  t.is((await send(address, get('/metrics', [], '1.0'))).status, 421)
  t.is((await send(address, get('/metrics', [], '1.1'))).status, 400)
  t.is((await send(address, get('/metrics', ['Host: evil.example', 'X-Forwarded-Host: localhost']))).status, 421)
  t.is((await send(address, get('/metrics', [own, 'X-Forwarded-Host: evil.example']))).status, 200)
})

test('the setting names further hosts', async (t) => {
  const hosts = { ...env, ROLESETS_HTTP_HOSTS: 'Proxy.internal, other.internal' }
  const address = (await openTestSidecar(t, hosts)).sidecar.http ?? ''
  for (const host of ['proxy.internal', 'PROXY.internal:8080', 'other.internal', 'localhost'])
    t.is((await send(address, get('/metrics', [`Host: ${host}`]))).status, 200, host)
  t.is((await send(address, get('/metrics', ['Host: third.internal']))).status, 421)
  await t.throwsAsync(openTestSidecar(t, { ...env, ROLESETS_HTTP_HOSTS: 'a.internal, *' }), {
    message: /ROLESETS_HTTP_HOSTS has "\*"/,
  })
})

test('beyond loopback any host is accepted, because everything but probes needs a key', async (t) => {
  const address = (await openTestSidecar(t, env, exposed)).sidecar.http ?? ''
  t.is((await send(address, get('/livez', ['Host: rolesets.internal']))).status, 200)
  t.is((await send(address, get('/metrics', ['Host: rolesets.internal']))).status, 401)
})

for (const change of [undefined, exposed])
  test(`a header that must be one is refused when it is repeated${change ? ', beyond loopback too' : ''}`, async (t) => {
    const address = (await openTestSidecar(t, env, change)).sidecar.http ?? ''
    const own = 'Host: localhost'
    for (const headers of [
      [own, own],
      [own, 'host: evil.example'],
      ['host: evil.example', own],
      [own, key, key],
      [own, key, 'AUTHORIZATION: Bearer another-key-of-20-chars'],
      [own, 'authorization: Basic x', key],
      [own, key, 'x-rolesets-actor: ann', 'X-Rolesets-Actor: ben'],
      [own, key, 'x-rolesets-acting-user: ann', 'X-Rolesets-Acting-User: ben'],
      [own, key, 'clerk-api-version: 2025-11-10', 'Clerk-API-Version: 2024-10-01'],
    ])
      for (const path of ['/metrics', '/v1/role_sets', '/livez'])
        t.is((await send(address, get(path, headers))).status, 400, `${headers.join(' | ')} ${path}`)
  })
