/** `authenticate` accepts valid tokens, and answers all others with the right status and challenge. */

import { authenticate, authOf, problems, type AuthenticateOptions } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import type { ErrorRequestHandler } from 'express'
import { expresses, serve, type Ask } from './application.ts'
import { audience, issuer, openIssuer, type Issuer } from './issuer.ts'

for (const [version, express] of expresses) {
  /** An application whose route `/me` answers with the caller. */
  async function open(t: ExecutionContext, options: Partial<AuthenticateOptions> = {}) {
    const tokens = await openIssuer(t)
    const app = express()
    app.use((req, _res, next) => {
      // Another middleware sets the same property. It must have no effect.
      Object.assign(req, { auth: { userId: 'intruder', organizationId: 'org_acme', role: 'org:admin' } })
      next()
    })
    // A long time-out, because this process also creates keys meanwhile, which blocks its JWKS server.
    const keys = 'secret' in options ? {} : { jwks: tokens.jwksUrl, jwksTimeoutMs: 30_000 }
    app.use(authenticate({ issuer, audience, ...keys, ...options }))
    app.get('/me', (req, res) => {
      res.json({ auth: authOf(req) ?? null })
    })
    app.use(problems({ onError: () => {} }))
    return { tokens, ask: await serve(t, app) }
  }

  test(`a valid token gives the caller (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    const { status, body } = await ask('/me', { token: await tokens.tokenOf() })
    t.is(status, 200)
    t.is(body.auth.userId, 'user_1')
    t.is(body.auth.sessionId, 'sess_1')
    t.is(body.auth.organizationId, 'org_acme')
    t.is(body.auth.role, 'org:admin')
    t.is(body.auth.claims.iss, issuer)
  })

  test(`without a token the answer is 401 with a bare challenge, never a redirect (${version})`, async (t) => {
    // clerk/javascript#8241: an API route answered with a redirect. clerk/javascript#8804: `req.auth` of another
    // middleware was trusted. Here another middleware sets an administrator.
    const { ask } = await open(t)
    for (const headers of [{}, { authorization: 'Basic dTpw' }, { authorization: 'Bearerx y' }]) {
      const answer = await ask('/me', { headers })
      t.is(answer.status, 401)
      t.is(answer.body.code, 'authentication_required')
      t.is(answer.headers.get('www-authenticate'), 'Bearer realm="api"')
      t.is(answer.headers.get('content-type'), 'application/problem+json')
      t.is(answer.headers.get('location'), null)
    }
  })

  test(`an invalid token is answered with 401, and the answer says what is wrong with it (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    const other = await openIssuer(t)
    const good = await tokens.tokenOf()
    const [header = '', payload = '', signature = ''] = good.split('.')
    const nowSeconds = Math.floor(Date.now() / 1000)
    const bad: Record<string, string> = {
      'a text': 'nonsense',
      'two parts': `${header}.${payload}`,
      'four parts': `${good}.x`,
      'another signature': `${header}.${payload}.${signature.split('').reverse().join('')}`,
      'another payload': `${header}.${base64url.encode(JSON.stringify({ sub: 'user_2' }))}.${signature}`,
      'a key of somebody else': await other.tokenOf(),
      'an unknown key': await tokens.tokenOf({ header: { kid: 'unknown' } }),
      'no signature': new UnsecuredJWT({ sub: 'user_1' }).setIssuer(issuer).setAudience(audience).encode(),
      expired: await tokens.tokenOf({ claims: { exp: nowSeconds - 60 } }),
      'never expiring': await tokens.tokenOf({ claims: { exp: undefined } }),
      'expiring at a word': await tokens.tokenOf({ claims: { exp: 'tomorrow' } }),
      'not valid yet': await tokens.tokenOf({ claims: { nbf: nowSeconds + 60 } }),
      'issued in the future': await tokens.tokenOf({ claims: { iat: nowSeconds + 60 } }),
      'another issuer': await tokens.tokenOf({ claims: { iss: `${issuer}/` } }),
      'no issuer': await tokens.tokenOf({ claims: { iss: undefined } }),
      'another audience': await tokens.tokenOf({ claims: { aud: ['somebody', 'else'] } }),
      'no audience': await tokens.tokenOf({ claims: { aud: undefined } }),
      'no user': await tokens.tokenOf({ claims: { sub: undefined } }),
      'a blank user': await tokens.tokenOf({ claims: { sub: ' ' } }),
      'another type': await tokens.tokenOf({ header: { typ: 'logout+jwt' } }),
      'an unknown critical header': await tokens.tokenOf({ header: { crit: ['x'], x: 1 } }),
      pending: await tokens.tokenOf({ claims: { sts: 'pending' } }),
      'too long': 'x'.repeat(15_000),
    }
    for (const [what, token] of Object.entries(bad)) {
      const answer = await ask('/me', { token })
      t.is(answer.status, 401, what)
      t.is(answer.body.code, 'token_invalid', what)
      const challenge = answer.headers.get('www-authenticate') ?? ''
      t.regex(challenge, /^Bearer realm="api", error="invalid_token", error_description="[^"\\]+"$/, what)
      t.false(JSON.stringify(answer.body).includes(token), 'the token is not quoted')
    }
    for (const authorization of ['Bearer', 'Bearer ', `Bearer ${good} ${good}`]) {
      const answer = await ask('/me', { headers: { authorization } })
      t.is(answer.body.code, 'token_invalid')
      t.is(answer.body.detail, 'The Authorization header must be "Bearer" and one token.')
    }
    t.is((await ask('/me', { headers: { authorization: `bearer ${good}` } })).status, 200, 'the scheme has no case')
  })

  test(`a public key is never used as a shared secret (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    const publicKey = new TextEncoder().encode(JSON.stringify(tokens.jwks.keys[0]))
    const token = await new SignJWT({ sub: 'user_1' })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .sign(publicKey)
    const answer = await ask('/me', { token })
    t.is(answer.status, 401)
    t.is(answer.body.detail, "The token's algorithm is not allowed.")
  })

  test(`when no token is required, a request without a token passes and an invalid token is refused (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { required: false })
    const anonymous = await ask('/me')
    t.is(anonymous.status, 200)
    t.is(anonymous.body.auth, null, 'the property that another middleware has set is not read')
    t.is((await ask('/me', { token: 'nonsense' })).status, 401)
    t.is((await ask('/me', { token: await tokens.tokenOf() })).body.auth.userId, 'user_1')
  })

  test(`a shared secret verifies tokens, only with its own algorithms (${version})`, async (t) => {
    const secret = 'a secret of at least thirty-two bytes'
    const { ask, tokens } = await open(t, { secret })
    const signed = (alg: string) =>
      new SignJWT({ sub: 'user_1' })
        .setProtectedHeader({ alg })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(secret))
    t.is((await ask('/me', { token: await signed('HS256') })).status, 200)
    t.is((await ask('/me', { token: await signed('HS512') })).status, 200)
    t.is((await ask('/me', { token: await tokens.tokenOf() })).status, 401)
  })

  test(`every algorithm of the default list verifies tokens, with a key set in the options (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
    for (const alg of algorithms) await tokens.addKey(alg, alg)
    const { ask } = await open(t, { jwks: tokens.jwks })
    for (const kid of ['first', ...algorithms]) {
      t.is((await ask('/me', { token: await tokens.tokenOf({ kid }) })).status, 200, kid)
    }
  })

  test(`a token with an algorithm outside the list is refused (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { algorithms: ['RS256'] })
    await tokens.addKey('rsa', 'RS256')
    t.is((await ask('/me', { token: await tokens.tokenOf() })).status, 401)
    t.is((await ask('/me', { token: await tokens.tokenOf({ kid: 'rsa' }) })).status, 200)
  })

  test(`a token without a key id is verified with each matching key (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    await tokens.addKey('second')
    const unnamed = { header: { kid: undefined } }
    for (const kid of ['first', 'second']) {
      t.is((await ask('/me', { token: await tokens.tokenOf({ kid, ...unnamed }) })).status, 200)
    }
    const stranger = await (await openIssuer(t)).tokenOf(unnamed)
    t.is((await ask('/me', { token: stranger })).status, 401)
  })

  test(`several issuers and audiences are possible, and the checks can be switched off (${version})`, async (t) => {
    const several = await open(t, { issuer: ['https://a.example', issuer], audience: ['x', audience] })
    t.is((await several.ask('/me', { token: await several.tokens.tokenOf() })).status, 200)
    const none = await open(t, { issuer: false, audience: false })
    const token = await none.tokens.tokenOf({ claims: { iss: undefined, aud: undefined } })
    t.is((await none.ask('/me', { token })).status, 200)
  })

  test(`with authorizedParties, a token must be issued to one of them (${version})`, async (t) => {
    // GHSA-w24r-5266-9c3c: a condition with missing data counted as fulfilled.
    const { ask, tokens } = await open(t, { authorizedParties: ['https://app.example'] })
    t.is((await ask('/me', { token: await tokens.tokenOf({ claims: { azp: 'https://app.example' } }) })).status, 200)
    t.is((await ask('/me', { token: await tokens.tokenOf({ claims: { azp: 'https://evil.example' } }) })).status, 401)
    t.is((await ask('/me', { token: await tokens.tokenOf() })).status, 401, 'a token without a party is refused')
  })

  test(`a token type can be required (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { typ: 'at+jwt' })
    t.is((await ask('/me', { token: await tokens.tokenOf({ header: { typ: 'application/AT+JWT' } }) })).status, 200)
    t.is((await ask('/me', { token: await tokens.tokenOf() })).status, 401)
    t.is((await ask('/me', { token: await tokens.tokenOf({ header: { typ: undefined } }) })).status, 401)
  })

  test(`the clocks may differ by at most the tolerance (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { clockToleranceSeconds: 120 })
    const nowSeconds = Math.floor(Date.now() / 1000)
    const lateBy = (seconds: number) => tokens.tokenOf({ claims: { exp: nowSeconds - seconds } })
    t.is((await ask('/me', { token: await lateBy(60) })).status, 200)
    t.is((await ask('/me', { token: await lateBy(180) })).status, 401)
  })

  test(`the token can come in a cookie if there is no bearer token (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { cookie: '__session' })
    const token = await tokens.tokenOf()
    const withCookie = (cookie: string, more: Record<string, string> = {}) =>
      ask('/me', { headers: { cookie, ...more } })
    t.is((await withCookie(`a=b; __session=${token}; c=d`)).status, 200)
    t.is((await withCookie(`__session="${token}"`)).status, 200)
    t.is((await withCookie(`x__session=${token}; __session; __session=`)).body.code, 'authentication_required')
    t.is((await withCookie('__session=nonsense')).body.code, 'token_invalid')
    const both = await withCookie(`__session=${token}`, { authorization: 'Bearer nonsense' })
    t.is(both.body.code, 'token_invalid', 'the header counts first')
  })

  test(`the token can come from a function (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { token: (req) => req.query['token'] })
    const token = await tokens.tokenOf()
    t.is((await ask(`/me?token=${token}`)).status, 200)
    t.is((await ask('/me', { token })).body.code, 'authentication_required', 'the header is not looked at')
    t.is((await ask(`/me?token=${token}&token=${token}`)).body.code, 'token_invalid')
  })

  test(`a token function that throws or returns a promise is answered with 500 without details (${version})`, async (t) => {
    const faulty = [
      () => {
        throw new Error('a secret of the application')
      },
      () => Promise.resolve('a token'),
      () => Promise.reject(new Error('late')),
    ]
    for (const token of faulty) {
      const tokens = await openIssuer(t)
      const reported: unknown[] = []
      const app = express()
      app.use(authenticate({ issuer, audience, jwks: tokens.jwks, token }))
      app.use(problems({ onError: (error) => reported.push(error) }))
      const answer = await (await serve(t, app))('/me')
      t.is(answer.status, 500)
      t.deepEqual(answer.body, {
        type: 'urn:rolesets:problem:internal_error',
        title: 'Internal error',
        status: 500,
        code: 'internal_error',
      })
      t.is(reported.length, 1)
    }
  })

  test(`a claims function reads the tokens of any provider, and a token that it cannot read is refused (${version})`, async (t) => {
    const { ask, tokens } = await open(t, {
      claims: (claims) => {
        const { roles } = claims as { roles: string[] }
        return { userId: String(claims.sub), organizationId: 'org_x', role: roles[0]!, permissions: roles }
      },
    })
    const answer = await ask('/me', { token: await tokens.tokenOf({ claims: { roles: ['org:a', 'org:b'] } }) })
    t.is(answer.body.auth.role, 'org:a')
    t.deepEqual(answer.body.auth.permissions, ['org:a', 'org:b'])
    t.is((await ask('/me', { token: await tokens.tokenOf() })).body.code, 'token_invalid', 'it throws')
    for (const roles of [[7], [''], ['x'.repeat(256)], ['a', 7]]) {
      const token = await tokens.tokenOf({ claims: { roles } })
      t.is((await ask('/me', { token })).body.code, 'token_invalid', JSON.stringify(roles))
    }
  })

  test(`a claims function that does not return an object is answered with 500 (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { claims: (() => undefined) as never })
    t.is((await ask('/me', { token: await tokens.tokenOf() })).status, 500)
  })

  test(`the challenge contains the realm (${version})`, async (t) => {
    const { ask } = await open(t, { realm: 'https://api.example/v1' })
    t.is((await ask('/me')).headers.get('www-authenticate'), 'Bearer realm="https://api.example/v1"')
  })

  test(`when a second authenticate refuses a request, the caller of the first one does not count any more (${version})`, async (t) => {
    const [first, second] = [await openIssuer(t), await openIssuer(t)]
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: first.jwks }))
    app.use(authenticate({ issuer, audience, jwks: second.jwks }))
    const whoever: ErrorRequestHandler = (_error, req, res, _next) => {
      res.json({ caller: authOf(req)?.userId ?? 'nobody' })
    }
    app.use(whoever)
    t.deepEqual((await (await serve(t, app))('/', { token: await first.tokenOf() })).body, { caller: 'nobody' })
  })

  test(`the status and the challenge are also right without problems() (${version})`, async (t) => {
    const tokens: Issuer = await openIssuer(t)
    const app = express()
    app.set('env', 'test')
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
    const ask: Ask = await serve(t, app)
    const answer = await ask('/me')
    t.is(answer.status, 401)
    t.is(answer.headers.get('www-authenticate'), 'Bearer realm="api"')
  })

  test(`if authenticate has not run, authOf throws and says what to do, also if req.auth is set (${version})`, async (t) => {
    // clerk-docs#1736: a check of a value that is always truthy. clerk/javascript#8804: a shared property was trusted.
    const app = express()
    app.get('/me', (req, res) => {
      Object.assign(req, { auth: { userId: 'intruder' } })
      const error = t.throws(() => authOf(req), { code: 'middleware_missing' })
      res.send(error.message)
    })
    const answer = await (await serve(t, app))('/me')
    t.true(answer.body.includes('app.use(authenticate({ issuer, audience, jwks }))'))
  })
}
