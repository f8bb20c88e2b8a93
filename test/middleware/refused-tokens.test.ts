/** What a developer learns about a refused token: which claim differs from the options, and how. The caller learns less. */

import { authenticate, problems, type AuthenticateOptions, type TokenRefusal } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openClock, openIssuer, type TokenParts } from './issuer.ts'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<AuthenticateOptions> = {}) {
    const clock = openClock()
    const tokens = await openIssuer(t, clock)
    const refusals: TokenRefusal[] = []
    const app = express()
    const onRefused = (refusal: TokenRefusal) => refusals.push(refusal)
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, clock, onRefused, ...options }))
    app.get('/', (_req, res) => void res.sendStatus(204))
    app.use(problems({ onError: () => {} }))
    return { clock, tokens, refusals, ask: await serve(t, app) }
  }

  test(`the application learns which claim differs, what it is and what it must be (${version})`, async (t) => {
    const { ask, tokens, refusals, clock } = await open(t, { authorizedParties: ['https://app.example'] })
    const nowSeconds = Math.floor(clock.dateMs() / 1000)
    const azp = 'https://app.example'
    const cases: readonly (readonly [TokenParts, string, unknown, unknown])[] = [
      [{ claims: { azp, iss: `${issuer}/` } }, 'iss', [issuer], `${issuer}/`],
      [{ claims: { azp, iss: undefined } }, 'iss', [issuer], undefined],
      [{ claims: { azp, aud: ['a', 'b'] } }, 'aud', [audience], ['a', 'b']],
      [{ claims: { azp, exp: nowSeconds - 60 } }, 'exp', `later than ${nowSeconds - 5}`, nowSeconds - 60],
      [{ claims: { azp, nbf: nowSeconds + 60 } }, 'nbf', `at most ${nowSeconds + 5}`, nowSeconds + 60],
      [{ claims: { azp, iat: nowSeconds + 60 } }, 'iat', `at most ${nowSeconds + 5}`, nowSeconds + 60],
      [{ claims: { azp: 'https://evil.example' } }, 'azp', [azp], 'https://evil.example'],
      [{ claims: {} }, 'azp', [azp], undefined],
      [{ claims: { azp, v: 3 } }, 'v', [1, 2], 3],
      [{ claims: { azp }, header: { typ: 'logout+jwt' } }, 'typ', ['JWT', 'at+jwt'], 'logout+jwt'],
      [{ claims: { azp }, header: { kid: 'none' } }, 'kid', 'the id of a key in the key set of the issuer', 'none'],
    ]
    for (const [parts, claim, expected, found] of cases) {
      refusals.length = 0
      const token = await tokens.tokenOf(parts)
      const answer = await ask('/', { token })
      t.is(answer.status, 401)
      const [refusal] = refusals
      t.deepEqual([refusal?.claim, refusal?.expected, refusal?.found], [claim, expected, found])
      t.is(refusal?.error.code, 'token_invalid')
      t.true(refusal?.detail.startsWith(answer.body.detail), 'the caller is answered the same, but without the values')
      t.regex(refusal?.detail ?? '', found === undefined ? /" is missing, but it must be / : /" is .+, but it must be /)
      t.false(refusal?.detail.includes(token))
      t.false(JSON.stringify(answer.body).includes('.example'))
    }
    t.is(
      refusals.at(-1)?.detail,
      'The token is not signed with a key of the issuer. "kid" is "none", but it must be the id of a key in the key set of the issuer.',
    )
  })

  test(`a token that is not valid yet is answered with these words (${version})`, async (t) => {
    const { ask, tokens, clock } = await open(t)
    const nbf = Math.floor(clock.dateMs() / 1000) + 60
    t.is(
      (await ask('/', { token: await tokens.tokenOf({ claims: { nbf } }) })).body.detail,
      'The token is not valid yet.',
    )
    const { detail } = (await ask('/', { token: await tokens.tokenOf({ claims: { nbf: 'soon' } }) })).body
    t.regex(detail, /"nbf" is missing or has a wrong value/)
  })

  test(`refusals without a token, and without the issuer's keys, are told as well (${version})`, async (t) => {
    const { ask, refusals } = await open(t)
    await ask('/')
    await ask('/', { headers: { authorization: 'Basic dTpw' } })
    await ask('/', { token: 'nonsense' })
    const codes = refusals.map(({ error, claim }) => [error.code, claim])
    t.deepEqual(codes, [
      ['authentication_required', undefined],
      ['authentication_required', undefined],
      ['token_invalid', undefined],
    ])
    const remote = await openIssuer(t)
    remote.behave('error')
    const down = await open(t, { jwks: remote.jwksUrl })
    t.is((await down.ask('/', { token: await down.tokens.tokenOf() })).status, 503)
    t.is(down.refusals[0]?.error.code, 'keys_unavailable')
    t.regex(down.refusals[0]?.detail ?? '', /200 OK/, 'the cause is named')
  })

  test(`a hook that fails changes no answer (${version})`, async (t) => {
    const hooks = [
      () => {
        throw new Error('the log is full')
      },
      () => Promise.reject(new Error('the log is full')),
    ]
    for (const onRefused of hooks) t.is((await (await open(t, { onRefused })).ask('/')).status, 401)
  })
}
