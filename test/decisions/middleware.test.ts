/**
 * The decision table through the middleware, with the real client and sidecar. A question without a permission is asked
 * as a grant of the role, a question with a permission as a request of a caller with the role.
 */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { authenticate, guardRoleGrant, problems, requirePermission, roleGrantOf, type Auth } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { expresses, serve, type Answer, type Express } from '../middleware/application.ts'
import { audience, issuer, openIssuer } from '../middleware/issuer.ts'
import { describe } from './described.ts'
import { invalidRows, rowsFor, type DecisionRow } from './table.ts'

type Asked = Pick<DecisionRow, 'organization' | 'scope' | 'role' | 'by' | 'permission' | 'permissionBy'>

/** The codes of the middleware for each refusing reason. */
const codes = {
  SCOPE_KIND_UNKNOWN: { grant: 'scope_unknown', permission: 'scope_unknown' },
  SCOPE_UNASSIGNED: { grant: 'scope_unknown', permission: 'scope_unknown' },
  ROLE_NOT_IN_SET: { grant: 'role_not_in_set', permission: 'role_withdrawn' },
  ROLE_UNKNOWN: { grant: 'role_not_in_set', permission: 'role_withdrawn' },
  ORGANIZATION_UNKNOWN: { grant: 'organization_unknown', permission: 'organization_unknown' },
  PERMISSION_NOT_IN_ROLE: { grant: '', permission: 'permission_required' },
  PERMISSION_UNKNOWN: { grant: '', permission: 'permission_required' },
} as const

for (const [version, express] of expresses) {
  for (const setting of ['initial', 'deny'] as const) {
    test(`through the middleware, with unknown organizations set to ${setting}, each question has its answer (${version})`, async (t) => {
      const { target } = await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: setting })
      const roleSets = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000, maxStalenessMs: 60_000 })
      t.teardown(() => roleSets.close())
      await roleSets.ready()
      await describe(roleSets)
      const ask = await openApplication(t, express(), roleSets)
      for (const round of ['cold', 'from memory']) {
        for (const row of rowsFor(setting)) {
          compare(t, row, await ask(row, 'deny'), round)
          // The token lists the permission. Where the application asks for it, this counts for those never known.
          const byToken = row.allowed || (row.reason === 'PERMISSION_UNKNOWN' && !row.retired)
          // With a scope the token can't say it, because it has the permissions of the organization.
          if (row.permission !== undefined && row.scope === undefined)
            compare(t, { ...row, allowed: byToken }, await ask(row, 'token'), round)
        }
      }
      for (const row of invalidRows) {
        const asked = { ...row, by: 'key', permission: undefined, permissionBy: 'key' } as const
        const answer = await ask(asked, 'deny')
        t.is(answer.status, 400, row.title)
        t.is(answer.body.code, 'scope_invalid', row.title)
      }
    })
  }

  async function openApplication(t: ExecutionContext, app: Express, roleSets: RoleSetsClient) {
    const tokens = await openIssuer(t)
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, required: false }))
    app.post('/grants/:organizationId', express.json(), guardRoleGrant({ roleSets }), (req, res) => {
      res.json({ role_set: roleGrantOf(req).roleSet })
    })
    const scope = (req: object) => new URL(String((req as { url: string }).url), 'http://x').searchParams.get('scope')
    app.post('/scopes/:organizationId', express.json(), guardRoleGrant({ roleSets, scope }), (req, res) => {
      res.json({ role_set: roleGrantOf(req).roleSet })
    })
    app.get('/permissions/:permission/:unknownPermissions', (req, res, next) => {
      const { permission, unknownPermissions } = req.params as {
        permission: string
        unknownPermissions: 'deny' | 'token'
      }
      // The tokens of this test have the role in the scope that they are about.
      const inScope = { scope, membership: 'token', rolesOf: ({ claims }: Auth) => claims['org_role'] } as const
      const options = scope(req) === null ? { unknownPermissions } : inScope
      const required = requirePermission(permission, { roleSets, ...options })
      required(req, res, (error) => (error ? next(error) : res.json({})))
    })
    app.use(problems())
    const ask = await serve(t, app)
    return async (row: Asked, unknownPermissions: 'deny' | 'token'): Promise<Answer> => {
      const { organization, scope, role, by, permission, permissionBy } = row
      const query = scope === undefined ? '' : `?scope=${encodeURIComponent(scope)}`
      const name = by === 'id' ? (await roleSets.admin.getRole({ role })).role.id : role
      const grants = scope === undefined ? 'grants' : 'scopes'
      if (permission === undefined)
        return ask(`/${grants}/${encodeURIComponent(organization)}${query}`, { body: { role: name } })
      const byId = permissionBy === 'id'
      const required = byId ? (await roleSets.admin.getPermission({ permission })).permission.id : permission
      const claims = { org_id: organization, org_role: name, org_permissions: [required] }
      return ask(`/permissions/${encodeURIComponent(required)}/${unknownPermissions}${query}`, {
        token: await tokens.tokenOf({ claims }),
      })
    }
  }
}

function compare(t: ExecutionContext, row: DecisionRow, answer: Answer, round: string): void {
  const title = `${row.title}, ${round}`
  t.is(answer.status, row.allowed ? 200 : 403, title)
  const kind = row.permission === undefined ? 'grant' : 'permission'
  if (!row.allowed && row.reason !== 'ROLE_IN_SET') t.is(answer.body.code, codes[row.reason][kind], title)
  if (kind === 'grant' || !row.allowed) t.is(answer.body.role_set, row.roleSet, title)
}
