/** The issuer's keys: how often they are fetched, and what happens when they can't be fetched. */

import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
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

  test(`a key that appears after many unknown key ids is accepted within ten seconds (${version})`, async (t) => {
    for (const interval of [10_000, 2_500, 1_000]) {
      const { clock, tokens, ask } = await open(t)
      const token = await tokens.tokenOf()
      let bogus = 0
      const flood = async () => {
        for (let round = 0; round < 6; round += 1) {
          // The key is looked for before the signature is checked.
          const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: `unknown-${bogus++}` })).toString('base64url')
          await ask('/', { token: token.replace(/^[^.]+/, header) })
        }
      }
      t.is((await ask('/', { token })).status, 200)
      await flood()
      await tokens.addKey('second')
      const fresh = await tokens.tokenOf({ kid: 'second' })
      t.is((await ask('/', { token: fresh })).status, 401, 'not at once, because all attempts are used')
      for (let passedMs = 0; passedMs < 10_000; passedMs += interval) {
        clock.advance(interval)
        await flood()
      }
      t.is((await ask('/', { token: fresh })).status, 200, `unknown key ids every ${interval} ms`)
      t.true(tokens.fetches() < 10, 'and the issuer is not flooded')
    }
  })

  /** Answers of an issuer, or of a server that was put in its place. */
  const excessive: Readonly<Record<string, (keys: readonly unknown[]) => RequestListener>> = {
    'many bytes': (keys) => (_req, res) => {
      res.end(JSON.stringify({ keys, padding: 'x'.repeat(300_000) }))
    },
    'many bytes after decompression': (keys) => (_req, res) => {
      res.setHeader('content-encoding', 'gzip')
      res.end(gzipSync(JSON.stringify({ keys, padding: 'x'.repeat(5_000_000) })))
    },
    'a body without an end': (keys) => (_req, res) => {
      res.write(`{"keys":${JSON.stringify(keys)},"padding":"`)
      const more = () => {
        while (!res.destroyed && res.write('x'.repeat(65_536)));
      }
      res.on('drain', more)
      more()
    },
    'many keys': (keys) => (_req, res) => {
      res.end(JSON.stringify({ keys: [...keys, ...Array.from({ length: 100 }, (_, kid) => ({ kty: 'EC', kid }))] }))
    },
    'many levels': (keys) => (_req, res) => {
      res.end(`{"keys":${JSON.stringify(keys)},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    },
    'a redirect': () => (_req, res) => {
      res.writeHead(302, { location: '/other.json' }).end()
    },
    null: () => (_req, res) => {
      res.end('null')
    },
  }

  for (const [what, answer] of Object.entries(excessive)) {
    test(`a key set with ${what} is refused, and the known keys count until they are too old (${version})`, async (t) => {
      const { clock, tokens, ask } = await open(t, { cacheSeconds: 0 })
      const token = await tokens.tokenOf()
      tokens.behave(answer(tokens.jwks.keys))
      const refused = await ask('/', { token })
      t.is(refused.status, 503)
      t.is(refused.body.code, 'keys_unavailable')
      tokens.behave('well')
      t.is((await ask('/', { token })).status, 200)
      tokens.behave(answer(tokens.jwks.keys))
      clock.advance(40_000)
      t.is((await ask('/', { token })).status, 200)
      clock.advance(21_000)
      t.is((await ask('/', { token })).status, 503)
    })
  }

  test(`the time for the key set includes its body (${version})`, async (t) => {
    const { tokens, ask } = await open(t, { jwksTimeoutMs: 50 })
    tokens.behave((_req, res) => {
      res.write('{"keys":[')
    })
    t.is((await ask('/', { token: await tokens.tokenOf() })).status, 503)
  })

  test(`a large key set of an ordinary issuer is accepted (${version})`, async (t) => {
    const { tokens, ask } = await open(t)
    const token = await tokens.tokenOf()
    const [key] = tokens.jwks.keys
    for (let at = 0; at < 99; at += 1) tokens.jwks.keys.push({ ...key!, kid: `key-${at}`, x5c: ['x'.repeat(2_000)] })
    t.is((await ask('/', { token })).status, 200)
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
