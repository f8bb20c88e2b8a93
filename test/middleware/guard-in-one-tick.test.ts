/** If the client's cache has the decision, `next` is called before the middleware returns. */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { availableRoles, guardRoleGrant, requireRole, roleGrantOf, type Middleware } from '@rolesets/express'
import test from 'ava'
import { createRoleSetsDouble } from './role-sets-double.ts'

function run(middleware: Middleware, more: { params?: unknown; body?: unknown }) {
  const req = Object.assign(new IncomingMessage(new Socket()), more)
  const calls: unknown[][] = []
  middleware(req, new ServerResponse(req), (...parts) => calls.push(parts))
  return { req, calls }
}

const params = { organizationId: 'org_acme' }

test('an allowed grant goes on in the same tick', (t) => {
  const { req, calls } = run(guardRoleGrant({ roleSets: createRoleSetsDouble() }), {
    params,
    body: { roles: ['org:member', 'org:admin'] },
  })
  t.deepEqual(calls, [[]])
  t.deepEqual(roleGrantOf(req).roles, ['org:member', 'org:admin'])
})

test('a refused grant is passed to next in the same tick', (t) => {
  const { req, calls } = run(guardRoleGrant({ roleSets: createRoleSetsDouble() }), { params, body: { role: 'x' } })
  t.is(calls.length, 1)
  t.is((calls[0]?.[0] as { code: string }).code, 'role_not_in_set')
  t.throws(() => roleGrantOf(req), { code: 'middleware_missing' })
})

test('the result of an earlier guard is deleted by a second one', async (t) => {
  const roleSets = createRoleSetsDouble()
  const { req } = run(guardRoleGrant({ roleSets }), { params, body: { role: 'org:member' } })
  t.is(roleGrantOf(req).allowed, true)
  Object.assign(req, { body: { role: 'org:analyst' } })
  guardRoleGrant({ roleSets })(req, new ServerResponse(req), () => {})
  t.throws(() => roleGrantOf(req), { code: 'middleware_missing' })
})

test('an error that the next middleware throws is not caught here', (t) => {
  const req = Object.assign(new IncomingMessage(new Socket()), { params, body: { role: 'org:member' } })
  let calls = 0
  const next = () => {
    calls += 1
    throw new RangeError('of the next middleware')
  }
  const guard = guardRoleGrant({ roleSets: createRoleSetsDouble() })
  t.throws(() => guard(req, new ServerResponse(req), next), { instanceOf: RangeError })
  t.is(calls, 1)
})

test('a request without params, outside of any router, is refused without a crash', (t) => {
  const roleSets = createRoleSetsDouble()
  for (const middleware of [guardRoleGrant({ roleSets }), availableRoles({ roleSets })]) {
    const { calls } = run(middleware, {})
    t.is((calls[0]?.[0] as { code: string }).code, 'organization_missing')
  }
  const { calls } = run(requireRole('org:admin', { roleSets }), {})
  t.is((calls[0]?.[0] as { code: string }).code, 'middleware_missing')
})
