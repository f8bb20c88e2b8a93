/**
 * The container of the application: guarded routes in a process of its own. It doesn't wait for the sidecar, so that a pod that
 * starts it too early is found out. On SIGTERM it finishes what it has begun, and says how much it has answered.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRoleSetsClient } from '@rolesets/client'
import { createGuardedApplication, type Issuer } from '../guarded-application.ts'

const { LISTEN = '', JWKS = '', ROLESETS_TARGET = '', KEY_FILE, CA_FILE, MAX_STALENESS_MS, DEADLINE_MS } = process.env
const { JOB_ORGANIZATION, JOB_ROLE = '' } = process.env

const roleSets = createRoleSetsClient({
  target: ROLESETS_TARGET,
  // Long, for a machine that is busy with other tests.
  deadlineMs: Number(DEADLINE_MS ?? 20_000),
  ...(MAX_STALENESS_MS === undefined ? {} : { maxStalenessMs: Number(MAX_STALENESS_MS) }),
  ...(KEY_FILE === undefined ? {} : { key: readFileSync(KEY_FILE, 'utf8').trim() }),
  ...(CA_FILE === undefined ? {} : { tls: { ca: readFileSync(CA_FILE), serverName: 'localhost' } }),
})

if (JOB_ORGANIZATION !== undefined) {
  // A Job: it asks once, and ends.
  const { allowed } = await roleSets.check(JOB_ORGANIZATION, JOB_ROLE)
  process.stdout.write(`${JSON.stringify({ allowed })}\n`)
  await roleSets.close()
} else serve()

function serve(): void {
  const app = createGuardedApplication(roleSets, JSON.parse(JWKS) as Issuer['jwks'])
  const count = { taken: 0, answered: 0 }
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return void response.end()
    count.taken++
    response.on('finish', () => count.answered++)
    if (request.url === '/status') response.end(JSON.stringify(roleSets.status()))
    else app(request, response)
  })
  const [host, port] = LISTEN.split(':')
  server.listen(Number(port), host)
  process.once('SIGTERM', () => {
    server.close(() => {
      process.stdout.write(`${JSON.stringify(count)}\n`)
      void roleSets.close()
    })
  })
}
