/** Makes the caller from the claims of a verified token. What the application's claims function returns is checked. */

import { findTextFault, isIdentifier } from '@rolesets/core'
import type { Auth, CallerClaims, TokenClaims } from './auth.ts'
import { clerkClaims } from './clerk-claims.ts'
import { RoleSetsExpressError } from '../errors.ts'
import { isObject } from '../options.ts'
import { problem } from '../problem.ts'

/** Finds the caller in the claims of a verified token. If it throws, the token is refused with 401. */
export type ClaimsFunction = (claims: TokenClaims) => CallerClaims

export type ClaimsOption = 'clerk' | ClaimsFunction

/** The caller. It is deeply frozen, because all requests with the same token share it. */
export function callerFrom(claims: TokenClaims, option: ClaimsOption): Auth {
  deepFreeze(claims)
  const found = isObject(claims) ? apply(option === 'clerk' ? clerkClaims : option, claims) : undefined
  if (!isObject(found))
    throw problem('extractor_failed', 'authenticate(): the function "claims" must return an object.')
  const { userId, sessionId, organizationId, organizationSlug, role, permissions = [] } = found
  const others = found.roles ?? []
  if (!isId(userId)) throw problem('token_invalid', 'The token does not name a user.')
  if (!isMissing(organizationId) && !isId(organizationId)) throw malformed()
  if (![sessionId, organizationSlug, role].every((value) => isMissing(value) || isIdentifier(value))) throw malformed()
  if (![permissions, others].every((list) => Array.isArray(list) && list.every(isIdentifier))) throw malformed()
  const roles = [...new Set([...(isMissing(role) ? [] : [role]), ...others])]
  return Object.freeze({
    userId,
    sessionId: sessionId ?? undefined,
    organizationId: organizationId ?? undefined,
    organizationSlug: organizationSlug ?? undefined,
    role: roles[0],
    ...(isMissing(found.roles) ? {} : { roles: Object.freeze(roles) }),
    permissions: Object.freeze([...permissions]),
    claims,
  })
}

function apply(read: ClaimsFunction, claims: TokenClaims): CallerClaims {
  try {
    return read(claims)
  } catch (cause) {
    if (cause instanceof RoleSetsExpressError) throw cause
    throw malformed(cause)
  }
}

/** Some providers write null for a missing value. */
function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** Whether the sidecar can know a user or an organization with this id. */
function isId(value: unknown): value is string {
  return findTextFault('id', value) === undefined
}

function malformed(cause?: unknown): RoleSetsExpressError {
  return problem('token_invalid', "The token's claims are malformed.", { cause })
}

/** Uses a list instead of recursion, because the claims may be nested deeper than the stack allows. */
function deepFreeze(root: object): void {
  const waiting: object[] = [root]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const values: readonly unknown[] = Object.values(Object.freeze(next))
    for (const value of values) {
      if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) waiting.push(value)
    }
  }
}
