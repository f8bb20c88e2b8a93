/**
 * Malformed input of every kind, ten thousand of each: nothing crashes, hangs or is answered with 5xx, and only
 * requests pass that a simple oracle also accepts. The seed is printed, and TEST_SEED runs it again.
 */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { Agent, IncomingMessage, request, ServerResponse } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import {
  authenticate,
  authOf,
  guardRoleGrant,
  problems,
  requirePermission,
  roleGrantOf,
  type Middleware,
  type RoleSetsExpressError,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { expresses } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'
import { seed } from '../seed.ts'

const NUM_RUNS = 10_000
const inSet = ['org:admin', 'org:member']
const statusesOfRefusals = [400, 401, 403]

async function holds<T>(t: ExecutionContext, property: fc.IAsyncProperty<T>, numRuns = NUM_RUNS): Promise<void> {
  t.log(`TEST_SEED=${seed}`)
  await t.notThrowsAsync(fc.assert(property, { numRuns, seed }))
}

/** Runs the middleware with a Node request, and returns the argument of `next`, which must be called exactly once. */
function run(middleware: Middleware, more: object) {
  const req = Object.assign(new IncomingMessage(new Socket()), more)
  return new Promise<{ req: IncomingMessage; error: RoleSetsExpressError | undefined }>((resolve, reject) => {
    let calls = 0
    middleware(req, new ServerResponse(req), (error) => {
      calls += 1
      if (calls > 1) reject(new Error('next was called twice'))
      resolve({ req, error: error as RoleSetsExpressError | undefined })
    })
  })
}

const role = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...inSet) },
  fc.constantFrom(
    'org:analyst',
    'org:nobody',
    '',
    ' ',
    '__proto__',
    'toString',
    'ORG:ADMIN',
    'org:admin\u0000',
    '\ud800',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
)
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('role', 'role_key', 'roleKey', 'roles', 'role_keys', 'roleKeys') },
  { weight: 3, arbitrary: fc.constantFrom('invitations', 'memberships', 'members') },
  fc.constantFrom('__proto__', 'constructor', 'length', '0', 'email', 'then'),
  fc.string({ maxLength: 8 }),
)
/** JSON that looks like a body for the guard, but is malformed. */
const { body } = fc.letrec((tie) => ({
  body: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    role,
    fc.jsonValue({ maxDepth: 1 }),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('body'), { maxLength: 4 }),
  object: fc.array(fc.tuple(name, tie('body')), { maxLength: 4 }).map((entries) => {
    // As with JSON.parse, "__proto__" is an own property.
    const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value ?? null)}`)
    return JSON.parse(`{${members.join(',')}}`) as unknown
  }),
}))

/** The documented places of roles, as patterns of JSON pointers. A position in a list is written `#`. */
const single = '(role|role_key|roleKey)'
const several = `(roles|role_keys|roleKeys)(/#(/${single})?)?`
const bulk = '(invitations|memberships|members)/#'
const places = new RegExp(`^(/#|(/(#|${bulk}))?/(${single}|${several}))$`)

/** Every text below a name that is one of the places, at whatever depth: what a role can be read from, and more. */
function claimed(value: unknown, below = false): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return below ? [value] : []
  return Object.entries(value).flatMap(([key, each]) => {
    return claimed(each, /^(role|role_?keys?|roles)$/i.test(key) || (below && Array.isArray(value)))
  })
}

/** Whether roles stand somewhere below a place, but not where they are read. */
function hidesRoles(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  const lists = ['invitations', 'memberships', 'members'].map((name) => (body as Record<string, unknown>)[name])
  return lists.some((list) => claimed(list).length > named({ members: list }).length)
}

/** Every value in a place for roles. */
function named(value: unknown, at = ''): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => named(each, `${at}/#`))
  if (typeof value !== 'object' || value === null) return places.test(at) ? [value] : []
  return Object.entries(value).flatMap(([key, each]) => named(each, `${at}/${key}`))
}

