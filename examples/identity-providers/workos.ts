/** WorkOS, with AuthKit. The access token has the organization, the role there by its slug, and the role's permissions. */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface WorkosSettings {
  readonly clientId: string
  /** The `iss` of your tokens: `https://api.workos.com`, or your own authentication domain. Look into one. */
  readonly issuer: string
}

export function workos({ clientId, issuer }: WorkosSettings): AuthenticateOptions {
  return {
    issuer,
    // The tokens name no audience, but the keys are those of this client alone.
    audience: false,
    jwks: `https://api.workos.com/sso/jwks/${clientId}`,
    claims: workosClaims,
  }
}

/** A role with the slug `security-admin` is `org:security_admin` in the role sets. */
export function workosClaims({ sub, sid, org_id, role, permissions }: TokenClaims): CallerClaims {
  return {
    userId: sub as string,
    sessionId: sid as string,
    organizationId: org_id as string | undefined,
    role: typeof role === 'string' ? `org:${role.replaceAll('-', '_')}` : undefined,
    permissions: (permissions ?? []) as string[],
  }
}
