/** Finds the token in a request. A missing token, a malformed one and one for another middleware are different. */

import type { IncomingMessage } from 'node:http'
import { decodeJwt } from 'jose'
import type { AuthenticateOptions } from './authenticate-options.ts'
import { isMachine } from './clerk-claims.ts'
import { cookieTokens } from './cookie-tokens.ts'
import { isPromiseLike } from '../outcome.ts'
import { problem } from '../problem.ts'
import { extractFrom, type Extractor } from '../request.ts'

/** The same as Node's limit for all headers together. */
const TOKEN_CHARACTERS_MAX = 16_384

/** Clerk's API keys, machine tokens and OAuth access tokens, if they are not JWTs. */
const OPAQUE = /^(ak|mt|oat)_/

type TokenOptions = Pick<AuthenticateOptions, 'cookie' | 'token' | 'issuer'>

/** What a request has: tokens, of which the first counts that the issuer has signed; `opaque` is one for another middleware. */
export interface FoundTokens {
  readonly tokens: readonly string[]
  readonly opaque: boolean
}

/**
 * Finds the tokens with the application's function if there is one; otherwise in `Authorization: Bearer`, and then in the
 * cookie. The result throws `token_invalid`, `authentication_required` for another scheme, or `extractor_failed` for a bug.
 */
export function tokenSource({ cookie, token, issuer }: TokenOptions): (req: IncomingMessage) => FoundTokens {
  if (token) return (req) => foundIn([ownToken(token, req)].flatMap((each) => each ?? []))
  return (req) => {
    const bearer = bearerToken(req)
    if (bearer !== undefined) return foundIn([bearer])
    return foundIn(cookie === undefined ? [] : cookieTokens(req.headers.cookie, { name: cookie, issuer }))
  }
}

function foundIn(found: readonly string[]): FoundTokens {
  if (found.some((token) => token.length > TOKEN_CHARACTERS_MAX)) {
    throw problem('token_invalid', 'The token is too long.')
  }
  const tokens = found.filter((token) => !OPAQUE.test(token))
  return { tokens, opaque: tokens.length < found.length }
}

/**
 * Whoever sends an `Authorization` header means the credentials in it. So with another scheme the request is refused: it is
 * not taken for one without credentials, and not for one of the person in the cookie.
 */
function bearerToken(req: IncomingMessage): string | undefined {
  if (countOf(req, 'authorization') > 1) {
    throw problem('token_invalid', 'The request has more than one Authorization header.')
  }
  const header = req.headers.authorization
  if (header === undefined || header === '') return undefined
  if (!/^bearer(?: |$)/i.test(header)) {
    throw problem('authentication_required', 'The Authorization header must have the scheme Bearer.')
  }
  const token = header.slice('bearer '.length).trim()
  if (token === '' || /\s/.test(token)) {
    throw problem('token_invalid', 'The Authorization header must be "Bearer" and one token.')
  }
  return token
}

/** Node keeps only the first of several such headers in `headers`. A proxy may have read another one. */
function countOf({ rawHeaders = [] }: Partial<IncomingMessage>, name: string): number {
  return rawHeaders.filter((each, place) => place % 2 === 0 && each.toLowerCase() === name).length
}

/**
 * Whether this is a JWT of a machine (Clerk's M2M tokens). It isn't verified: such a token makes no caller here, and another
 * middleware decides about it.
 */
export function isMachineJwt(token: string): boolean {
  try {
    const { sub } = decodeJwt(token)
    return typeof sub === 'string' && isMachine(sub)
  } catch {
    return false
  }
}

function ownToken(extract: Extractor, req: IncomingMessage): string | undefined {
  let token: unknown
  try {
    token = extractFrom(req, extract)
  } catch (cause) {
    throw problem('extractor_failed', 'authenticate(): the function "token" threw.', { cause })
  }
  if (isPromiseLike(token)) {
    token.then(undefined, () => {})
    const detail = 'authenticate(): the function "token" must return the token itself, not a promise.'
    throw problem('extractor_failed', detail)
  }
  if (token === undefined || token === null || token === '') return undefined
  // For example, a query parameter that is given twice is a list. That is a fault of the request, not of the function.
  if (typeof token !== 'string') throw problem('token_invalid', 'The token must be a string.')
  return token
}
