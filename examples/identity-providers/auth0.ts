/**
 * Auth0, with Organizations. The access token has `org_id`, and `permissions` if that is switched on for the API. The
 * role has to be put there by a Post-Login Action:
 *
 *     api.accessToken.setCustomClaim('https://example.com/role', event.authorization?.roles[0])
 */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface Auth0Settings {
  /** The tenant: `example.eu.auth0.com`, or a domain of your own. */
  readonly domain: string
  /** The identifier of the API. */
  readonly audience: string
  /** The name of the claim that the Action sets. */
  readonly roleClaim: string
}

export function auth0({ domain, audience, roleClaim }: Auth0Settings): AuthenticateOptions {
  return {
    issuer: `https://${domain}/`, // With the slash.
    audience,
    jwks: `https://${domain}/.well-known/jwks.json`,
    claims: (claims) => auth0Claims(claims, roleClaim),
  }
}

/** A role that Auth0 calls `admin` is `org:admin` in the role sets. */
export function auth0Claims(claims: TokenClaims, roleClaim: string): CallerClaims {
  const { sub, org_id, permissions, [roleClaim]: role } = claims
  return {
    userId: sub as string,
    organizationId: org_id as string | undefined,
    role: typeof role === 'string' ? `org:${role}` : undefined,
    permissions: (permissions ?? []) as string[],
  }
}
