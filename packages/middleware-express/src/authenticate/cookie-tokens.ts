/**
 * The tokens in the cookies of a request. Clerk's browser library sets `__session`, and beside it `__session_<suffix>` with a
 * suffix for each application, because several applications may share a host. So a request can have several tokens.
 */

import { decodeJwt } from 'jose'
import type { AuthenticateOptions } from './authenticate-options.ts'

const CLERK_NAME = '__session'
const SUFFIXED = /^__session_[\w-]+$/
const TOKENS_MAX = 4

type CookieRules = { readonly name: string } & Pick<AuthenticateOptions, 'issuer'>

/**
 * The tokens that can be those of the caller, the most probable first: those of the issuer before others, then the newest. Only
 * a verification shows which one is valid.
 */
export function cookieTokens(header: string | undefined, { name, issuer }: CookieRules): readonly string[] {
  const cookies = cookiesOf(header ?? '')
  const names = [...cookies.keys()].filter((each) => each === name || (name === CLERK_NAME && SUFFIXED.test(each)))
  const tokens = [...new Set(names.flatMap((each) => cookies.get(each) || []))]
  if (tokens.length < 2) return tokens
  return tokens
    .slice(0, TOKENS_MAX)
    .map((token) => ({ token, ...standingOf(token, issuer) }))
    .sort((a, b) => Number(b.isOfIssuer) - Number(a.isOfIssuer) || b.issuedAt - a.issuedAt)
    .map(({ token }) => token)
}

/** The first cookie of each name, as common cookie parsers do. A JWT needs no decoding. */
function cookiesOf(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(equals, 0)).trim()
    if (name === '' || cookies.has(name)) continue
    const value = pair.slice(equals + 1).trim()
    cookies.set(name, value.replace(/^"(.*)"$/, '$1'))
  }
  return cookies
}

/** What the token says of itself. It decides only the order. */
function standingOf(token: string, issuer: CookieRules['issuer']) {
  try {
    const { iss, iat } = decodeJwt(token)
    const isOfIssuer = issuer === false || [issuer].flat().some((each) => each === iss)
    return { isOfIssuer, issuedAt: typeof iat === 'number' ? iat : 0 }
  } catch {
    return { isOfIssuer: false, issuedAt: 0 }
  }
}
