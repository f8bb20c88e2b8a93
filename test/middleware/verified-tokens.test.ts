/**
 * A verified token needs no second signature check, and must be verified again after anything that can make it invalid.
 */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { authenticate, authOf, type AuthenticateOptions, type Middleware } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { audience, issuer, openClock, openIssuer, type Issuer, type TestClock } from './issuer.ts'

interface Outcome {
  readonly req: IncomingMessage
  readonly error: { code?: string } | undefined
  /** Whether `next` was called before the middleware returned. */
  readonly atOnce: boolean
}

/** Runs the middleware with a Node request that has this token. */
function pass(middleware: Middleware, token: string): Promise<Outcome> {
  const req = new IncomingMessage(new Socket())
  req.headers.authorization = `Bearer ${token}`
  return new Promise((resolve) => {
    let returned = false
    middleware(req, new ServerResponse(req), (error) => {
      resolve({ req, error: error as Outcome['error'], atOnce: !returned })
    })
    returned = true
  })
}

interface Opened {
  readonly clock: TestClock
  readonly tokens: Issuer
  readonly middleware: Middleware
}

async function open(t: ExecutionContext, options: Partial<AuthenticateOptions> = {}): Promise<Opened> {
  const clock = openClock()
  const tokens = await openIssuer(t, clock)
  const middleware = authenticate({ issuer, audience, jwks: tokens.jwksUrl, jwksTimeoutMs: 30_000, clock, ...options })
  return { clock, tokens, middleware }
}

// The tests of this file run one after the other, because they count the signature checks of the whole process.

let signatureChecks = 0
/** Delays each signature check until it resolves. */
let beforeCheck: () => Promise<void> = () => Promise.resolve()
test.before(() => {
  const verify = crypto.subtle.verify.bind(crypto.subtle)
  crypto.subtle.verify = async (...parts: Parameters<typeof verify>) => {
    signatureChecks += 1
    await beforeCheck()
    return verify(...parts)
  }
})

test.beforeEach(() => {
  signatureChecks = 0
})

test.serial('a repeated token passes in the same tick, without another signature check', async (t) => {
  const { tokens, middleware } = await open(t)
  const token = await tokens.tokenOf()
  const first = await pass(middleware, token)
  t.false(first.atOnce)
  for (let round = 0; round < 5; round += 1) {
    const next = await pass(middleware, token)
    t.true(next.atOnce)
    t.is(authOf(next.req), authOf(first.req), 'the caller is the same')
  }
  t.is(signatureChecks, 1)
})

test.serial('the caller that requests share cannot be changed by one of them', async (t) => {
  const { tokens, middleware } = await open(t)
  const token = await tokens.tokenOf({ claims: { org_permissions: ['org:a:b'], deep: { er: ['x'] } } })
  // Without its type, which forbids these changes.
  const auth = authOf((await pass(middleware, token)).req) as any // eslint-disable-line @typescript-eslint/no-explicit-any
  t.throws(() => (auth.role = 'org:owner'), { instanceOf: TypeError })
  t.throws(() => auth.permissions.push('org:c:d'), { instanceOf: TypeError })
  t.throws(() => (auth.claims.org_role = 'org:owner'), { instanceOf: TypeError })
  t.throws(() => auth.claims.deep.er.push('y'), { instanceOf: TypeError })
})

test.serial('a token does not pass after it has expired, although it is in the cache', async (t) => {
  const { clock, tokens, middleware } = await open(t, { clockToleranceSeconds: 0 })
  const nowSeconds = Math.floor(clock.dateMs() / 1000)
  const token = await tokens.tokenOf({ claims: { exp: nowSeconds + 10 } })
  t.is((await pass(middleware, token)).error, undefined)
  clock.advance(8_000)
  t.true((await pass(middleware, token)).atOnce)
  clock.advance(3_000)
  t.is((await pass(middleware, token)).error?.code, 'token_invalid')
})

test.serial('a token does not pass when the clock is set back to before it is valid', async (t) => {
  const { clock, tokens } = await open(t)
  let setBackMs = 0
  const turned = { nowMs: () => clock.nowMs(), dateMs: () => clock.dateMs() - setBackMs }
  const middleware = authenticate({ issuer, audience, jwks: tokens.jwksUrl, clock: turned })
  const token = await tokens.tokenOf()
  t.is((await pass(middleware, token)).error, undefined)
  setBackMs = 60_000
  t.is((await pass(middleware, token)).error?.code, 'token_invalid')
})

test.serial('a verification counts for cacheSeconds, at most a minute', async (t) => {
  for (const [cacheSeconds, withinMs] of [
    [60, 59_000],
    [5, 4_900],
  ] as const) {
    const { clock, tokens, middleware } = await open(t, { cacheSeconds })
    const token = await tokens.tokenOf()
    await pass(middleware, token)
    signatureChecks = 0
    clock.advance(withinMs)
    await pass(middleware, token)
    t.is(signatureChecks, 0)
    clock.advance(1_100)
    t.is((await pass(middleware, token)).error, undefined)
    t.is(signatureChecks, 1)
  }
})

test.serial('with cacheSeconds 0 every request checks the signature', async (t) => {
  const { tokens, middleware } = await open(t, { cacheSeconds: 0 })
  const token = await tokens.tokenOf()
  for (let round = 0; round < 3; round += 1) await pass(middleware, token)
  t.is(signatureChecks, 3)
})

