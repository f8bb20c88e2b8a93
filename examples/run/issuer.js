// Replaces the identity provider: creates a key pair, publishes the public key, and signs tokens.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const kid = 'example'
const alg = 'ES256'

/**
 * @typedef {object} Issuer
 * @property {Readonly<Record<string, string>>} env the settings with which an application verifies the tokens
 * @property {(person: import('./index.js').Person) => Promise<string>} tokenOf
 * @property {() => void} close
 */

/** @param {string} audience @returns {Promise<Issuer>} */
export async function openIssuer(audience) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] })
  const server = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(jwks))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const issuer = `http://127.0.0.1:${port}`
  return {
    env: { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience, JWKS_URL: `${issuer}/.well-known/jwks.json` },
    tokenOf: ({ userId, claims }) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg, kid })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('1 day')
        .sign(privateKey),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
