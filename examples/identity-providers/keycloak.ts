/**
 * Keycloak, with organizations: the client asks for the scope `organization`, whose mapper has "Add organization id"
 * switched on. Roles and permissions are roles of the client, called as in the role sets: `org:admin`, `org:reports:read`.
 */

import type { AuthenticateOptions, CallerClaims, TokenClaims } from '@rolesets/express'

export interface KeycloakSettings {
  /** Where Keycloak is, for example `https://login.example.com`. */
  readonly url: string
  readonly realm: string
  /** The client that stands for the API; an audience mapper puts it into the tokens. */
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
  if (typ !== 'Bearer') throw new Error('An ID token or a refresh token is no access token.')
  // A token for several organizations says of none that it is the active one.
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
