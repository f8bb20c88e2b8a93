/** The guard lets a grant through only if every role that the request names is in the organization's role set. */

import {
  authenticate,
  guardRoleGrant,
  problems,
  roleGrantOf,
  type GuardDecision,
  type GuardRoleGrantOptions,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import type { ErrorRequestHandler } from 'express'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const path = '/organizations/org_acme/memberships'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<GuardRoleGrantOptions> = {}) {
    const roleSets = createRoleSetsDouble()
    const decisions: GuardDecision[] = []
    let handled = 0
    const app = express()
    app.post(
      '/organizations/:organizationId/memberships',
      express.json(),
      guardRoleGrant({ roleSets, onDecision: (decision) => decisions.push(decision), ...options }),
      (req, res) => {
        handled += 1
        res.status(201).json(roleGrantOf(req))
      },
    )
    app.use(problems({ onError: () => {} }))
    return { roleSets, decisions, handled: () => handled, ask: await serve(t, app) }
  }

  for (const cached of [true, false]) {
    const how = cached ? 'from the cache' : 'by asking'

    test(`a role in the set passes, and the handler receives the decision, ${how} (${version})`, async (t) => {
      const { ask, roleSets, decisions } = await open(t)
      roleSets.cached = cached
      const answer = await ask(path, { body: { role: 'org:member' } })
      t.is(answer.status, 201)
      t.deepEqual(answer.body, {
        allowed: true,
        organizationId: 'org_acme',
        roles: ['org:member'],
        roleSet: 'role_set:org_acme',
        revision: 'epoch:1',
      })
      t.is(decisions[0]?.outcome, 'allowed')
      t.is(decisions[0]?.source, cached ? 'cache' : 'sidecar')
    })

    test(`a role outside the set is refused, and the answer names it and the set, ${how} (${version})`, async (t) => {
      const { ask, roleSets, handled } = await open(t)
      roleSets.cached = cached
      const answer = await ask(path, { body: { role: 'org:analyst' } })
      t.is(answer.status, 403)
      t.is(answer.headers.get('content-type'), 'application/problem+json')
      t.deepEqual(answer.body, {
        type: 'urn:rolesets:problem:role_not_in_set',
        title: 'Role not in the role set',
        status: 403,
        detail: 'Role "org:analyst" is not in role set "role_set:org_acme", which organization "org_acme" has.',
        code: 'role_not_in_set',
        organization: 'org_acme',
        roles: ['org:analyst'],
        role_set: 'role_set:org_acme',
        revision: 'epoch:1',
      })
      t.is(handled(), 0)
    })

    test(`one role outside the set refuses the whole request, and the answer names all such roles, ${how} (${version})`, async (t) => {
      const { ask, roleSets, handled } = await open(t)
      roleSets.cached = cached
      const answer = await ask(path, { body: { roles: ['org:member', 'org:analyst', 'org:admin', 'org:nobody'] } })
      t.is(answer.status, 403)
      t.deepEqual(answer.body.roles, ['org:analyst', 'org:nobody'])
      t.is(handled(), 0)
    })

    test(`an organization that the sidecar does not know is refused, ${how} (${version})`, async (t) => {
      const { ask, roleSets } = await open(t)
      roleSets.cached = cached
      const answer = await ask('/organizations/org_nobody/memberships', { body: { role: 'org:member' } })
      t.is(answer.status, 403)
      t.is(answer.body.code, 'organization_unknown')
      t.is(answer.body.organization, 'org_nobody')
    })
  }

  test(`a role that is taken out of the set is refused at the next request (${version})`, async (t) => {
    const { ask, roleSets } = await open(t)
    t.is((await ask(path, { body: { role: 'org:member' } })).status, 201)
    roleSets.offered.get('org_acme')!.delete('org:member')
    roleSets.revision = 2
    const answer = await ask(path, { body: { role: 'org:member' } })
    t.is(answer.status, 403)
    t.is(answer.body.revision, 'epoch:2')
  })

  test(`all roles of a request are asked at once, each only once (${version})`, async (t) => {
    const { ask, roleSets } = await open(t)
    const body = { invitations: Array.from({ length: 50 }, () => ({ role: 'org:member' })), role: 'org:admin' }
    const answer = await ask(path, { body })
    t.deepEqual(answer.body.roles, ['org:admin', 'org:member'])
    t.deepEqual(roleSets.questions, [
      { organizationId: 'org_acme', role: 'org:admin' },
      { organizationId: 'org_acme', role: 'org:member' },
    ])
  })

  test(`decisions of different revisions are not accepted (${version})`, async (t) => {
    const { ask, roleSets } = await open(t)
    const answered = roleSets.checkManyCached.bind(roleSets)
    roleSets.checkManyCached = (questions) =>
      answered(questions)?.map((decision, position) => ({ ...decision, revision: `epoch:${position}` }))
    t.is((await ask(path, { body: { roles: ['org:member', 'org:admin'] } })).status, 503)
  })

  test(`a request that names no organization is answered with 400 (${version})`, async (t) => {
    const app = express()
    app.post('/memberships', express.json(), guardRoleGrant({ roleSets: createRoleSetsDouble() }))
    app.use(problems())
    const answer = await (await serve(t, app))('/memberships', { body: { role: 'org:member' } })
    t.is(answer.status, 400)
    t.is(answer.body.code, 'organization_missing')
    t.true(answer.body.detail.includes('mergeParams'))
  })

  test(`a malformed organization id is answered with 400 (${version})`, async (t) => {
    const { ask } = await open(t)
    for (const id of ['%20', '%00', 'x'.repeat(256), '%0a']) {
      const answer = await ask(`/organizations/${id}/memberships`, { body: { role: 'org:member' } })
      t.is(answer.status, 400, id)
      t.is(answer.body.code, 'organization_invalid', id)
    }
  })

  test(`the organization is found in each of the usual parameters (${version})`, async (t) => {
    for (const name of ['organizationId', 'organization_id', 'orgId', 'org_id']) {
      const app = express()
      app.post(`/:${name}`, express.json(), guardRoleGrant({ roleSets: createRoleSetsDouble() }), (req, res) => {
        res.json(roleGrantOf(req))
      })
      const answer = await (await serve(t, app))('/org_pro', { body: { role: 'org:analyst' } })
      t.is(answer.body.organizationId, 'org_pro', name)
    }
  })

  test(`functions can find the organization and the roles, also with a promise (${version})`, async (t) => {
    const { ask } = await open(t, {
      organization: (req) => Promise.resolve((req.body as { for: string }).for),
      roles: (req) => (req.body as { grants: string[] }).grants,
    })
    t.is((await ask(path, { body: { for: 'org_pro', grants: ['org:analyst'] } })).status, 201)
    t.is((await ask(path, { body: { for: 'org_acme', grants: ['org:analyst'] } })).body.code, 'role_not_in_set')
    t.is((await ask(path, { body: { for: 'org_acme', grants: 'org:analyst' } })).body.code, 'role_not_in_set')
    t.is((await ask(path, { body: { for: 'org_acme' } })).body.code, 'role_missing')
    t.is((await ask(path, { body: { for: 'org_acme', grants: [] } })).body.code, 'role_missing')
    t.is((await ask(path, { body: { for: 'org_acme', grants: [7] } })).body.code, 'role_invalid')
    t.is((await ask(path, { body: { for: 'org_acme', grants: { then: 7 } } })).body.code, 'role_invalid')
    t.is((await ask(path, { body: { for: 7, grants: 'org:member' } })).body.code, 'organization_invalid')
    t.is((await ask(path, { body: { grants: 'org:member' } })).body.code, 'organization_missing')
  })

  test(`a function that throws is answered with 500 without details, and the request does not pass (${version})`, async (t) => {
    const thrower = () => {
      throw new Error('a secret of the application')
    }
    const faulty: Partial<GuardRoleGrantOptions>[] = [
      { organization: thrower },
      { roles: thrower },
      { organization: () => Promise.reject(new Error('a secret of the application')) },
      { roles: (req) => (req.body as { no: { such: string } }).no.such },
    ]
    for (const options of faulty) {
      const { ask, handled, decisions } = await open(t, options)
      const answer = await ask(path, { body: { role: 'org:member' } })
      t.is(answer.status, 500)
      t.false(JSON.stringify(answer.body).includes('secret'))
      t.is(decisions[0]?.outcome, 'undecided')
      t.is(handled(), 0)
    }
  })

  test(`the guard does not check the role of the caller, and needs none (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, required: false }))
    const guard = guardRoleGrant({ roleSets: createRoleSetsDouble() })
    app.post('/:organizationId', express.json(), guard, (_req, res) => {
      res.sendStatus(201)
    })
    app.use(problems())
    const ask = await serve(t, app)
    const body = { role: 'org:member' }
    t.is((await ask('/org_acme', { token: await tokens.tokenOf(), body })).status, 201)
    const stranger = { org_role: undefined, org_id: 'org_pro' }
    t.is((await ask('/org_pro', { token: await tokens.tokenOf({ claims: stranger }), body })).status, 201)
    t.is((await ask('/org_pro', { body })).status, 201)
  })

  test(`in the mode "report" every request passes and is reported (${version})`, async (t) => {
    const { ask, decisions, handled } = await open(t, { mode: 'report' })
    const refused = await ask(path, { body: { role: 'org:analyst' } })
    t.is(refused.status, 201)
    t.is(refused.body.allowed, false)
    t.deepEqual(refused.body.roles, ['org:analyst'])
    const missing = await ask(path, { body: {} })
    t.is(missing.status, 201)
    t.deepEqual(missing.body, { allowed: false, organizationId: 'org_acme', roles: [], roleSet: '', revision: '' })
    t.is((await ask(path, { body: { role: 'org:member' } })).body.allowed, true)
    t.deepEqual(
      decisions.map(({ outcome, mode, error }) => [outcome, mode, error?.code]),
      [
        ['refused', 'report', 'role_not_in_set'],
        ['refused', 'report', 'role_missing'],
        ['allowed', 'report', undefined],
      ],
    )
    t.is(handled(), 3)
  })

  test(`if the guard has not run, roleGrantOf throws and says what to do (${version})`, async (t) => {
    const app = express()
    app.get('/', (req, res) => {
      res.send(t.throws(() => roleGrantOf(req), { code: 'middleware_missing' }).message)
    })
    const answer = await (await serve(t, app))('/')
    t.true(answer.body.includes('guardRoleGrant({ roleSets })'))
  })

  test(`an error of the handler is not taken for a missing decision (${version})`, async (t) => {
    for (const cached of [true, false]) {
      const roleSets = createRoleSetsDouble()
      roleSets.cached = cached
      const seen: unknown[] = []
      const app = express()
      app.post('/:organizationId', express.json(), guardRoleGrant({ roleSets }), () => {
        throw new RangeError('of the handler')
      })
      app.use(problems())
      const last: ErrorRequestHandler = (error, _req, res, _next) => {
        seen.push(error)
        res.sendStatus(418)
      }
      app.use(last)
      t.is((await (await serve(t, app))('/org_acme', { body: { role: 'org:member' } })).status, 418)
      t.is(seen.length, 1)
      t.true(seen[0] instanceof RangeError)
    }
  })
}
