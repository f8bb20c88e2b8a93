/**
 * `authenticate` beside other middleware that authenticates: Clerk's own, or one with another scheme. Each request has the
 * caller of the credentials that it sends, or none.
 */

import { authenticate, authOf, problems, type AuthenticateOptions } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { rawRequest } from './raw-request.ts'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<AuthenticateOptions> = {}) {
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, ...options }))
    app.get('/me', (req, res) => {
      res.json({ user: authOf(req)?.userId ?? null, session: authOf(req)?.sessionId ?? null })
    })
    app.use(problems())
    const ask = await serve(t, app)
    const withCookie = (cookie: string, more: Record<string, string> = {}) =>
      ask('/me', { headers: { cookie, ...more } })
    return { tokens, ask, withCookie }
  }

  const machine = ['ak_5f2c', 'mt_5f2c', 'oat_5f2c', 'ak_', `mt_${'x'.repeat(500)}`]

  test(`a token of a machine passes to the next middleware where no token is required, and makes no caller (${version})`, async (t) => {
    const { ask, tokens, withCookie } = await open(t, { required: false, cookie: '__session' })
    const session = await tokens.tokenOf()
    for (const token of machine) {
      t.deepEqual((await ask('/me', { token })).body, { user: null, session: null }, token)
      const both = await withCookie(`__session=${session}`, { authorization: `Bearer ${token}` })
      t.deepEqual(both.body, { user: null, session: null }, 'the cookie of a person does not count')
    }
    const signed = await tokens.tokenOf({ claims: { sub: 'mch_1' } })
    const forged = `${signed.slice(0, -8)}AAAAAAAA`
    for (const token of [signed, forged]) t.deepEqual((await ask('/me', { token })).body, { user: null, session: null })
    for (const token of ['AK_5f2c', 'sk_test_5f2c', 'ak-5f2c', 'nonsense']) {
      t.is((await ask('/me', { token })).body.code, 'token_invalid', token)
    }
  })

  test(`a token of a machine is refused where a token is required (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    for (const token of [...machine, await tokens.tokenOf({ claims: { sub: 'mch_1' } })]) {
      const answer = await ask('/me', { token })
      t.is(answer.status, 401)
      t.is(answer.body.code, 'token_invalid')
      t.regex(answer.body.detail, /machine/)
    }
  })

  test(`with a claims function, a machine may be a caller (${version})`, async (t) => {
    const { ask, tokens } = await open(t, { required: false, claims: ({ sub }) => ({ userId: String(sub) }) })
    t.is((await ask('/me', { token: await tokens.tokenOf({ claims: { sub: 'mch_1' } }) })).body.user, 'mch_1')
    t.is((await ask('/me', { token: 'ak_5f2c' })).body.user, null)
  })

  for (const required of [true, false]) {
    test(`credentials of another scheme are refused, and not taken for none or for those of the cookie (${version}, required: ${required})`, async (t) => {
      const { tokens, withCookie } = await open(t, { required, cookie: '__session' })
      const token = await tokens.tokenOf()
      const others = [
        'Basic dTpw',
        `Token ${token}`,
        `DPoP ${token}`,
        `Bearer\u00a0${token}`,
        'Bearerx',
        token,
        'Digest a="b"',
      ]
      for (const authorization of others) {
        for (const cookie of [`__session=${token}`, 'a=b']) {
          const answer = await withCookie(cookie, { authorization: Buffer.from(authorization).toString('latin1') })
          t.is(answer.status, 401, authorization)
          t.is(answer.body.code, 'authentication_required', authorization)
          t.is(answer.headers.get('www-authenticate'), 'Bearer realm="api"')
        }
      }
      t.is((await withCookie(`__session=${token}`)).body.user, 'user_1')
    })
  }

  test(`a request with two Authorization headers is refused (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, required: false }))
    app.get('/me', (req, res) => void res.json({ user: authOf(req)?.userId ?? null }))
    app.use(problems())
    const token = await tokens.tokenOf()
    const send = await rawRequest(t, app)
    t.is((await send([`Authorization: Bearer ${token}`])).status, 200)
    for (const second of [`Bearer ${token}`, 'Basic dTpw', 'Bearer ak_1', '']) {
      const both = [`authorization: Bearer ${token}`, `Authorization: ${second}`]
      for (const headers of [both, both.toReversed()]) t.is((await send(headers)).status, 401, headers.join())
    }
  })

  test(`a cookie with the suffix of the application is read like __session (${version})`, async (t) => {
    const { tokens, withCookie } = await open(t, { cookie: '__session' })
    const of = async (sid: string, claims: Record<string, unknown> = {}) =>
      tokens.tokenOf({ claims: { sid, ...claims } })
    const other = await openIssuer(t)
    const nowSeconds = Math.floor(Date.now() / 1000)
    const session = await of('sess_1')
    const newer = await of('sess_2', { iat: nowSeconds + 1 })
    const elsewhere = await other.tokenOf({ claims: { iss: 'https://other.example', iat: nowSeconds + 2 } })
    const forged = `${(await of('sess_3', { iat: nowSeconds + 3 })).slice(0, -8)}AAAAAAAA`
    const expired = await of('sess_4', { iat: nowSeconds + 4, exp: nowSeconds - 60 })
    const cases: readonly (readonly [string, string, string | undefined])[] = [
      ['only with the suffix', `__session_cTyzqfVk=${session}`, 'sess_1'],
      ['a suffix with - and _', `__session_a-_9=${session}`, 'sess_1'],
      ['quoted', `a=b; __session_cTyzqfVk="${session}"`, 'sess_1'],
      ['the newer one, first', `__session=${newer}; __session_cTyzqfVk=${session}`, 'sess_2'],
      ['the newer one, last', `__session=${session}; __session_cTyzqfVk=${newer}`, 'sess_2'],
      [
        'of two applications',
        `__session=${elsewhere}; __session_aaaaaaaa=${elsewhere}; __session_b=${session}`,
        'sess_1',
      ],
      ['beside a forged one', `__session_aaaaaaaa=${forged}; __session=${session}`, 'sess_1'],
      ['beside nonsense', `__session=nonsense; __session_cTyzqfVk=${session}`, 'sess_1'],
      ['beside an empty one', `__session=; __session_cTyzqfVk=${session}`, 'sess_1'],
      ['the newest is expired', `__session=${session}; __session_cTyzqfVk=${expired}`, undefined],
      ['all of others', `__session=${elsewhere}; __session_aaaaaaaa=${forged}`, undefined],
      ['another name', `__sessions=${session}; __session.x=${session}; __client_cTyzqfVk=${session}`, undefined],
      ['no suffix', `__session_=${session}`, undefined],
    ]
    for (const round of ['first', 'from the cache']) {
      for (const [what, cookie, sessionId] of cases) {
        const answer = await withCookie(cookie)
        t.is(answer.status, sessionId === undefined ? 401 : 200, `${what}, ${round}`)
        t.is(answer.body.session, sessionId, `${what}, ${round}`)
      }
    }
  })

  test(`the name of one application's cookie can be given, and another name has no suffixes (${version})`, async (t) => {
    const one = await open(t, { cookie: '__session_cTyzqfVk' })
    const session = await one.tokens.tokenOf()
    t.is((await one.withCookie(`__session_cTyzqfVk=${session}`)).status, 200)
    t.is((await one.withCookie(`__session=${session}; __session_aaaaaaaa=${session}`)).status, 401)
    const own = await open(t, { cookie: 'sid' })
    t.is((await own.withCookie(`sid_cTyzqfVk=${await own.tokens.tokenOf()}`)).status, 401)
  })
}
