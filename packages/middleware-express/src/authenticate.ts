/** The middleware that finds out who the caller is. A token that was verified lately is answered in the same tick. */

import type { IncomingMessage } from 'node:http'
import { setAuthentication, type Auth } from './auth.ts'
import { decideAuthenticateOptions, type AuthenticateOptions } from './authenticate-options.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { finish, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import type { Middleware } from './request.ts'
import { tokenSource } from './token-source.ts'
import { verifyToken } from './token-verifier.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

/**
 * Verifies the token of each request; `authOf(req)` then tells who the caller is. No token: 401
 * `authentication_required`. A bad one: 401 `token_invalid`. The issuer's keys cannot be had: 503 `keys_unavailable`.
 * Throws `option_invalid` when it is made, if an option is missing or wrong.
 */
export function authenticate(options: AuthenticateOptions): Middleware {
  const { rules, cacheMs, tokensMax, challenge, required } = decideAuthenticateOptions(options)
  const findToken = tokenSource(options)
  const { keys, clock, toleranceSeconds } = rules
  const verifiedTokens = createVerifiedTokens({ keys, clock, cacheMs, tokensMax, toleranceSeconds })

  function callerOf(req: IncomingMessage): Eventually<Auth | undefined> {
    const token = findToken(req)
    if (token === undefined) {
      if (required) throw problem('authentication_required', 'This needs a token: Authorization: Bearer …')
      return undefined
    }
    return verifiedTokens.find(token) ?? verify(token)
  }

  async function verify(token: string): Promise<Auth> {
    const verified = await verifyToken(token, rules)
    verifiedTokens.add(token, verified)
    return verified.auth
  }

  return function authenticateMiddleware(req, _res, next) {
    // Whatever an earlier middleware found out doesn't count any more.
    setAuthentication(req, { auth: undefined, challenge })
    finish(
      () => callerOf(req),
      (outcome) => {
        if ('error' in outcome) {
          next(challenged(outcome.error, challenge))
          return
        }
        setAuthentication(req, { auth: outcome.value, challenge })
        next()
      },
    )
  }
}

/** Adds what RFC 6750 wants in `WWW-Authenticate`: an error code only where there were credentials. */
function challenged(error: RoleSetsExpressError, challenge: string): RoleSetsExpressError {
  const { code, message, cause } = error
  if (code === 'authentication_required') {
    return problem(code, message, { headers: { 'WWW-Authenticate': challenge } })
  }
  if (code !== 'token_invalid') return error
  // A description may hold neither quotation marks nor anything outside ASCII.
  const description = message.replace(/[^\x20-\x7e]|["\\]/g, "'")
  const header = `${challenge}, error="invalid_token", error_description="${description}"`
  return problem(code, message, { headers: { 'WWW-Authenticate': header }, cause })
}
