// Sends requests to an application of another framework, with a fake sidecar behind it, and prints the answers as JSON. The test
// copies this file into a project, where the packages are installed: node framework-requests.mjs <module that exports createApp>

/* global fetch */

import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'

const secret = 'only-for-tests-and-at-least-32-bytes-long'
const issuer = 'https://issuer.example.com'
const members = '/organizations/org_acme/memberships'

const loaded = await import(process.argv[2])
const { createApp } = loaded.default ?? loaded
const sidecar = createFakeSidecar({
  roles: { 'org:admin': ['org:sys_memberships:manage'] },
  roleSets: { 'role_set:free': ['org:admin', 'org:member'] },
})
const roleSets = createRoleSetsClient({ transport: sidecar.transport, maxStalenessMs: 2000, deadlineMs: 20_000 })
await roleSets.ready()
const app = await createApp({ roleSets, tokens: { issuer, audience: false, secret } })
// Nest has its own form of `listen`.
await ('getHttpServer' in app ? app.listen(0, '127.0.0.1') : app.listen({ port: 0, host: '127.0.0.1' }))
const { port } = (app.server ?? app.getHttpServer()).address()

function tokenOf(role, organizationId = 'org_acme') {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    sub: 'user_ada',
    iat: seconds,
    exp: seconds + 600,
    v: 2,
    o: { id: organizationId, rol: role },
  }
  const parts = [{ alg: 'HS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${parts.join('.')}.${createHmac('sha256', secret).update(parts.join('.')).digest('base64url')}`
}

async function ask({ method = 'POST', path = members, token, body }) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const answer = await response.json()
  const [challenge, retryAfter] = ['www-authenticate', 'retry-after'].map((name) => response.headers.get(name))
  return {
    status: response.status,
    code: answer.code,
    type: response.headers.get('content-type'),
    challenge,
    retryAfter,
    answer,
  }
}

const token = tokenOf('admin')
const elsewhere = tokenOf('admin', 'org_other')
const body = { role: 'org:member' }
const answers = {
  granted: await ask({ token, body }),
  outside: await ask({ token, body: { role: 'org:analyst' } }),
  hidden: await ask({ token, body: { ...body, members: { user_1: { role: 'org:owner' } } } }),
  anonymous: await ask({ body }),
  forged: await ask({ token: `${token}x`, body }),
  notAdmin: await ask({ token: tokenOf('member'), body }),
  otherOrganization: await ask({ token: elsewhere, body }),
  otherSpelling: await ask({ token: elsewhere, body, path: '/Organizations/org_acme/Memberships/' }),
  brokenBody: await ask({ token, body: '{' }),
  list: await ask({ method: 'GET', token }),
  listAnonymous: await ask({ method: 'GET' }),
}
sidecar.goDown()
while (roleSets.status().state !== 'stale') await wait(50)
answers.away = await ask({ token, body })
process.stdout.write(JSON.stringify(answers))
await app.close()
await roleSets.close()
