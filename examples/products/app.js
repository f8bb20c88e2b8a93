// Two products in one organization. A product is a scope of the organization: it has members and roles of its own, and its roles
// don't exist in the other product. An administrator of the organization has no role in a product without being a member of it.

import { readFileSync } from 'node:fs'
import express from 'express'
import { createRoleSetsClient, isRoleSetsError } from '@rolesets/client'
import {
  authenticate,
  authOf,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  roleGrantOf,
} from '@rolesets/express'

const { PORT, ROLESETS_TARGET = '', ROLESETS_KEY_FILE = '' } = process.env
const { TOKEN_ISSUER = '', TOKEN_AUDIENCE = '', JWKS_URL = '' } = process.env

const roleSets = createRoleSetsClient({
  target: ROLESETS_TARGET,
  key: readFileSync(ROLESETS_KEY_FILE, 'utf8').trim(),
  deadlineMs: 5_000,
})
const app = express()

app.get('/status', (_req, res) => void res.json(roleSets.status()))
app.use(authenticate({ issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, jwks: JWKS_URL }))

// The organization as a whole. What the caller holds now counts, so a guest who was an administrator is refused at once.
const managesOrganization = requirePermission('org:sys_memberships:manage', { roleSets, membership: 'current' })
const readsMembers = requirePermission('org:sys_memberships:read', { roleSets, membership: 'current' })

app.get('/organizations/:organizationId/members', readsMembers, async (req, res) => {
  const { memberships } = await roleSets.admin.listMemberships({ organizationId: String(req.params.organizationId) })
  res.json({ members: memberships.map(({ userId, role }) => ({ user_id: userId, role })) })
})

// Whoever leaves the organization leaves its products, in the same write.
app.delete('/organizations/:organizationId/members/:userId', managesOrganization, async (req, res) => {
  const organizationId = String(req.params.organizationId)
  const userId = String(req.params.userId)
  await roleSets.admin.deleteMembership({ organizationId, userId, actingUserId: callerOf(req) })
  res.json({ user_id: userId })
})

/** @param {{ params: Readonly<Record<string, unknown>> }} req */
const scope = (req) => `product:${req.params.product}`
const product = '/organizations/:organizationId/products/:product'

// With a scope, what the caller holds in it now counts, and nothing else.
const managesProduct = requirePermission('org:sys_memberships:manage', { roleSets, scope })
const guard = guardRoleGrant({ roleSets, scope, mayGrant: 'subset' })

app.get(`${product}/roles`, availableRoles({ roleSets, scope }))

// Who isn't in the organization yet becomes a guest of it, which gives no permission. The application does this itself, without an
// acting user: the manager of a product does not manage the organization.
app.post(`${product}/members`, managesProduct, express.json(), guard, async (req, res) => {
  const { organizationId, roles } = roleGrantOf(req)
  const member = { organizationId, userId: String(req.body.user_id) }
  await roleSets.admin.createMembership({ ...member, role: 'org:guest' }).catch(unlessMember)
  const { membership } = await roleSets.admin.createMembership({
    ...{ ...member, scope: scope(req), roles },
    actingUserId: callerOf(req),
  })
  res.status(201).json({ user_id: membership.userId, role: membership.role })
})

const readsInvoices = requirePermission('org:invoices:read', { roleSets, scope: 'product:billing' })
app.get(
  '/organizations/:organizationId/invoices',
  readsInvoices,
  (_req, res) => void res.json({ invoices: ['2026-001'] }),
)

const readsContacts = requirePermission('org:contacts:read', { roleSets, scope: 'product:crm' })
app.get(
  '/organizations/:organizationId/contacts',
  readsContacts,
  (_req, res) => void res.json({ contacts: ['Initech'] }),
)

/** @param {unknown} error */
function unlessMember(error) {
  if (!isRoleSetsError(error) || error.code !== 'membership_exists') throw error
}

/** `authenticate` has run, so there is a caller. @param {express.Request} req */
function callerOf(req) {
  return /** @type {import('@rolesets/express').Auth} */ (authOf(req)).userId
}

/** @type {Record<string, number>} HTTP statuses for what the sidecar refuses. Other codes are failures. */
const statusOf = {
  ...{ invalid_argument: 400, invalid_field: 400, limit_exceeded: 400 },
  ...{ role_not_in_role_set: 403, grant_exceeds_own: 403, user_lacks_permission: 403 },
  ...{ membership_not_found: 404, membership_exists: 409 },
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

await roleSets.ready({ timeoutMs: 30_000 })
const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` }))
})

// The requests that run are finished first, because they need the client.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => void roleSets.close()))
