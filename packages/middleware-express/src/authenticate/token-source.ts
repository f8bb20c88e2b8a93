/** Finds the token in a request. A missing token and a malformed one are different errors. */

import type { IncomingMessage } from 'node:http'
import type { AuthenticateOptions } from './authenticate-options.ts'
import { isPromiseLike } from '../outcome.ts'
import { problem } from '../problem.ts'
import { extractFrom, type Extractor } from '../request.ts'

/** The same as Node's limit for all headers together. */
const TOKEN_CHARACTERS_MAX = 16_384

type TokenOptions = Pick<AuthenticateOptions, 'cookie' | 'token'>

/**
 * Finds the token with the application's function if there is one; otherwise in `Authorization: Bearer`, and then in the
 * cookie. Undefined: the request has no token. The result throws `token_invalid`, or `extractor_failed` for a bug.
 */
export function tokenSource({ cookie, token }: TokenOptions): (req: IncomingMessage) => string | undefined {
  if (token) return (req) => bounded(ownToken(token, req))
  return (req) => bounded(bearerToken(req) ?? (cookie === undefined ? undefined : cookieValue(req, cookie)))
}

function bounded(token: string | undefined): string | undefined {
  if (token !== undefined && token.length > TOKEN_CHARACTERS_MAX)
    throw problem('token_invalid', 'The token is too long.')
  return token
}

/** A request with another scheme than Bearer has no token. */
function bearerToken(req: IncomingMessage): string | undefined {
  const header = req.headers.authorization
  if (header === undefined || !/^bearer(?: |$)/i.test(header)) return undefined
  const token = header.slice('bearer '.length).trim()
  if (token === '' || /\s/.test(token)) {
    throw problem('token_invalid', 'The Authorization header must be "Bearer" and one token.')
  }
  return token
}

/** The first cookie with this name, as common cookie parsers do. A JWT needs no decoding. */
function cookieValue(req: IncomingMessage, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return value === '' ? undefined : value.replace(/^"(.*)"$/, '$1')
  }
  return undefined
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
