/** Session tokens in the format of Clerk, signed with a key that is created at the start. */

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

export const issuer = 'https://clerk.example.com'
export const audience = 'https://api.example.com'

export interface TokenSource {
  readonly publicKey: CryptoKey
  readonly jwks: { readonly keys: JWK[] }
  /** A token of this user, with this active organization and the role `org:admin`. */
  readonly tokenOf: (userId: string, organizationId: string) => Promise<string>
}

export async function makeTokenSource(alg: 'RS256' | 'ES256'): Promise<TokenSource> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const kid = 'bench'
  const key = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return {
    publicKey,
    jwks: { keys: [key] },
    tokenOf: (userId, organizationId) =>
      new SignJWT({ v: 2, sid: `sess_${userId}`, sts: 'active', o: { id: organizationId, rol: 'admin', slg: 'acme' } })
        .setProtectedHeader({ alg, kid, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('1 hour')
        .sign(privateKey),
  }
}