test.serial('only the most recently used tokens are kept, up to cacheTokensMax', async (t) => {
  const { tokens, middleware } = await open(t, { cacheTokensMax: 2 })
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((sid) => tokens.tokenOf({ claims: { sid } })))
  for (const token of [a, b, a, c]) await pass(middleware, token!)
  t.true((await pass(middleware, a!)).atOnce)
  t.true((await pass(middleware, c!)).atOnce)
  t.false((await pass(middleware, b!)).atOnce)
})

test.serial('a refused token is verified each time and never kept', async (t) => {
  const { tokens, middleware } = await open(t)
  const forged = `${(await tokens.tokenOf()).slice(0, -8)}AAAAAAAA`
  for (let round = 0; round < 3; round += 1) t.is((await pass(middleware, forged)).error?.code, 'token_invalid')
  t.is(signatureChecks, 3)
})

test.serial('a token that differs in one character is another token', async (t) => {
  // CVE-2026-33729, GHSA-4vrg-r928-h5vv: incomplete or colliding cache keys let one answer serve another.
  const { tokens, middleware } = await open(t)
  const token = await tokens.tokenOf()
  await pass(middleware, token)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const others = [
    `${header}.${payload}.`,
    `${header}.${payload}x.${signature}`,
    `${header}.${payload}.${signature}x`,
    `${token.slice(0, -1)}${token.endsWith('w') ? 'A' : 'w'}`,
    token.toLowerCase(),
  ]
  for (const other of others) t.is((await pass(middleware, other)).error?.code, 'token_invalid', other)
  t.true(signatureChecks > 1, 'they were looked at')
})

test.serial('when the keys are fetched again and stay the same, a token is not verified again', async (t) => {
  const { clock, tokens, middleware } = await open(t)
  const token = await tokens.tokenOf()
  await pass(middleware, token)
  clock.advance(40_000)
  t.true((await pass(middleware, token)).atOnce)
  await settle(() => tokens.fetches() === 2)
  t.true((await pass(middleware, token)).atOnce)
  t.is(signatureChecks, 1)
})

test.serial('a token that is verified for one issuer is not accepted for another', async (t) => {
  const { tokens, clock, middleware } = await open(t)
  const token = await tokens.tokenOf()
  t.is((await pass(middleware, token)).error, undefined)
  const strict = authenticate({ issuer: 'https://other.example', audience, jwks: tokens.jwksUrl, clock })
  t.is((await pass(strict, token)).error?.code, 'token_invalid')
  const elsewhere = authenticate({ issuer, audience: 'https://other.example', jwks: tokens.jwksUrl, clock })
  t.is((await pass(elsewhere, token)).error?.code, 'token_invalid')
})

test.serial('a token of a shared secret is kept, too', async (t) => {
  const secret = new Uint8Array(32).fill(7)
  const clock = openClock()
  const middleware = authenticate({ issuer: false, audience: false, secret, clock })
  const token = await new SignJWT({ sub: 'user_1', exp: Math.floor(clock.dateMs() / 1000) + 60 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(secret)
  t.is((await pass(middleware, token)).error, undefined)
  t.true((await pass(middleware, token)).atOnce)
})

test.serial('when a key leaves the key set, its tokens are refused', async (t) => {
  const { clock, tokens, middleware } = await open(t)
  await tokens.addKey('second')
  const [leaving, staying] = [await tokens.tokenOf(), await tokens.tokenOf({ kid: 'second' })]
  for (const token of [leaving, staying]) t.is((await pass(middleware, token)).error, undefined)
  tokens.withdrawKey('first')
  clock.advance(58_000)
  for (const token of [leaving, staying]) t.true((await pass(middleware, token)).atOnce, 'in its cache time')
  await settle(() => tokens.fetches() === 2)
  t.is((await pass(middleware, leaving)).error?.code, 'token_invalid')
  t.is((await pass(middleware, staying)).error, undefined)
})

test.serial('a removed key is noticed when a new key is seen, not only after a minute', async (t) => {
  const { tokens, middleware } = await open(t)
  const old = await tokens.tokenOf()
  t.is((await pass(middleware, old)).error, undefined)
  await tokens.addKey('second')
  tokens.withdrawKey('first')
  t.is((await pass(middleware, await tokens.tokenOf({ kid: 'second' }))).error, undefined, 'a new key counts at once')
  t.is((await pass(middleware, old)).error?.code, 'token_invalid')
})

test.serial('a verification that was running when its key was removed is not kept', async (t) => {
  // openfga#3155: a cache entry that was being filled while a write invalidated it was kept.
  const { clock, tokens } = await open(t)
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const reached = new Promise<void>((resolve) => {
    beforeCheck = () => {
      beforeCheck = () => Promise.resolve()
      resolve()
      return held
    }
  })
  const middleware = authenticate({ issuer, audience, jwks: tokens.jwksUrl, clock })
  const old = await tokens.tokenOf()
  const first = pass(middleware, old)
  await reached
  await tokens.addKey('second')
  tokens.withdrawKey('first')
  await pass(middleware, await tokens.tokenOf({ kid: 'second' }))
  release()
  await first
  t.is((await pass(middleware, old)).error?.code, 'token_invalid')
})

/** Waits until work in the background has ended. */
async function settle(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
  // The request is counted before its answer is read, which takes some turns of the event loop.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
