/**
 * Guarantee 5: when no decision is possible, the answer is 503 and the request does not pass. No failure of the client
 * is ever taken for "yes".
 */

import {
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  type RoleSets,
} from '@rolesets/express'
import test from 'ava'
import { expresses, serve, type Answer } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { clientError, createFaultyRoleSets, createRoleSetsDouble, faults, yes } from './role-sets-double.ts'

/** For a client that never answers, the deadline of the middleware counts. */
const deadlineMs = 20

for (const [version, express] of expresses) {
  for (const [what, fault] of Object.entries(faults)) {
    test(`a client that ${what} is answered with 503, and the request does not pass (${version})`, async (t) => {
      // agentgate#78, descope node-sdk PR#678: fail-open by accident, and a fallback after a long default time-out.
      const tokens = await openIssuer(t)
      const token = await tokens.tokenOf()
      const roleSets = createFaultyRoleSets(fault)
      let handled = 0
      const app = express()
      app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
      const checks = {
        guard: guardRoleGrant({ roleSets, deadlineMs }),
        role: requireRole('org:admin', { roleSets, deadlineMs }),
        permission: requirePermission('org:reports:read', { roleSets, deadlineMs }),
        permissions: requirePermission(['org:reports:read', 'org:own:thing'], { roleSets, deadlineMs }),
      }
      for (const [name, check] of Object.entries(checks)) {
        app.post(`/:organizationId/${name}`, express.json(), check, (_req, res) => {
          handled += 1
          res.sendStatus(204)
        })
      }
      app.use(problems())
      const ask = await serve(t, app)
      for (const name of Object.keys(checks)) {
        for (const body of [{ role: 'org:admin' }, { roles: ['org:admin', 'org:member'] }]) {
          assertUndecided(await ask(`/org_acme/${name}`, { token, body }), name)
        }
      }
      t.is(handled, 0)

      function assertUndecided(answer: Answer, name: string): void {
        t.is(answer.status, 503, name)
        t.is(answer.body.code, 'decision_unavailable', name)
        t.is(answer.headers.get('retry-after'), '1', name)
        t.is(answer.headers.get('content-type'), 'application/problem+json', name)
      }
    })
  }

  test(`answers that don't match the questions are refused (${version})`, async (t) => {
    const misfits: unknown[] = [
      [],
      [yes()],
      [yes(), yes(), yes()],
      [yes(), undefined],
      [yes(), { ...yes(), revision: 'epoch:2' }],
      { 0: yes(), 1: yes(), length: 2 },
      new Set([yes(), { ...yes() }]),
      true,
    ]
    for (const misfit of misfits) {
      for (const cached of [true, false]) {
        const roleSets = Object.assign(createRoleSetsDouble(), {
          checkManyCached: () => (cached ? misfit : undefined),
          checkMany: () => Promise.resolve(misfit),
        }) as RoleSets
        const app = express()
        app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets }), (_req, res) => {
          res.sendStatus(201)
        })
        app.use(problems())
        const ask = await serve(t, app)
        t.is((await ask('/org_acme', { body: { roles: ['org:admin', 'org:member'] } })).status, 503)
      }
    }
  })

  test(`also without the option deadlineMs, the middleware does not wait for a client that never answers (${version})`, async (t) => {
    const app = express()
    app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets: createFaultyRoleSets({}) }))
    app.use(problems())
    t.is((await (await serve(t, app))('/org_acme', { body: { role: 'org:member' } })).status, 503)
  })

  test(`roles that cannot be listed are answered with 503 (${version})`, async (t) => {
    const broken: (() => unknown)[] = [
      () => Promise.reject(clientError('unavailable')),
      () => new Promise(() => {}),
      () => Promise.resolve(undefined),
      () => Promise.resolve({ roles: 'all' }),
      () => Promise.resolve({ roles: [null], roleSet: 'x', revision: 'y' }),
      () => Promise.resolve({ roles: [{ id: 1n }], roleSet: 'x', revision: 'y' }),
      () => {
        throw new TypeError('x is not a function')
      },
    ]
    for (const list of broken) {
      const roleSets = Object.assign(createRoleSetsDouble(), { availableRoles: list }) as RoleSets
      const app = express()
      app.get('/:organizationId/roles', availableRoles({ roleSets, deadlineMs }))
      app.use(problems())
      const answer = await (await serve(t, app))('/org_acme/roles')
      t.is(answer.status, 503, list.toString())
      t.is(answer.body.code, 'decision_unavailable')
      t.is(answer.headers.get('retry-after'), '1')
    }
  })

  test(`the client receives the deadline, and a signal when the middleware stops waiting (${version})`, async (t) => {
    const seen: { deadlineMs?: number; signal?: AbortSignal }[] = []
    const roleSets = Object.assign(createRoleSetsDouble(), { cached: false })
    roleSets.check = (_organizationId, _role, options = {}) => {
      seen.push(options)
      return new Promise(() => {})
    }
    const app = express()
    app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets, deadlineMs }))
    app.use(problems())
    t.is((await (await serve(t, app))('/org_acme', { body: { role: 'org:member' } })).status, 503)
    t.is(seen[0]?.deadlineMs, deadlineMs)
    t.true(seen[0]?.signal?.aborted)
  })

  test(`a question that the client rejects as malformed is answered with 400 (${version})`, async (t) => {
    for (const code of ['invalid_argument', 'invalid_field', 'limit_exceeded']) {
      const roleSets = Object.assign(createRoleSetsDouble(), { cached: false })
      roleSets.check = () => Promise.reject(clientError(code))
      roleSets.availableRoles = () => Promise.reject(clientError(code))
      const app = express()
      app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets }))
      app.get('/:organizationId', availableRoles({ roleSets }))
      app.use(problems())
      const ask = await serve(t, app)
      t.is((await ask('/org_acme', { body: { role: 'org:member' } })).body.code, 'role_invalid')
      t.is((await ask('/org_acme')).body.code, 'organization_invalid')
    }
  })

  test(`a client that works again is used at the next request (${version})`, async (t) => {
    const roleSets = createRoleSetsDouble()
    const { checkCached } = roleSets
    const app = express()
    app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets }), (_req, res) => {
      res.sendStatus(201)
    })
    app.use(problems())
    const ask = await serve(t, app)
    roleSets.checkCached = () => {
      throw clientError('closed')
    }
    t.is((await ask('/org_acme', { body: { role: 'org:member' } })).status, 503)
    roleSets.checkCached = checkCached
    t.is((await ask('/org_acme', { body: { role: 'org:member' } })).status, 201)
  })
}
