// The application manages the members of organizations. Every route that grants a role is guarded, so a member can only
// get a role that the organization's plan offers. With a key, the sidecar is told of each member and each invitation, so it knows
// whom a change of the plan affects. docs/members.md says what you lose if you don't tell it.

import { readFileSync } from 'node:fs'
import express from 'express'
import { createRoleSetsClient, isRoleSetsError } from '@rolesets/client'
import {
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  roleGrantOf,
} from '@rolesets/express'

const { PORT, HOST = '127.0.0.1', ROLESETS_TARGET = '', ROLESETS_KEY_FILE = '', ROLESETS_CA_FILE = '' } = process.env
const { TOKEN_ISSUER = '', TOKEN_AUDIENCE = '', JWKS_URL = '', JWKS_FILE = '' } = process.env

/** @param {string} file */
const read = (file) => readFileSync(file, 'utf8').trim()

// The key is needed to write memberships and invitations. An application that stores them only itself needs no key, unless
// the sidecar is on another machine.
const hasKey = ROLESETS_KEY_FILE !== ''
const roleSets = createRoleSetsClient({
  target: ROLESETS_TARGET,
  ...(hasKey ? { key: read(ROLESETS_KEY_FILE) } : {}),
  ...(ROLESETS_CA_FILE === '' ? {} : { tls: { ca: read(ROLESETS_CA_FILE) } }),
  // Long, for a laptop that is busy with other work. For a service the default of 250 ms is better.
  deadlineMs: 5_000,
})
const app = express()

/**
 * Tells the sidecar of a member or an invitation. Without a key, a real application writes only to its own database here.
 *
 * @param {(admin: typeof roleSets.admin) => Promise<unknown>} write
 */
async function tell(write) {
  if (hasKey) await write(roleSets.admin)
}

app.get('/status', (_req, res) => void res.json(roleSets.status()))

const jwks = JWKS_FILE === '' ? JWKS_URL : JSON.parse(read(JWKS_FILE))
app.use(authenticate({ issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, jwks }))
const managesMembers = requirePermission('org:sys_memberships:manage', { roleSets })

// The roles that can be granted in this organization, for a role picker.
app.get('/organizations/:organizationId/roles', availableRoles({ roleSets }))

// Adds a member. The sidecar checks the role again, in the transaction that writes.
app.post(
  '/organizations/:organizationId/memberships',
  managesMembers,
  express.json(),
  guardRoleGrant({ roleSets }),
  async (req, res) => {
    const { organizationId, roles } = roleGrantOf(req)
    const [role = ''] = roles
    await tell((admin) => admin.createMembership({ organizationId, userId: req.body.user_id, role }))
    res.status(201).json({ user_id: req.body.user_id, role })
  },
)

// Changes a member's role.
app.patch(
  '/organizations/:organizationId/memberships/:userId',
  managesMembers,
  express.json(),
  guardRoleGrant({ roleSets }),
  async (req, res) => {
    const { organizationId, roles } = roleGrantOf(req)
    const [role = ''] = roles
    await tell((admin) => admin.updateMembership({ organizationId, userId: String(req.params.userId), role }))
    res.json({ user_id: req.params.userId, role })
  },
)

// Invites several people at once: [{ email, role }, …]. If one role is not in the plan, all invitations are refused.
app.post(
  '/organizations/:organizationId/invitations',
  managesMembers,
  express.json(),
  guardRoleGrant({ roleSets }),
  async (req, res) => {
    const { organizationId } = roleGrantOf(req)
    const invitations = [req.body].flat().map(({ email, role }) => ({ emailAddress: email, role }))
    await tell((admin) => admin.createInvitations({ organizationId, invitations }))
    // A real application sends the e-mails here.
    res.status(202).json({ invited: invitations.length })
  },
)

// Only for analysts: the role in the caller's token counts only while the organization's plan offers it.
app.get('/organizations/:organizationId/reports', requireRole('org:analyst', { roleSets }), (_req, res) => {
  res.json({ reports: ['Visitors', 'Revenue'] })
})

/** @type {Record<string, number>} HTTP statuses for what the sidecar refuses. Other codes are failures. */
const statusOf = {
  ...{ invalid_argument: 400, invalid_field: 400, limit_exceeded: 400 },
  ...{ role_not_in_role_set: 403, membership_not_found: 404, membership_exists: 409, invitation_exists: 409 },
  ...{ organization_minimum_permissions_needed: 409 },
  ...{ unavailable: 503, deadline_exceeded: 503, not_serving: 503 },
}

/**
 * @param {unknown} error
 * @param {express.Request} _req
 * @param {express.Response} res
 * @param {express.NextFunction} next
 */
function answerRefusal(error, _req, res, next) {
  const status = isRoleSetsError(error) ? statusOf[error.code] : undefined
  if (isRoleSetsError(error) && status) res.status(status).json({ code: error.code, detail: error.message })
  else next(error)
}
app.use(answerRefusal, problems({ all: true }))

// From the start: as the first process of a container, it would ignore a signal that it doesn't listen for.
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort())
const closeClient = () => void roleSets.close()
stopping.signal.addEventListener('abort', closeClient)

await roleSets.ready({ timeoutMs: 30_000 })
const server = app.listen(Number(PORT), HOST, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(JSON.stringify({ ready: true, url: `http://${HOST}:${port}` }))
})
// From now on, the requests that run are finished first, because they need the client.
stopping.signal.removeEventListener('abort', closeClient)
stopping.signal.addEventListener('abort', () => server.close(closeClient))
