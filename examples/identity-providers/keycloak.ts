/**
 * Keycloak, with organizations. The client requests the scope `organization`; in its mapper, "Add organization id" is
 * switched on. Roles and permissions are client roles with the same names as in Rolesets: `org:admin`, `org:reports:read`.
 */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface KeycloakSettings {
  /** The address of Keycloak, for example `https://login.example.com`. */
  readonly url: string
  readonly realm: string
  /** The client of the API. An audience mapper adds it to the tokens. */
  readonly clientId: string
}

export function keycloak({ url, realm, clientId }: KeycloakSettings): AuthenticateOptions {
  const issuer = `${url}/realms/${realm}`
  return {
    issuer,
    audience: clientId,
    jwks: `${issuer}/protocol/openid-connect/certs`,
    claims: (claims) => keycloakClaims(claims, clientId),
  }
}

interface KeycloakToken {
  readonly typ?: string
  readonly sub: string
  readonly sid?: string
  readonly organization?: Readonly<Record<string, { readonly id?: string }>>
  readonly resource_access?: Readonly<Record<string, { readonly roles: readonly string[] }>>
}

export function keycloakClaims(claims: TokenClaims, clientId: string): CallerClaims {
  const { typ, sub, sid, organization = {}, resource_access = {} } = claims as unknown as KeycloakToken
  if (typ !== 'Bearer') throw new Error('The token must be an access token, not an ID token or a refresh token.')
  // A token for several organizations does not say which one is active.
  const [active, another] = Object.entries(organization)
  const roles = resource_access[clientId]?.roles ?? []
  return {
    userId: sub,
    sessionId: sid,
    organizationId: another === undefined ? active?.[1].id : undefined,
    organizationSlug: another === undefined ? active?.[0] : undefined,
    role: roles.find((role) => /^org:\w+$/.test(role)),
    permissions: roles.filter((role) => /^org:\w+:\w+$/.test(role)),
  }
}
