/** Finds the token in a request. What is no token at all, and what is one but malformed, are answered differently. */

import type { IncomingMessage } from 'node:http'
import { isPromiseLike } from './outcome.ts'
import { problem } from './problem.ts'
import { extractFrom, type Extractor } from './request.ts'

/** Node's own limit for all headers together is the same. */
const TOKEN_CHARACTERS_MAX = 16_384

/** Gives the token of a request, or undefined if it has none. Throws `token_invalid`, or `extractor_failed` for a bug. */
export type TokenSource = (req: IncomingMessage) => string | undefined

export interface TokenSourceOptions {
  readonly cookie?: string | undefined
  readonly token?: Extractor | undefined
}

/** The source that the options ask for: the caller's function, or `Authorization: Bearer`, and then the cookie. */
export function tokenSource({ cookie, token }: TokenSourceOptions): TokenSource {
  if (token) return (req) => bounded(ownToken(token, req))
  return (req) => bounded(bearerToken(req) ?? (cookie === undefined ? undefined : cookieValue(req, cookie)))
}

function bounded(token: string | undefined): string | undefined {
  if (token !== undefined && token.length > TOKEN_CHARACTERS_MAX)
    throw problem('token_invalid', 'The token is too long.')
  return token
}

/** Other schemes than Bearer are none of our business: they count as "no token". */
function bearerToken(req: IncomingMessage): string | undefined {
  const header = req.headers.authorization
  if (header === undefined || !/^bearer(?: |$)/i.test(header)) return undefined
  const token = header.slice('bearer '.length).trim()
  if (token === '' || /\s/.test(token)) {
    throw problem('token_invalid', 'The Authorization header must be "Bearer" and one token.')
  }
  return token
}

/** The first cookie with this name, as the parsers that are in use take it. A JWT needs no decoding. */
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
    throw problem('extractor_failed', 'authenticate(): the function "token" must give the token itself, not a promise.')
  }
  if (token === undefined || token === null || token === '') return undefined
  // A query parameter that is given twice is a list: the caller's doing, not the function's.
  if (typeof token !== 'string') throw problem('token_invalid', 'The token must be a text.')
  return token
}
