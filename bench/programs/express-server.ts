/**
 * An Express application with one route. With arguments (`express-server.ts <target> <jwks>`) the route is guarded;
 * without arguments it checks neither token nor role. Prints its port when it listens.
 */

import type { AddressInfo } from 'node:net'
import { createRoleSetsClient } from '@rolesets/client'
import { authenticate, problems, requireRole } from '@rolesets/express'
import express, { type RequestHandler } from 'express'
import { audience, issuer } from '../tokens.ts'

const [target, jwks = ''] = process.argv.slice(2)
const path = '/organizations/:organizationId/reports'
const app = express()

const report: RequestHandler<{ organizationId: string }> = (req, res) => {
  res.json({ organizationId: req.params.organizationId, reports: [{ id: 'report_1', title: 'Quarter' }] })
}
if (target === undefined) {
  app.get(path, report)
} else {
  const roleSets = createRoleSetsClient({ target })
  await roleSets.ready()
  const known = authenticate({ issuer, audience, jwks: JSON.parse(jwks) as { keys: [] } })
  app.get(path, known, requireRole('org:admin', { roleSets }), report)
}
app.use(problems())

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.on('SIGTERM', () => process.exit(0))
