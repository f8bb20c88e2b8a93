// Runs the application. The settings come from the environment.

import { createRoleSetsClient } from '@rolesets/client'
import { createApp } from './app.js'

const { TOKEN_ISSUER: issuer = '', TOKEN_AUDIENCE: audience = '', JWKS_URL: jwks = '' } = process.env
const { ROLESETS_TARGET: target = '', PORT = '3000' } = process.env

async function main(): Promise<void> {
  const roleSets = createRoleSetsClient({ target })
  await roleSets.ready({ timeoutMs: 30_000 })
  const app = await createApp({ roleSets, tokens: { issuer, audience, jwks } })
  await app.listen(Number(PORT), '127.0.0.1')
}

void main()
