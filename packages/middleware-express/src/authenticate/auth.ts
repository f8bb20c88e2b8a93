/**
 * The caller of a request. `authenticate` stores it in a WeakMap that only this package can write. A property such as
 * `req.auth` can be set by any other middleware, so it is never read.
 */

import type { IncomingMessage } from 'node:http'
import { problem } from '../problem.ts'

/** The claims of a verified token. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** What a claims function returns. Only the user is required. */
export interface CallerClaims {
  readonly userId: string
  readonly sessionId?: string | undefined
  readonly organizationId?: string | undefined
  readonly organizationSlug?: string | undefined
  /** The key of the caller's role in that organization, as in the sidecar: `org:admin`. */
  readonly role?: string | undefined
  /** All of them, for callers with several roles; `role` is then the first, unless it is given as well. */
  readonly roles?: readonly string[] | undefined
  readonly permissions?: readonly string[] | undefined
}

/** The caller. It is frozen, because all requests with the same token share it. */
export interface Auth {
  readonly userId: string
  readonly sessionId: string | undefined
  /** The organization that is active in the token. */
  readonly organizationId: string | undefined
  readonly organizationSlug: string | undefined
  /** The caller's role there, as in the token. `requireRole` checks whether the role still counts. */
  readonly role: string | undefined
  /** All of the caller's roles there, each once, `role` first. Absent if the claims function returns only `role`. */
  readonly roles?: readonly string[]
  /** The permissions in the token. Clerk's tokens do not list system permissions. */
  readonly permissions: readonly string[]
  readonly claims: TokenClaims
}

const NOT_RUN =
  'authenticate() has not run on this request. Put it before: app.use(authenticate({ issuer, audience, jwks }))'

interface Authentication {
  readonly auth: Auth | undefined
  readonly challenge: string
}

const authentications = new WeakMap<IncomingMessage, Authentication>()

/**
 * The caller of this request, or undefined if it has no token and `authenticate` does not require one. Throws
 * `middleware_missing` if `authenticate` has not run.
 */
export function authOf(req: IncomingMessage): Auth | undefined {
  const authentication = authentications.get(req)
  if (!authentication) {
    throw problem('middleware_missing', `authOf(): ${NOT_RUN}`)
  }
  return authentication.auth
}

/** The caller, or undefined if there is none or `authenticate` has not run. */
export function callerIfAny(req: IncomingMessage): Auth | undefined {
  return authentications.get(req)?.auth
}

/** The caller. Throws `authentication_required` if there is none, and `middleware_missing` if `authenticate` has not run. */
export function requireCaller(req: IncomingMessage): Auth {
  const authentication = authentications.get(req)
  if (authentication?.auth) return authentication.auth
  // A token would not help the caller: the application lacks a middleware.
  if (!authentication) throw problem('middleware_missing', NOT_RUN)
  const headers = { 'WWW-Authenticate': authentication.challenge }
  throw problem('authentication_required', 'This request needs a token.', { headers })
}

/** All roles that the token has in its active organization. */
export function rolesIn({ role, roles }: Auth): readonly string[] {
  return roles ?? (role === undefined ? [] : [role])
}

/** Only `authenticate` calls this. */
export function setAuthentication(req: IncomingMessage, authentication: Authentication): void {
  authentications.set(req, authentication)
}
