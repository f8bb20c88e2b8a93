/** The error handler answers with problem documents, and passes the errors of other packages on. */

import {
  authenticate,
  authOf,
  guardRoleGrant,
  problems,
  roleGrantOf,
  RoleSetsExpressError,
  type ProblemsOptions,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import type { ErrorRequestHandler } from 'express'
import { expresses, serve } from './application.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options?: ProblemsOptions) {
    const app = express()
    app.post('/json', express.json({ limit: 100 }), (_req, res) => {
      res.sendStatus(204)
    })
    app.post('/form', express.urlencoded({ extended: false, parameterLimit: 2 }), (_req, res) => {
      res.sendStatus(204)
    })
    app.get('/caller', (req) => {
      authOf(req)
    })
    app.get('/grant', (req) => {
      roleGrantOf(req)
    })
    app.get('/fault', () => {
      throw new TypeError('a secret of the application')
    })
    app.get('/teapot', () => {
      throw Object.assign(new Error('I am a teapot.'), { status: 418, expose: true })
    })
    app.get('/hidden/:status', (req) => {
      throw Object.assign(new Error('a secret of the application'), { statusCode: Number(req.params.status) })
    })
    app.get('/odd', () => {
      throw Object.assign(new Error('a secret of the application'), { status: 200 })
    })
    app.get('/text', () => {
      throw 'a secret of the application' // eslint-disable-line @typescript-eslint/only-throw-error -- Some do.
    })
    app.get('/limited', () => {
      const headers = {
        'Retry-After': '7',
        'Content-Type': 'text/html',
        'x-list': ['a'],
        'no name': 'x',
        'x-line': 'a\nb',
      }
      throw Object.assign(new Error('slowly'), { status: 429, headers })
    })
    app.get('/undecided', () => {
      throw new RoleSetsExpressError('decision_unavailable', 'not now', { status: 503 })
    })
    app.get('/late', (_req, res, next) => {
      res.write('begun')
      next(Object.assign(new Error(), { type: 'entity.parse.failed' }))
    })
    app.get('/param/:id', (_req, res) => {
      res.sendStatus(204)
    })
    app.use(problems(options))
    const others: ErrorRequestHandler = (error: { type?: string }, _req, res, _next) => {
      if (res.headersSent) res.end(`, and ended by the next handler: ${error.type}`)
      else res.status(599).send('passed on')
    }
    app.use(others)
    return serve(t, app)
  }

  test(`the answer to a malformed body does not quote it (${version})`, async (t) => {
    const ask = await open(t)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const cases = [
      [await ask('/json', { body: '{"role": "secret' }), 400, 'body_malformed'],
      [await ask('/json', { body: { role: 'x'.repeat(200) } }), 413, 'body_too_large'],
      [await ask('/json', { body: '{}', headers: { 'content-encoding': 'secret' } }), 415, 'body_unsupported'],
      [
        await ask('/json', { body: '{}', headers: { 'content-type': 'application/json; charset=secret' } }),
        415,
        'body_unsupported',
      ],
      [await ask('/form', { body: 'a=1&b=2&c=3', headers: form }), 413, 'body_too_large'],
    ] as const
    for (const [answer, status, code] of cases) {
      t.is(answer.status, status)
      t.is(answer.body.code, code)
      t.is(answer.body.status, status)
      t.is(answer.headers.get('content-type'), 'application/problem+json')
      t.is(answer.headers.get('cache-control'), 'no-store')
      t.false(JSON.stringify(answer.body).includes('secret'))
    }
  })

  test(`errors of other packages are passed on (${version})`, async (t) => {
    const ask = await open(t)
    for (const path of ['/fault', '/teapot', '/odd', '/text', '/param/%zz']) {
      t.is((await ask(path)).body, 'passed on', path)
    }
  })

  test(`with "all" the errors of other packages are answered, too, without their secrets (${version})`, async (t) => {
    const reported: unknown[] = []
    const ask = await open(t, { all: true, onError: (error) => reported.push(error) })
    const teapot = await ask('/teapot')
    t.is(teapot.status, 418)
    t.is(teapot.body.code, 'request_refused')
    t.is(teapot.body.detail, 'I am a teapot.')
    t.is((await ask('/param/%zz')).status, 400)
    for (const status of [404, 502]) {
      const hidden = await ask(`/hidden/${status}`)
      t.is(hidden.status, status)
      t.false(JSON.stringify(hidden.body).includes('secret'))
    }
    t.is(reported.length, 1, 'the error with 502 is one that the application must learn of')
    for (const path of ['/fault', '/odd', '/text']) {
      const answer = await ask(path)
      t.is(answer.status, 500)
      t.deepEqual(Object.keys(answer.body), ['type', 'title', 'status', 'code'])
    }
    t.is(reported.length, 4)
    for (const status of [500, 501, 503, 599]) t.is((await ask(`/hidden/${status}`)).status, status)
    t.is(reported.length, 8)
    for (const status of [400, 499]) t.is((await ask(`/hidden/${status}`)).status, status)
    t.is(reported.length, 8)
  })

  test(`the headers of an error of another package are kept, if they can be written (${version})`, async (t) => {
    const answer = await (await open(t, { all: true }))('/limited')
    t.is(answer.status, 429)
    t.is(answer.headers.get('retry-after'), '7')
    t.is(answer.headers.get('content-type'), 'application/problem+json')
    t.is(answer.headers.get('x-list'), null)
  })

  test(`a missing answer of the sidecar is no fault, and is not reported (${version})`, async (t) => {
    const reported: unknown[] = []
    const ask = await open(t, { all: true, onError: (error) => reported.push(error) })
    t.is((await ask('/undecided')).status, 503)
    t.is(reported.length, 0)
  })

  test(`a missing middleware is answered with 500 without details, and reported to the application (${version})`, async (t) => {
    const reported: { code?: string; message?: string }[] = []
    const ask = await open(t, { onError: (error) => reported.push(error as Error) })
    for (const path of ['/caller', '/grant']) {
      const answer = await ask(path)
      t.is(answer.status, 500)
      t.is(answer.body.code, 'internal_error')
      t.is(answer.body.detail, undefined)
    }
    t.deepEqual(
      reported.map(({ code }) => code),
      ['middleware_missing', 'middleware_missing'],
    )
  })

  test(`an "onError" that throws changes no answer (${version})`, async (t) => {
    const ask = await open(t, {
      onError: () => {
        throw new Error('the log is full')
      },
    })
    t.is((await ask('/caller')).status, 500)
    const rejecting = await open(t, { onError: () => Promise.reject(new Error('the log is full')) as never })
    t.is((await rejecting('/caller')).status, 500)
  })

  test(`another error handler can answer the errors as it answers http-errors (${version})`, async (t) => {
    const app = express()
    app.get('/grant', (req) => void roleGrantOf(req))
    app.post('/:organizationId', guardRoleGrant({ roleSets: createRoleSetsDouble() }))
    app.use(authenticate({ issuer: 'x', audience: 'x', secret: new Uint8Array(32) }))
    const handler: ErrorRequestHandler = (error, _req, res, _next) => {
      const { status, statusCode, expose, headers, message } = error as RoleSetsExpressError
      t.deepEqual([status, typeof headers], [statusCode, 'object'])
      res
        .status(statusCode)
        .set(headers)
        .send(expose ? message : 'hidden')
    }
    app.use(handler)
    const ask = await serve(t, app)
    const refused = await ask('/me')
    t.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer realm="api"'])
    t.is(refused.body, 'This request needs a token: Authorization: Bearer …')
    t.true((await ask('/org_acme', { method: 'POST' })).body.startsWith('The request does not name a role'))
    t.deepEqual(await ask('/grant').then(({ status, body }) => [status, body]), [500, 'hidden'])
  })

  test(`an answer that has already begun is not changed (${version})`, async (t) => {
    const answer = await (await open(t))('/late')
    t.is(answer.status, 200)
    t.is(answer.body, 'begun, and ended by the next handler: entity.parse.failed')
  })
}
