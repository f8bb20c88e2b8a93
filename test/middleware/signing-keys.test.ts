/** The issuer's keys: how often they are fetched, and what happens when they can't be fetched. */

import { authenticate, problems, type AuthenticateOptions } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openClock, openIssuer } from './issuer.ts'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<AuthenticateOptions> = {}) {
    const clock = openClock()
    const tokens = await openIssuer(t, clock)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwksUrl, jwksTimeoutMs: 30_000, clock, ...options }))
    app.get('/', (_req, res) => {
      res.send('through')
    })
    app.use(problems())
    return { clock, tokens, ask: await serve(t, app) }
  }

  for (const manner of ['cut', 'error', 'malformed'] as const) {
    test(`when the keys can't be fetched the answer is 503, never 500 and never "yes": ${manner} (${version})`, async (t) => {
      // agentgate#78 and many more: everything was allowed when the deciding server was down.
      const { tokens, ask } = await open(t)
      tokens.behave(manner)
      const token = await tokens.tokenOf()
      const answer = await ask('/', { token })
      t.is(answer.status, 503)
      t.is(answer.body.code, 'keys_unavailable')
      t.is(answer.headers.get('retry-after'), '1')
      t.is((await ask('/', { token: 'nonsense' })).status, 401, 'what needs no key to be refused is refused')
      tokens.behave('well')
      t.is((await ask('/', { token })).status, 200, 'and it recovers by itself')
    })
  }

  test(`when the server never answers, the answer is 503 within jwksTimeoutMs (${version})`, async (t) => {
    const { tokens, ask } = await open(t, { jwksTimeoutMs: 50 })
    tokens.behave('never')
    t.is((await ask('/', { token: await tokens.tokenOf() })).status, 503)
  })

  test(`fetched keys are used during an outage until they reach their maximum age (${version})`, async (t) => {
    const { clock, tokens, ask } = await open(t, { cacheSeconds: 0 })
    const token = await tokens.tokenOf()
    t.is((await ask('/', { token })).status, 200)
    tokens.behave('error')
    clock.advance(59_000)
    t.is((await ask('/', { token })).status, 200)
    clock.advance(2_000)
    t.is((await ask('/', { token })).status, 503)
    tokens.behave('well')
    t.is((await ask('/', { token })).status, 200)
  })

  test(`keys are fetched once for all requests that wait for them (${version})`, async (t) => {
    const { tokens, ask } = await open(t)
    const token = await tokens.tokenOf()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/', { token })))
    t.true(answers.every(({ status }) => status === 200))
    t.is(tokens.fetches(), 1)
  })

  test(`when the key set stays the same, tokens are not verified again (${version})`, async (t) => {
    const { clock, tokens, ask } = await open(t)
    const token = await tokens.tokenOf()
    await ask('/', { token })
    for (let minute = 0; minute < 3; minute += 1) {
      clock.advance(61_000)
      t.is((await ask('/', { token })).status, 200)
    }
    t.is(tokens.fetches(), 4)
  })

  test(`tokens with unknown key ids cause a limited number of requests (${version})`, async (t) => {
    const { clock, tokens, ask } = await open(t)
    await ask('/', { token: await tokens.tokenOf() })
    for (let round = 0; round < 30; round += 1) {
      const token = await tokens.tokenOf({ header: { kid: `unknown-${round}` } })
      t.is((await ask('/', { token })).status, 401)
    }
    t.is(tokens.fetches(), 1 + 5)
    clock.advance(10_000)
    for (let round = 0; round < 5; round += 1) {
      await ask('/', { token: await tokens.tokenOf({ header: { kid: `other-${round}` } }) })
    }
    t.is(tokens.fetches(), 1 + 5 + 1)
  })

  test(`a token with an algorithm that isn't allowed causes no request for keys (${version})`, async (t) => {
    const { tokens, ask } = await open(t)
    t.is((await ask('/', { token: await tokens.tokenOf({ header: { alg: 'none' } }).catch(() => none) })).status, 401)
    t.is(tokens.fetches(), 0)
  })

  test(`a malformed key of the issuer is answered with 503 (${version})`, async (t) => {
    const { tokens, ask } = await open(t)
    const token = await tokens.tokenOf()
    tokens.jwks.keys[0]!.x = 'AAAA'
    t.is((await ask('/', { token })).status, 503)
  })

  test(`a private key in a key set is not used (${version})`, async (t) => {
    const { tokens, ask } = await open(t)
    const token = await tokens.tokenOf()
    tokens.jwks.keys[0]!.d = tokens.jwks.keys[0]!.x!
    t.is((await ask('/', { token })).status, 503)
  })
}

/** A token with `{"alg":"none"}` and a caller. */
const none = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ.'
