/**
 * Who the caller is. What `authenticate` found out is kept in a WeakMap by request, which nothing outside can write to;
 * a property such as `req.auth` is shared with every other middleware, and so it is never read.
 */

import type { IncomingMessage } from 'node:http'
import { problem } from './problem.ts'

/** A token's claims, as they were signed. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** What a claims function finds in a token. Only the user is required. */
export interface CallerClaims {
  readonly userId: string
  readonly sessionId?: string | undefined
  readonly organizationId?: string | undefined
  readonly organizationSlug?: string | undefined
  /** The caller's role in that organization, by its key as the sidecar has it: `org:admin`. */
  readonly role?: string | undefined
  readonly permissions?: readonly string[] | undefined
}

/** The caller, frozen: it is shared by all requests that carry the same token. */
export interface Auth {
  readonly userId: string
  readonly sessionId: string | undefined
  /** The organization that is active in the token. */
  readonly organizationId: string | undefined
  readonly organizationSlug: string | undefined
  /** The caller's role there, as the token says; whether it still counts is what `requireRole` checks. */
  readonly role: string | undefined
  /** What the token lists; Clerk's tokens leave system permissions out. */
  readonly permissions: readonly string[]
  readonly claims: TokenClaims
}

interface Authentication {
  readonly auth: Auth | undefined
  readonly challenge: string
}

const authentications = new WeakMap<IncomingMessage, Authentication>()

/**
 * The caller whose token was verified on this request, or undefined if there was no token and `authenticate` does not
 * require one. Throws `middleware_missing` if `authenticate` has not run.
 */
export function authOf(req: IncomingMessage): Auth | undefined {
  const authentication = authentications.get(req)
  if (!authentication) {
    throw problem(
      'middleware_missing',
      'authOf(): authenticate() has not run on this request. Put it before: app.use(authenticate({ issuer, audience, jwks }))',
    )
  }
  return authentication.auth
}

/** The caller; throws 401 if there is none, and says so if that is because `authenticate` has not run. */
export function requireCaller(req: IncomingMessage): Auth {
  const authentication = authentications.get(req)
  if (authentication?.auth) return authentication.auth
  const detail = authentication
    ? 'This needs a token.'
    : 'Nobody is authenticated: authenticate() has not run. Put it before: app.use(authenticate({ issuer, audience, jwks }))'
  const headers = { 'WWW-Authenticate': authentication?.challenge ?? 'Bearer' }
  throw problem('authentication_required', detail, { headers })
}

/** Only `authenticate` calls this. */
export function setAuthentication(req: IncomingMessage, authentication: Authentication): void {
  authentications.set(req, authentication)
}
