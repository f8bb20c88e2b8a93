/** The middleware that verifies the caller's token. For a token that was verified recently it needs no waiting. */

import type { IncomingMessage } from 'node:http'
import { setAuthentication, type Auth } from './auth.ts'
import { parseAuthenticateOptions, type AuthenticateOptions } from './authenticate-options.ts'
import type { RoleSetsExpressError } from '../errors.ts'
import { finish, tell, type Eventually } from '../outcome.ts'
import { problem } from '../problem.ts'
import type { Middleware } from '../request.ts'
import { refusalOf } from './refusal.ts'
import { isMachineJwt, tokenSource } from './token-source.ts'
import { isOfAnotherIssuer, verifyToken } from './token-verifier.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

/**
 * Verifies the token of each request. Then `authOf(req)` returns the caller. Without a token: 401
 * `authentication_required`. With an invalid token: 401 `token_invalid`. If the issuer's keys can't be fetched: 503
 * `keys_unavailable`. Throws `option_invalid` when it is called with a missing or wrong option.
 */
export function authenticate(options: AuthenticateOptions): Middleware {
  const { rules, cacheMs, tokensMax, challenge, required, onRefused } = parseAuthenticateOptions(options)
  const findTokens = tokenSource(options)
  const verifiedTokens = createVerifiedTokens({ ...rules, cacheMs, tokensMax })

  function callerOf(req: IncomingMessage): Eventually<Auth | undefined> {
    const { tokens, opaque } = findTokens(req)
    const [first] = tokens
    if (first !== undefined) return verifiedTokens.find(first) ?? verifyFirst(tokens)
    if (!required) return undefined
    if (opaque) throw problem('token_invalid', 'This request needs the token of a session, not one of a machine.')
    throw problem('authentication_required', 'This request needs a token: Authorization: Bearer …')
  }

  /** Several cookies may have a token: that of another application is passed over. */
  async function verifyFirst(tokens: readonly string[]): Promise<Auth | undefined> {
    let failure: unknown
    for (const token of tokens) {
      try {
        return verifiedTokens.find(token) ?? (await verify(token))
      } catch (error) {
        if (!required && rules.claims === 'clerk' && isMachineJwt(token)) return undefined
        if (!isOfAnotherIssuer(error)) throw error
        failure ??= error
      }
    }
    throw failure
  }

  async function verify(token: string): Promise<Auth> {
    const verified = await verifyToken(token, rules)
    verifiedTokens.add(token, verified)
    return verified.auth
  }

  function tokenIn(req: IncomingMessage): string | undefined {
    try {
      return findTokens(req).tokens[0]
    } catch {
      return undefined
    }
  }

  return function authenticateMiddleware(req, _res, next) {
    // The result of an earlier authenticate() does not count any more.
    setAuthentication(req, { auth: undefined, challenge })
    finish(
      () => callerOf(req),
      (auth) => {
        setAuthentication(req, { auth, challenge })
        next()
      },
      (error) => {
        const answered = challenged(error, challenge)
        if (onRefused) tell(() => onRefused(refusalOf(answered, tokenIn(req), rules), req))
        next(answered)
      },
    )
  }
}

/** Adds `WWW-Authenticate` as RFC 6750 says: with an error code only if the request has credentials. */
function challenged(error: RoleSetsExpressError, challenge: string): RoleSetsExpressError {
  const { code, message, cause } = error
  if (code === 'authentication_required') {
    return problem(code, message, { headers: { 'WWW-Authenticate': challenge } })
  }
  if (code !== 'token_invalid') return error
  // RFC 6750 allows only ASCII characters without quotation marks and backslashes.
  const description = message.replace(/[^\x20-\x7e]|["\\]/g, "'")
  const header = `${challenge}, error="invalid_token", error_description="${description}"`
  return problem(code, message, { headers: { 'WWW-Authenticate': header }, cause })
}
