/**
 * Auth0, with Organizations. The access token has `org_id`, and `permissions` if the API has this setting. A Post-Login
 * Action must add the role:
 *
 *     api.accessToken.setCustomClaim('https://example.com/role', event.authorization?.roles[0])
 */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface Auth0Settings {
  /** The tenant: `example.eu.auth0.com`, or your own domain. */
  readonly domain: string
  /** The identifier of the API. */
  readonly audience: string
  /** The name of the claim that the Action sets. */
  readonly roleClaim: string
}

export function auth0({ domain, audience, roleClaim }: Auth0Settings): AuthenticateOptions {
  return {
    issuer: `https://${domain}/`, // Auth0's issuer ends with a slash.
    audience,
    jwks: `https://${domain}/.well-known/jwks.json`,
    claims: (claims) => auth0Claims(claims, roleClaim),
  }
}

/** Auth0's role `admin` is `org:admin` in Rolesets. */
export function auth0Claims(claims: TokenClaims, roleClaim: string): CallerClaims {
  const { sub, org_id, permissions, [roleClaim]: role } = claims
  return {
    userId: sub as string,
    organizationId: org_id as string | undefined,
    role: typeof role === 'string' ? `org:${role}` : undefined,
    permissions: (permissions ?? []) as string[],
  }
}
