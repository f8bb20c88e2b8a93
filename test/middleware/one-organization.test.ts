/**
 * What authorizes a request and what it grants must be about one organization: an administrator of one organization must
 * not give roles in another one.
 */

import {
  authenticate,
  authOf,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  roleGrantOf,
  type Extractor,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import type { Request, RequestHandler } from 'express'
import { expresses, serve, type AskInit, type Express } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const manage = 'org:sys_memberships:manage'
const body = { role: 'org:member' }
const granted: RequestHandler = (req, res) => void res.status(201).json(roleGrantOf(req))
const done: RequestHandler = (_req, res) => void res.sendStatus(204)
const header: Extractor = (req) => req.headers['x-organization']

for (const [version, express] of expresses) {
  /** An application whose callers are administrators of `org_acme`. */
  async function open(
    t: ExecutionContext,
    route: (app: Express, roleSets: ReturnType<typeof createRoleSetsDouble>) => void,
  ) {
    const tokens = await openIssuer(t)
    const roleSets = createRoleSetsDouble()
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, required: false }))
    app.use(express.json())
    route(app, roleSets)
    app.use(problems())
    const ask = await serve(t, app)
    const askAs = async (path: string, init: AskInit = {}, claims: Record<string, unknown> = {}) =>
      ask(path, { token: await tokens.tokenOf({ claims }), ...init })
    return { roleSets, ask, askAs }
  }

  const nested: Readonly<Record<string, Parameters<typeof open>[1]>> = {
    'a requirement in front of a router, which does not see the parameter': (app, roleSets) => {
      app.use(requirePermission(manage, { roleSets, organization: (req) => authOf(req)?.organizationId }))
      app.post('/organizations/:organizationId/memberships', guardRoleGrant({ roleSets }), granted)
    },
    'a requirement in a router without mergeParams, and a guard that reads the path': (app, roleSets) => {
      const router = express.Router()
      const organization = (req: Request) => req.baseUrl.split('/')[2]
      router.post(
        '/memberships',
        requireRole('org:admin', { roleSets, organization: (req) => authOf(req)?.organizationId }),
        guardRoleGrant({ roleSets, organization }),
        granted,
      )
      app.use('/organizations/:organizationId', router)
    },
    'a guard alone, behind authenticate': (app, roleSets) => {
      app.post('/organizations/:organizationId/memberships', guardRoleGrant({ roleSets }), granted)
    },
    'a requirement that accepts any organization': (app, roleSets) => {
      const any = requirePermission(manage, { roleSets, crossOrganization: true })
      app.post('/organizations/:organizationId/memberships', any, guardRoleGrant({ roleSets }), granted)
    },
    'a guard that finds the organization later than the requirement': (app, roleSets) => {
      const organization: Extractor = (req) => Promise.resolve(req.params['organizationId'])
      app.post(
        '/organizations/:organizationId/memberships',
        requirePermission(manage, { roleSets, organization: () => 'org_acme' }),
        guardRoleGrant({ roleSets, organization }),
        granted,
      )
    },
  }

  for (const [what, route] of Object.entries(nested)) {
    test(`an administrator grants in their own organization only: ${what} (${version})`, async (t) => {
      const { askAs } = await open(t, route)
      const own = await askAs('/organizations/org_acme/memberships', { body })
      t.is(own.status, 201)
      t.is(own.body.organizationId, 'org_acme')
      const other = await askAs('/organizations/org_pro/memberships', { body })
      t.is(other.status, 403)
      t.is(other.body.code, 'organization_mismatch')
      t.is(other.body.organization, 'org_pro')
    })
  }

  test(`an organization is the same only if its id is, character by character (${version})`, async (t) => {
    const { askAs, roleSets } = await open(t, (app, roleSets) => {
      app.post(
        '/:organizationId',
        requireRole('org:admin', { roleSets, crossOrganization: true }),
        guardRoleGrant({ roleSets }),
        granted,
      )
    })
    for (const id of [
      'ORG_ACME',
      'Org_acme',
      'acme',
      'org_acme2',
      'org_acm',
      'org_acme%00',
      'org%5Facme%2F',
      'org_%61cm%65%cc%81',
    ]) {
      roleSets.offered.set(decodeURIComponent(id), new Set(['org:member', 'org:admin']))
      const answer = await askAs(`/${id}`, { body }, { org_slug: 'acme' })
      t.true(['organization_mismatch', 'organization_invalid'].includes(answer.body.code), id)
    }
    t.is((await askAs('/org%5Facme', { body })).status, 201, 'an escaped character is the same character')
  })

  test(`a guard can be made for other organizations than the caller's (${version})`, async (t) => {
    const { askAs } = await open(t, (app, roleSets) => {
      const options = { roleSets, crossOrganization: true }
      app.post('/:organizationId', requireRole('org:admin', options), guardRoleGrant(options), granted)
      app.get('/:organizationId/roles', availableRoles(options))
    })
    t.is((await askAs('/org_pro', { body })).body.organizationId, 'org_pro')
    t.is((await askAs('/org_pro/roles')).status, 200)
  })

  test(`the roles of another organization are not listed (${version})`, async (t) => {
    const { ask, askAs } = await open(t, (app, roleSets) => {
      app.get('/:organizationId/roles', availableRoles({ roleSets }))
    })
    t.is((await askAs('/org_acme/roles')).status, 200)
    t.is((await askAs('/org_pro/roles')).body.code, 'organization_mismatch')
    t.is((await ask('/org_pro/roles')).status, 200, 'without a caller there is nothing to compare')
  })

  test(`without a requirement and without an organization in the token, the guard compares nothing (${version})`, async (t) => {
    const { ask, askAs } = await open(t, (app, roleSets) => {
      app.post('/:organizationId', guardRoleGrant({ roleSets }), granted)
    })
    t.is((await ask('/org_pro', { body })).status, 201)
    t.is((await askAs('/org_pro', { body }, { org_id: undefined, org_role: undefined })).status, 201)
  })

  test(`a requirement vouches for one request only, and only if it let it pass (${version})`, async (t) => {
    const { ask, askAs } = await open(t, (app, roleSets) => {
      const optional: RequestHandler = (req, res, next) =>
        requireRole('org:analyst', { roleSets, organization: () => 'org_acme' })(req, res, () => next())
      app.post('/:organizationId', optional, guardRoleGrant({ roleSets }), granted)
    })
    t.is((await askAs('/org_acme', { body })).status, 201)
    t.is((await ask('/org_pro', { body })).status, 201)
  })

  test(`two requirements for different organizations vouch for none of them (${version})`, async (t) => {
    const [first, second] = [await openIssuer(t), await openIssuer(t)]
    const roleSets = createRoleSetsDouble()
    const app = express()
    const required = requireRole('org:admin', { roleSets, organization: (req) => authOf(req)?.organizationId })
    const token: Extractor = (req) => req.headers['x-second']
    app.post(
      '/:organizationId',
      express.json(),
      authenticate({ issuer, audience, jwks: first.jwks }),
      required,
      authenticate({ issuer, audience, jwks: second.jwks, token }),
      required,
      guardRoleGrant({ roleSets }),
      granted,
    )
    app.use(problems())
    const ask = await serve(t, app)
    const token1 = await first.tokenOf()
    const headers = { 'x-second': await second.tokenOf({ claims: { org_id: 'org_pro' } }) }
    for (const id of ['org_acme', 'org_pro']) {
      t.is((await ask(`/${id}`, { token: token1, headers, body })).body.code, 'organization_mismatch', id)
    }
  })

  const blind: Readonly<Record<string, Parameters<typeof open>[1]>> = {
    'in front of all routes': (app, roleSets) => {
      app.use(requireRole('org:admin', { roleSets }))
      app.get('/organizations/:organizationId', done)
    },
    'in front of all routes, behind a route that has called next': (app, roleSets) => {
      app.get('/organizations/:any', (_req, _res, next) => next())
      app.use(requireRole('org:admin', { roleSets }))
      app.get('/organizations/:organizationId', done)
    },
    'in a router without mergeParams': (app, roleSets) => {
      const router = express.Router()
      router.get('/', requirePermission(manage, { roleSets }), done)
      app.use('/organizations/:organizationId', router)
    },
    'in front of a router without mergeParams': (app, roleSets) => {
      const router = express.Router()
      router.use(requirePermission(manage, { roleSets }))
      router.get('/', done)
      app.use('/organizations/:organizationId', router)
    },
    'in an application within the application': (app, roleSets) => {
      const inner = express()
      inner.get('/', requireRole('org:admin', { roleSets }), done)
      inner.use(problems())
      app.use('/organizations/:organizationId', inner)
    },
    'in a route for everything': (app, roleSets) => {
      const everything = version === 'Express 5' ? '/{*any}' : '*'
      app.all(everything, requireRole('org:admin', { roleSets }))
      app.get('/organizations/:organizationId', done)
    },
    'in a route with a wildcard': (app, roleSets) => {
      app.all(
        version === 'Express 5' ? '/organizations/*any' : '/organizations/*',
        requirePermission(manage, { roleSets }),
      )
      app.get('/organizations/:organizationId', done)
    },
    'in a route with a regular expression': (app, roleSets) => {
      app.get(/^\/organizations\/([^/]+)$/, requireRole('org:admin', { roleSets }), done)
    },
    'behind a route of a mounted router that has called next': (app, roleSets) => {
      const router = express.Router()
      router.get('/', (_req, _res, next) => next())
      app.use('/organizations/:any', router)
      app.use(requireRole('org:admin', { roleSets }))
      app.get('/organizations/:organizationId', done)
    },
    ...Object.fromEntries(
      [
        '/organizations/:id',
        '/organizations/:orgSlug',
        '/:folder/:organisation_id',
        '/:folder/:tenantId',
        '/:folder/:Org',
      ].map((path): [string, Parameters<typeof open>[1]] => [
        `in the route ${path}`,
        (app, roleSets) => {
          app.get(path, requireRole('org:admin', { roleSets }), done)
        },
      ]),
    ),
    'with a function that finds none': (app, roleSets) => {
      const organization: Extractor = () => undefined
      app.get('/organizations/:organizationId', requireRole('org:admin', { roleSets, organization }), done)
    },
    'with a function that finds null later': (app, roleSets) => {
      const organization: Extractor = () => Promise.resolve(null)
      app.get('/organizations/:organizationId', requirePermission(manage, { roleSets, organization }), done)
    },
  }

  for (const [where, route] of Object.entries(blind)) {
    test(`a requirement that does not see which organization the request is about refuses: ${where} (${version})`, async (t) => {
      const { askAs } = await open(t, route)
      for (const id of ['org_acme', 'org_pro']) {
        const answer = await askAs(`/organizations/${id}`)
        t.is(answer.status, 400)
        t.is(answer.body.code, 'organization_missing')
        t.regex(answer.body.detail, /mergeParams.+"organization".+authOf/s, 'the answer says what to do')
      }
    })
  }

  test(`a requirement in a route of the application, whose path has no organization, is about the active one (${version})`, async (t) => {
    const { askAs } = await open(t, (app, roleSets) => {
      const required = requireRole('org:admin', { roleSets })
      app.get('/reports', required, done)
      app.get('/reports/:report', required, done)
      app.get('/organizers/:organizer', required, done)
      app.get(version === 'Express 5' ? '/optional{/:year}' : '/optional/:year?', required, done)
      app.route('/domains').get(required, done)
      const router = express.Router()
      router.get('/invoices', required, done)
      app.use(router)
      app.post('/grants', required, guardRoleGrant({ roleSets, organization: header }), granted)
    })
    for (const path of [
      '/reports',
      '/Reports/?x=1',
      '/reports/7',
      '/reports/7%2F8',
      '/organizers/7',
      '/domains',
      '/invoices',
    ])
      t.is((await askAs(path)).status, 204, path)
    for (const path of ['/optional', '/optional/2026']) t.is((await askAs(path)).status, 204, path)
    const grantIn = (id: string) => askAs('/grants', { body, headers: { 'x-organization': id } })
    t.is((await grantIn('org_acme')).status, 201)
    t.is((await grantIn('org_pro')).body.code, 'organization_mismatch')
  })

  test(`a path with two organizations is refused, unless they are the same (${version})`, async (t) => {
    const { askAs } = await open(t, (app, roleSets) => {
      const all = [requireRole('org:admin', { roleSets }), guardRoleGrant({ roleSets })]
      app.post('/from/:organizationId/to/:orgId', ...all, granted)
      const inner = express.Router({ mergeParams: true })
      inner.post('/memberships/:org_id', ...all, granted)
      app.use('/organizations/:organization_id', inner)
    })
    for (const path of ['/from/%/to/#', '/organizations/%/memberships/#']) {
      const ofBoth = (one: string, other: string) => askAs(path.replace('%', one).replace('#', other), { body })
      t.is((await ofBoth('org_acme', 'org_acme')).status, 201)
      t.is((await ofBoth('org_acme', 'org_pro')).body.code, 'organization_invalid')
      t.is((await ofBoth('org_pro', 'org_acme')).body.code, 'organization_invalid')
    }
  })

  test(`a parameter of an inner router does not replace what the outer one was asked for (${version})`, async (t) => {
    const { askAs } = await open(t, (app, roleSets) => {
      const inner = express.Router({ mergeParams: true })
      inner.post('/move/:organizationId', guardRoleGrant({ roleSets }), granted)
      app.use('/organizations/:organizationId', requireRole('org:admin', { roleSets }), inner)
    })
    t.is((await askAs('/organizations/org_acme/move/org_acme', { body })).status, 201)
    t.is((await askAs('/organizations/org_acme/move/org_pro', { body })).body.code, 'organization_mismatch')
    t.is((await askAs('/organizations/org_pro/move/org_acme', { body })).body.code, 'organization_mismatch')
  })

  test(`a body that names another organization than the path is refused (${version})`, async (t) => {
    const { askAs } = await open(t, (app, roleSets) => {
      app.post('/of/:organizationId', guardRoleGrant({ roleSets }), granted)
      app.post(
        '/own',
        guardRoleGrant({ roleSets, organization: (req) => (req.body as { org_id: unknown }).org_id }),
        granted,
      )
    })
    const named: readonly (readonly [object, string | undefined])[] = [
      [{ role: 'org:member', organization_id: 'org_pro' }, '/organization_id'],
      [{ role: 'org:member', organizationId: 'ORG_ACME' }, '/organizationId'],
      [{ role: 'org:member', OrgId: ['org_acme'] }, '/OrgId'],
      [{ members: [{ role: 'org:member' }, { role: 'org:member', org_id: 'org_pro' }] }, '/members/1/org_id'],
      [[{ role: 'org:member', orgId: 'org_pro' }], '/0/orgId'],
      [{ roles: [{ role: 'org:member', orgId: 'org_pro' }] }, '/roles/0/orgId'],
      [{ role: 'org:member', organization_id: 'org_acme', orgId: null }, undefined],
    ]
    for (const [given, pointer] of named) {
      const answer = await askAs('/of/org_acme', { body: given })
      t.is(answer.status, pointer === undefined ? 201 : 403, JSON.stringify(given))
      t.is(answer.body.pointer, pointer)
    }
    t.is((await askAs('/own', { body: { ...body, org_id: 'org_acme' } })).status, 201)
    t.is((await askAs('/own', { body: { ...body, org_id: 'org_pro' } })).body.code, 'organization_mismatch')
    t.is((await askAs('/own', { body: { ...body, org_id: ['org_acme'] } })).body.code, 'organization_invalid')
  })

  test(`in the mode "report" a grant in another organization passes and is reported (${version})`, async (t) => {
    const codes: (string | undefined)[] = []
    const { askAs } = await open(t, (app, roleSets) => {
      const guard = guardRoleGrant({ roleSets, mode: 'report', onDecision: ({ error }) => codes.push(error?.code) })
      app.post('/:organizationId', guard, granted)
    })
    const answer = await askAs('/org_pro', { body })
    t.is(answer.body.allowed, false)
    t.deepEqual(codes, ['organization_mismatch'])
  })

  test(`an id that no organization can have is refused, and the client is not asked (${version})`, async (t) => {
    const asked: string[] = []
    const { ask, askAs, roleSets } = await open(t, (app, roleSets) => {
      roleSets.availableRoles = (id) => {
        asked.push(id)
        return Promise.reject(new Error('asked'))
      }
      const options = { roleSets, organization: header }
      app.post('/guard/:organizationId', guardRoleGrant({ roleSets }), granted)
      app.get('/roles/:organizationId', availableRoles({ roleSets }))
      app.get('/required/:organizationId', requireRole('org:admin', { roleSets, crossOrganization: true }), done)
      app.post('/found', guardRoleGrant(options), granted)
    })
    const bad = [
      'org_acme ',
      ' org_acme',
      'org_acme\t',
      '\u00a0org_acme',
      'org_acme\u2003',
      ' ',
      'a\u0000b',
      'a\u007f',
      'a\n',
      'x'.repeat(256),
    ]
    for (const id of bad) {
      const path = encodeURIComponent(id)
      const answers = [await ask(`/guard/${path}`, { body }), await ask(`/roles/${path}`)]
      for (const answer of answers) t.is(answer.body.code, 'organization_invalid', JSON.stringify(id))
      t.is((await askAs(`/required/org_acme`, {}, { org_id: id })).status, id.trim() === '' ? 403 : 401)
    }
    t.is((await ask('/guard/%ed%a0%80', { body })).status, 400, 'half a character')
    t.is((await ask('/found', { body, headers: { 'x-organization': 'a\u00a0' } })).body.code, 'organization_invalid')
    t.deepEqual([roleSets.questions, asked], [[], []])
  })
}
