/** Clerk. `authenticate` reads its session tokens by default. They come as a bearer token or in a cookie. */

import type { AuthenticateOptions } from '@rolesets/express'

export interface ClerkSettings {
  /** The Frontend API of the instance: `clerk.example.com`, or `verb-noun-00.clerk.accounts.dev` during development. */
  readonly frontendApi: string
  /** The origins of the web application, for example `https://app.example.com`. */
  readonly origins: readonly string[]
}

export function clerk({ frontendApi, origins }: ClerkSettings): AuthenticateOptions {
  return {
    issuer: `https://${frontendApi}`,
    // Clerk's session tokens have no audience. The application that a token was issued to is in `azp`.
    audience: false,
    authorizedParties: origins,
    jwks: `https://${frontendApi}/.well-known/jwks.json`,
    claims: 'clerk',
    cookie: '__session',
  }
}