test('bodies: a request passes only if every place for roles has a role of the set', async (t) => {
  const guard = guardRoleGrant({ roleSets: createRoleSetsDouble() })
  let through = 0
  await holds(
    t,
    fc.asyncProperty(body, async (given) => {
      const { req, error } = await run(guard, { params: { organizationId: 'org_acme' }, body: given })
      if (error) {
        assert.ok(statusesOfRefusals.includes(error.status))
        return
      }
      through += 1
      const roles = [...new Set(named(given))]
      assert.deepEqual([...roleGrantOf(req).roles].sort(), roles.sort())
      assert.ok(!hidesRoles(given) && !Object.hasOwn(given as object, '__proto__'))
      assert.ok(roles.length > 0 && roles.every((each) => inSet.includes(String(each))))
    }),
  )
  t.true(through > NUM_RUNS / 100, `enough get through to mean something: ${through}`)
})

test('bodies with values that JSON does not have are refused without a crash', async (t) => {
  const guard = guardRoleGrant({ roleSets: createRoleSetsDouble() })
  await holds(
    t,
    fc.asyncProperty(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
      async (given) => {
        const { error } = await run(guard, { params: { organizationId: 'org_acme' }, body: given })
        assert.ok(error !== undefined && statusesOfRefusals.includes(error.status))
      },
    ),
  )
})

test('params: the organization is valid, or the request is refused', async (t) => {
  const guard = guardRoleGrant({ roleSets: createRoleSetsDouble() })
  const param = fc.constantFrom('organizationId', 'organization_id', 'orgId', 'org_id', '__proto__', 'x')
  const value = fc.oneof(
    fc.constantFrom('org_acme', 'org_nobody', '', '..', '__proto__'),
    fc.string({ maxLength: 300 }),
    fc.anything(),
  )
  await holds(
    t,
    fc.asyncProperty(fc.dictionary(param, value, { maxKeys: 3 }), async (params) => {
      const { req, error } = await run(guard, { params, body: { role: 'org:member' } })
      if (error) assert.ok(statusesOfRefusals.includes(error.status))
      else assert.ok(['org_acme', 'org_pro'].includes(roleGrantOf(req).organizationId))
    }),
  )
})

test('tokens: only signed tokens pass, and every other one is answered with 401 and a well-formed challenge', async (t) => {
  const tokens = await openIssuer(t)
  const middleware = authenticate({ issuer, audience, jwks: tokens.jwks, cookie: '__session' })
  const good = await tokens.tokenOf()
  const parts = good.split('.')
  const part = fc.oneof(
    fc.constantFrom(...parts, '', 'e30', 'bnVsbA', 'W10'),
    fc.base64String({ maxLength: 60 }),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    fc
      .record({ alg: fc.constantFrom('ES256', 'none', 'HS256', 'RS256', '', 7), kid: fc.anything(), typ: fc.string() })
      .map((header) => Buffer.from(JSON.stringify(header, bigints) ?? '').toString('base64url')),
  )
  const token = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 5 }).map((each) => each.join('.')),
    fc
      .tuple(fc.nat(good.length - 1), fc.string({ maxLength: 2 }))
      .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1)),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.nat(40_000).map((length) => 'x'.repeat(length)),
  )
  const headers = fc.oneof(
    token.map((text) => ({ authorization: `Bearer ${text}` })),
    token.map((text) => ({ cookie: `__session=${text}` })),
    fc.string({ unit: 'binary' }).map((authorization) => ({ authorization })),
    fc.record({ authorization: token, cookie: fc.string() }),
  )
  await holds(
    t,
    fc.asyncProperty(headers, async (given) => {
      const { req, error } = await run(middleware, { headers: given })
      if (!error) {
        // Not in the signature, because some bits of its last character are ignored.
        assert.ok(Object.values(given).some((header) => header.includes(`${parts[0]}.${parts[1]}.`)))
        return
      }
      assert.equal(error.status, 401)
      assert.match(
        error.headers['WWW-Authenticate'] ?? '',
        /^Bearer realm="api"(, error="invalid_token", error_description="[\x20-\x7e]+")?$/,
      )
      assert.equal(authOf(req), undefined)
    }),
  )
})

