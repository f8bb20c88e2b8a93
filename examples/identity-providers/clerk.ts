/** Clerk. Its session tokens are what `authenticate` reads by default; they come as bearer token or in a cookie. */

import type { AuthenticateOptions } from '@rolesets/express'

export interface ClerkSettings {
  /** The Frontend API of the instance: `clerk.example.com`, or `verb-noun-00.clerk.accounts.dev` while developing. */
  readonly frontendApi: string
  /** Where the application is served from, for example `https://app.example.com`. */
  readonly origins: readonly string[]
}

export function clerk({ frontendApi, origins }: ClerkSettings): AuthenticateOptions {
  return {
    issuer: `https://${frontendApi}`,
    // Clerk's session tokens name no audience; who they were issued to is in `azp`.
    audience: false,
    authorizedParties: origins,
    jwks: `https://${frontendApi}/.well-known/jwks.json`,
    claims: 'clerk',
    cookie: '__session',
  }
}
