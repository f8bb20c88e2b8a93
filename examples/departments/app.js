// The application manages the staff of the departments of hospitals. A department is a scope of the hospital: it has members and
// roles of its own. What a caller holds in a department is asked at each request, from memory, so the token only says who the
// caller is.

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
  requireRole,
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

/** @param {Readonly<Record<string, any>>} token of the hospital's identity provider. It has no roles. */
const claims = ({ sub, hospital }) => ({ userId: sub, organizationId: hospital })
app.use(authenticate({ issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, jwks: JWKS_URL, claims }))

/** @param {{ params: Readonly<Record<string, unknown>> }} req */
const organization = (req) => req.params.hospitalId
/** @param {{ params: Readonly<Record<string, unknown>> }} req */
const scope = (req) => `department:${req.params.department}`

// In the department itself. Roles that the caller holds in the hospital as a whole don't count here.
const here = { roleSets, organization, scope }
const writesCharts = requirePermission('org:charts:write', here)
const isHead = requireRole('org:department_head', here)

// The hospital's director manages the staff of every department, also without being a member of it. Nobody gives a permission
// that they don't have.
const above = /** @type {const} */ ({ ...here, reach: 'EITHER' })
const managesStaff = requirePermission('org:sys_memberships:manage', above)
const guard = guardRoleGrant({ ...above, mayGrant: 'subset' })

const department = '/hospitals/:hospitalId/departments/:department'

app.get(`${department}/roles`, availableRoles(here))

// A member of a department has one role or several: { user_id, roles: […] }. The sidecar checks in the transaction of the write
// what the guard has checked, because `actingUserId` names the caller.
app.post(`${department}/staff`, managesStaff, express.json(), guard, async (req, res) => {
  const { roles } = roleGrantOf(req)
  const { membership } = await roleSets.admin.createMembership({ ...memberOf(req, req.body.user_id), roles })
  res.status(201).json({ user_id: membership.userId, roles: membership.roles })
})

app.patch(`${department}/staff/:userId`, managesStaff, express.json(), guard, async (req, res) => {
  const { roles } = roleGrantOf(req)
  const { membership } = await roleSets.admin.updateMembership({ ...memberOf(req, req.params.userId), roles })
  res.json({ user_id: membership.userId, roles: membership.roles })
})

app.delete(`${department}/staff/:userId`, managesStaff, async (req, res) => {
  await roleSets.admin.deleteMembership(memberOf(req, req.params.userId))
  res.json({ user_id: req.params.userId, roles: [] })
})

app.get(`${department}/charts`, writesCharts, (_req, res) => void res.json({ charts: ['Bed 1', 'Bed 2'] }))
app.get(`${department}/roster`, isHead, (_req, res) => void res.json({ monday: 'Noor', tuesday: 'Cara' }))

/**
 * The membership that a request is about, and the caller, for whom it is written.
 *
 * @param {express.Request} req
 * @param {unknown} userId
 */
function memberOf(req, userId) {
  const { hospitalId } = req.params
  return { organizationId: String(hospitalId), scope: scope(req), userId: String(userId), actingUserId: callerOf(req) }
}

/** `authenticate` has run, so there is a caller. @param {express.Request} req */
function callerOf(req) {
  return /** @type {import('@rolesets/express').Auth} */ (authOf(req)).userId
}

/** @type {Record<string, number>} HTTP statuses for what the sidecar refuses. Other codes are failures. */
const statusOf = {
  ...{ invalid_argument: 400, invalid_field: 400, limit_exceeded: 400 },
  ...{ role_not_in_role_set: 403, grant_exceeds_own: 403, user_lacks_permission: 403 },
  ...{ membership_not_found: 404, membership_exists: 409, organization_membership_missing: 409 },
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