test('claims: a signed token with malformed claims gives a caller or 401, never 500', async (t) => {
  const secret = new Uint8Array(32).fill(1)
  const middleware = authenticate({ issuer: false, audience: false, secret })
  const roleSets = createRoleSetsDouble()
  const manage = requirePermission('org:sys_memberships:manage', { roleSets })
  const list = fc.array(fc.string({ maxLength: 6 }), { maxLength: 4 }).map((each) => each.join(','))
  const odd = fc.oneof(
    fc.constantFrom('org_acme', 'org:admin', 'admin', 'o:a', '3', 2, null),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const claims = fc.record(
    {
      sub: fc.oneof({ weight: 5, arbitrary: fc.constant('user_1') }, odd),
      sid: odd,
      sts: odd,
      v: fc.oneof(fc.constant(2), odd),
      org_id: odd,
      org_role: odd,
      org_permissions: odd,
      fea: fc.oneof(list, odd),
      o: fc.oneof(
        fc.record({ id: odd, rol: odd, per: fc.oneof(list, odd), fpm: fc.oneof(list, odd) }, { requiredKeys: [] }),
        odd,
      ),
      exp: fc.oneof({ weight: 8, arbitrary: fc.constant(4_000_000_000) }, odd),
      nbf: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, odd),
      iat: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, odd),
    },
    { requiredKeys: [] },
  )
  let callers = 0
  await holds(
    t,
    fc.asyncProperty(claims, async (given) => {
      const token = sign(given, secret)
      const params = { organizationId: 'org_acme' }
      const { req, error } = await run(middleware, { headers: { authorization: `Bearer ${token}` }, params })
      assert.ok(error === undefined || error.status === 401)
      if (error) return
      callers += 1
      const { organizationId, role: held, permissions } = authOf(req)!
      assert.ok(permissions.every((each) => typeof each === 'string'))
      let passed: boolean | undefined
      manage(req, new ServerResponse(req), (refusal) => (passed = refusal === undefined))
      assert.equal(passed, organizationId === 'org_acme' && held === 'org:admin')
    }),
  )
  t.true(callers > NUM_RUNS / 100, `enough are callers to mean something: ${callers}`)
})

for (const [version, express] of expresses) {
  test(`over HTTP, any bytes in path, header and body are answered, and never with 5xx (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const token = await tokens.tokenOf()
    let through = 0
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
    app.post(
      '/organizations/:organizationId',
      express.json(),
      guardRoleGrant({ roleSets: createRoleSetsDouble() }),
      (req, res) => {
        through += 1
        t.true(roleGrantOf(req).roles.every((each) => inSet.includes(each)))
        res.sendStatus(201)
      },
    )
    app.use(problems({ all: true, onError: (error) => t.log(error) }))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => {
      agent.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const send = (path: string, authorization: string, payload: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = { authorization, 'content-type': 'application/json' }
        const sent = request({ port, host: '127.0.0.1', agent, method: 'POST', path, headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        sent.on('error', reject).end(payload)
      })
    const segment = fc.oneof(
      { weight: 6, arbitrary: fc.constant('org_acme') },
      fc.webSegment(),
      fc.constantFrom('%', '%zz', '%00', '%ff'),
    )
    const header = fc.oneof(
      { weight: 6, arbitrary: fc.constant(`Bearer ${token}`) },
      fc.string({ unit: 'grapheme-ascii' }),
      fc.string({ unit: 'grapheme-ascii' }).map((text) => `Bearer ${text}`),
    )
    const payload = fc.oneof(
      { weight: 6, arbitrary: body.map((each) => JSON.stringify(each ?? null)) },
      fc.string({ unit: 'binary' }),
    )
    await holds(
      t,
      fc.asyncProperty(segment, header, payload, async (id, authorization, text) => {
        const status = await send(`/organizations/${id}`, authorization, text)
        assert.ok(status === 201 || (status >= 400 && status < 500), String(status))
      }),
      NUM_RUNS / 10,
    )
    t.true(through > 0)
  })
}

/** Signed without jose, because ten thousand of them are needed. */
function sign(claims: unknown, secret: Uint8Array): string {
  const signed = [{ alg: 'HS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
