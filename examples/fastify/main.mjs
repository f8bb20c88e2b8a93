// Runs the application. The settings come from the environment.

import { createRoleSetsClient } from '@rolesets/client'
import { createApp } from './app.mjs'

const { TOKEN_ISSUER: issuer = '', TOKEN_AUDIENCE: audience = '', JWKS_URL: jwks = '' } = process.env
const { ROLESETS_TARGET: target = '', PORT = '3000' } = process.env

const roleSets = createRoleSetsClient({ target })
await roleSets.ready({ timeoutMs: 30_000 })
await createApp({ roleSets, tokens: { issuer, audience, jwks } }).listen({ port: Number(PORT), host: '127.0.0.1' })
