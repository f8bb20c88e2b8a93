// Stands for an identity provider, to try the example: `node token.mjs <file>` makes a new key, writes the public part to the
// file, in the form that the application reads (JWKS_FILE), and prints a token of Ada, who manages Acme.

import { writeFileSync } from 'node:fs'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const [file] = process.argv.slice(2)
if (file === undefined) {
  console.error('Give the file to write: node token.mjs jwks.json')
  process.exit(2)
}

const alg = 'ES256'
const { publicKey, privateKey } = await generateKeyPair(alg)
writeFileSync(
  file,
  `${JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'example', alg, use: 'sig' }] })}\n`,
)

// The claims of a session token of Clerk: the active organization, and the role in it.
const token = await new SignJWT({ v: 2, o: { id: 'org_acme', rol: 'admin' } })
  .setProtectedHeader({ alg, kid: 'example' })
  .setSubject('user_ada')
  .setIssuer('https://issuer.example')
  .setAudience('pricing-tiers')
  .setIssuedAt()
  .setExpirationTime('1 day')
  .sign(privateKey)
console.log(token)
