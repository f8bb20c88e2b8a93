/** WorkOS, with AuthKit. The access token has the organization, the slug of the role in it, and the role's permissions. */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface WorkosSettings {
  readonly clientId: string
  /** The `iss` of your tokens: `https://api.workos.com`, or your own authentication domain. Check one of your tokens. */
  readonly issuer: string
}

export function workos({ clientId, issuer }: WorkosSettings): AuthenticateOptions {
  return {
    issuer,
    // The tokens have no audience, but these keys belong to this client only.
    audience: false,
    jwks: `https://api.workos.com/sso/jwks/${clientId}`,
    claims: workosClaims,
  }
}

/** WorkOS's role `security-admin` is `org:security_admin` in Rolesets. */
export function workosClaims({ sub, sid, org_id, role, permissions }: TokenClaims): CallerClaims {
  return {
    userId: sub as string,
    sessionId: sid as string,
    organizationId: org_id as string | undefined,
    role: typeof role === 'string' ? `org:${role.replaceAll('-', '_')}` : undefined,
    permissions: (permissions ?? []) as string[],
  }
}
