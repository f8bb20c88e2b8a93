// The application manages the staff of practices and hospitals. It stores the staff itself, so it needs no key. Its paths,
// bodies and tokens have their own format, so the options of the middleware say where the organization and the roles are.

import express from 'express'
import { createRoleSetsClient } from '@rolesets/client'
import { authenticate, availableRoles, guardRoleGrant, problems, requireRole, roleGrantOf } from '@rolesets/express'

const { PORT, ROLESETS_TARGET = '', TOKEN_ISSUER = '', TOKEN_AUDIENCE = '', JWKS_URL = '' } = process.env

const roleSets = createRoleSetsClient({ target: ROLESETS_TARGET, deadlineMs: 5_000 })
const app = express()

app.get('/status', (_req, res) => void res.json(roleSets.status()))

/** @param {Readonly<Record<string, any>>} token of the hospital's identity provider */
const claims = ({ sub, provider, position }) => ({
  userId: sub,
  organizationId: provider,
  role: `org:${position}`,
})
app.use(authenticate({ issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, jwks: JWKS_URL, claims }))

/** @param {{ params: Readonly<Record<string, unknown>> }} req */
const organization = (req) => req.params.providerId
/** @param {{ body: any }} req */
const roles = (req) => [req.body].flat().map((entry) => entry?.position && `org:${entry.position}`)

const manages = requireRole('org:admin', { roleSets, organization })
const guard = guardRoleGrant({ roleSets, organization, roles })

/** @type {Map<string, string>} The application's own table: user and position. */
const staff = new Map()

app.get('/providers/:providerId/positions', availableRoles({ roleSets, organization }))

app.post('/providers/:providerId/staff', manages, express.json(), guard, (req, res) => {
  const { user_id, position } = req.body
  if (typeof user_id !== 'string') return void res.status(400).json({ code: 'user_id_missing' })
  staff.set(user_id, position)
  res.status(201).json({ user_id, position })
})

app.patch('/providers/:providerId/staff/:userId', manages, express.json(), guard, (req, res) => {
  const user_id = String(req.params.userId)
  const { position } = req.body
  if (!staff.has(user_id)) return void res.status(404).json({ code: 'user_unknown' })
  staff.set(user_id, position)
  res.json({ user_id, position })
})

app.post('/providers/:providerId/invitations', manages, express.json(), guard, (req, res) => {
  // A real application sends the e-mails here.
  res.status(202).json({ invited: [req.body].flat().length, positions: roleGrantOf(req).roles })
})

// Only for department heads, and only while the organization's role set has this role.
const isHead = requireRole('org:department_head', { roleSets, organization })
app.get('/providers/:providerId/roster', isHead, (_req, res) => {
  res.json({ roster: { monday: 'Sam', tuesday: 'Noor' } })
})

app.use(problems({ all: true }))

await roleSets.ready({ timeoutMs: 30_000 })
const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` }))
})

// The requests that run are finished first, because they need the client.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => void roleSets.close()))
