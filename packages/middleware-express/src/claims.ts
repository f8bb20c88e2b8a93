/** From a verified token's claims to the caller. The result of a function of the application's is checked like any input. */

import type { Auth, CallerClaims, TokenClaims } from './auth.ts'
import { clerkClaims } from './clerk-claims.ts'
import { RoleSetsExpressError } from './errors.ts'
import { isIdentifier } from './identifier.ts'
import { isObject } from './options.ts'
import { problem } from './problem.ts'

/** Reads a verified token. To throw refuses the token with 401. */
export type ClaimsFunction = (claims: TokenClaims) => CallerClaims

export type ClaimsOption = 'clerk' | ClaimsFunction

/** The caller, deeply frozen, because requests with the same token share it. */
export function callerFrom(claims: TokenClaims, option: ClaimsOption): Auth {
  deepFreeze(claims)
  const found = isObject(claims) ? apply(option === 'clerk' ? clerkClaims : option, claims) : undefined
  if (!isObject(found))
    throw problem('extractor_failed', 'authenticate(): the function "claims" must return an object.')
  const { userId, sessionId, organizationId, organizationSlug, role, permissions = [] } = found
  if (!isIdentifier(userId)) throw problem('token_invalid', 'The token names no user.')
  if (![sessionId, organizationId, organizationSlug, role].every(isIdentifierOrNothing)) throw notUnderstood()
  if (!Array.isArray(permissions) || !permissions.every(isIdentifier)) throw notUnderstood()
  return Object.freeze({
    userId,
    sessionId: sessionId ?? undefined,
    organizationId: organizationId ?? undefined,
    organizationSlug: organizationSlug ?? undefined,
    role: role ?? undefined,
    permissions: Object.freeze([...permissions]),
    claims,
  })
}

function apply(read: ClaimsFunction, claims: TokenClaims): CallerClaims {
  try {
    return read(claims)
  } catch (cause) {
    if (cause instanceof RoleSetsExpressError) throw cause
    throw notUnderstood(cause)
  }
}

/** A provider's null means the same as nothing. */
function isIdentifierOrNothing(value: unknown): boolean {
  return value === undefined || value === null || isIdentifier(value)
}

function notUnderstood(cause?: unknown): RoleSetsExpressError {
  return problem('token_invalid', "The token's claims are not understood.", { cause })
}

/** With a list of its own instead of recursion, because a token may be nested deeper than the stack. */
function deepFreeze(root: object): void {
  const waiting: object[] = [root]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const values: readonly unknown[] = Object.values(Object.freeze(next))
    for (const value of values) {
      if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) waiting.push(value)
    }
  }
}
