/** The list of roles for a role picker. */

import { authenticate, availableRoles, problems, type AvailableRolesOptions } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { clientError, createRoleSetsDouble } from './role-sets-double.ts'

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<AvailableRolesOptions> = {}) {
    const tokens = await openIssuer(t)
    const roleSets = createRoleSetsDouble()
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, required: false }))
    app.get('/organizations/:organizationId/roles', availableRoles({ roleSets, ...options }))
    app.use(problems())
    return { roleSets, tokens, ask: await serve(t, app) }
  }

  test(`the list has everything that a role picker needs (${version})`, async (t) => {
    const { ask, tokens } = await open(t)
    const answer = await ask('/organizations/org_acme/roles', { token: await tokens.tokenOf() })
    t.is(answer.status, 200)
    t.is(answer.headers.get('content-type'), 'application/json')
    t.is(answer.headers.get('cache-control'), 'private, no-cache')
    const permissions = ['org:sys_memberships:manage', 'org:reports:read']
    t.deepEqual(answer.body, {
      organization: 'org_acme',
      roles: [
        { id: 'role_org:admin', key: 'org:admin', name: 'org:admin', description: '', permissions },
        {
          id: 'role_org:member',
          key: 'org:member',
          name: 'org:member',
          description: '',
          permissions: ['org:sys_memberships:read'],
        },
      ],
      default_role: 'org:member',
      creator_role: 'org:admin',
      role_set: 'role_set:org_acme',
      revision: 'epoch:1',
      stale: false,
    })
  })

  test(`a list that may be outdated has stale: true (${version})`, async (t) => {
    const { ask, roleSets } = await open(t)
    roleSets.listings.stale = true
    t.is((await ask('/organizations/org_acme/roles')).body.stale, true)
  })

  test(`a function can find the organization, and an unknown organization is refused (${version})`, async (t) => {
    const { ask, roleSets } = await open(t, { organization: (req) => req.query['of'] })
    t.is((await ask('/organizations/x/roles?of=org_pro')).body.organization, 'org_pro')
    t.is((await ask('/organizations/x/roles')).body.code, 'organization_missing')
    t.is((await ask('/organizations/x/roles?of=a&of=b')).body.code, 'organization_invalid')
    roleSets.availableRoles = () => Promise.reject(clientError('organization_not_found'))
    const unknown = await ask('/organizations/x/roles?of=org_nobody')
    t.is(unknown.status, 403)
    t.is(unknown.body.code, 'organization_unknown')
  })
}
