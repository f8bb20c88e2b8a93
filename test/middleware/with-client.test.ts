/** The middleware with the real client and the fake sidecar, which is changed, stopped and blocked. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecar } from '@rolesets/client/testing'
import {
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  roleGrantOf,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'

/** Waits until the client has received the sidecar's current revision. */
async function untilReceived(roleSets: RoleSetsClient, sidecar: FakeSidecar): Promise<void> {
  while (roleSets.status().revision !== sidecar.revision) await new Promise((resolve) => setImmediate(resolve))
}

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, maxStalenessMs = 5_000) {
    const sidecar = createFakeSidecar({
      roles: { 'org:admin': ['org:sys_memberships:manage'], 'org:member': [], 'org:analyst': [] },
      roleSets: {
        'role_set:free': ['org:admin', 'org:member'],
        'role_set:pro': ['org:admin', 'org:analyst', 'org:member'],
      },
      organizations: { org_acme: 'role_set:free' },
      unknownOrganizations: 'deny',
    })
    const roleSets = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 50, maxStalenessMs })
    t.teardown(() => roleSets.close())
    await roleSets.ready()
    const tokens = await openIssuer(t)
    const token = await tokens.tokenOf({ claims: { org_permissions: ['org:own:thing'] } })
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
    app.get('/:organizationId/roles', availableRoles({ roleSets, crossOrganization: true }))
    app.get('/own', requirePermission('org:own:thing', { roleSets, unknownPermissions: 'token' }), (_req, res) => {
      res.sendStatus(204)
    })
    app.post(
      '/:organizationId',
      express.json(),
      requirePermission('org:sys_memberships:manage', { roleSets, crossOrganization: true }),
      guardRoleGrant({ roleSets, crossOrganization: true }),
      (req, res) => {
        res.status(201).json(roleGrantOf(req))
      },
    )
    app.use(problems())
    const ask = await serve(t, app)
    return {
      sidecar,
      roleSets,
      grant: (body: unknown, organization = 'org_acme') => ask(`/${organization}`, { token, body }),
      get: (path: string) => ask(path, { token }),
    }
  }

  test(`a grant is refused, the organization moves to another set, and the grant is accepted (${version})`, async (t) => {
    const { sidecar, roleSets, grant } = await open(t)
    const refused = await grant({ roles: ['org:member', 'org:analyst'] })
    t.is(refused.status, 403)
    t.deepEqual(refused.body.roles, ['org:analyst'])
    t.is(refused.body.role_set, 'role_set:free')
    sidecar.assign('org_acme', 'role_set:pro')
    await untilReceived(roleSets, sidecar)
    const accepted = await grant({ roles: ['org:member', 'org:analyst'] })
    t.is(accepted.status, 201)
    t.is(accepted.body.revision, sidecar.revision)
  })

  test(`a role and a permission that are taken away stop counting (${version})`, async (t) => {
    const { sidecar, roleSets, grant, get } = await open(t)
    t.is((await grant({ role: 'org:member' })).status, 201)
    sidecar.setRole('org:admin', [])
    await untilReceived(roleSets, sidecar)
    t.is((await grant({ role: 'org:member' })).body.code, 'permission_required')
    t.is((await get('/own')).status, 204, 'a permission that only the token lists')
    sidecar.setRoleSet('role_set:free', ['org:member'])
    await untilReceived(roleSets, sidecar)
    t.is((await grant({ role: 'org:member' })).body.code, 'role_withdrawn')
    t.is((await get('/own')).body.code, 'role_withdrawn')
  })

  test(`a permission or a role that is renamed or deleted stops counting, although the token lists it (${version})`, async (t) => {
    const { sidecar, roleSets, grant, get } = await open(t)
    t.is((await get('/own')).status, 204, 'a permission that the sidecar has never known')
    sidecar.setRole('org:admin', ['org:sys_memberships:manage', 'org:own:thing'])
    sidecar.rename('org:own:thing', 'org:own:matter')
    await untilReceived(roleSets, sidecar)
    t.is((await get('/own')).body.code, 'permission_required')
    t.is((await grant({ role: 'org:admin' })).status, 201)
    sidecar.rename('org:admin', 'org:boss')
    await untilReceived(roleSets, sidecar)
    t.is((await get('/own')).body.code, 'role_withdrawn')
    t.is((await grant({ role: 'org:member' })).body.code, 'role_withdrawn')
    sidecar.removeRole('org:boss')
    await untilReceived(roleSets, sidecar)
    t.is((await get('/own')).body.code, 'role_withdrawn')
    sidecar.removeOrganization('org_acme')
    await untilReceived(roleSets, sidecar)
    t.is((await get('/own')).body.code, 'organization_unknown')
  })

  test(`a decision from the cache needs no call to the sidecar (${version})`, async (t) => {
    const { sidecar, grant } = await open(t)
    await grant({ role: 'org:member' })
    const asked = sidecar.calls.length
    for (const role of ['org:member', 'org:admin', 'org:analyst', 'org:nobody']) await grant({ role })
    await grant({ roles: ['org:member', 'org:admin'] })
    t.is(sidecar.calls.length, asked)
  })

  for (const trouble of ['goDown', 'stall'] as const) {
    test(`when the cache is too old and the sidecar does not answer, the answer is 503: ${trouble} (${version})`, async (t) => {
      const { sidecar, roleSets, grant, get } = await open(t, 50)
      t.is((await grant({ role: 'org:member' })).status, 201)
      sidecar[trouble]()
      while (roleSets.status().state === 'fresh') await new Promise((resolve) => setImmediate(resolve))
      for (const body of [{ role: 'org:member' }, { roles: ['org:member', 'org:admin'] }]) {
        const answer = await grant(body)
        t.is(answer.status, 503)
        t.is(answer.body.code, 'decision_unavailable')
        t.is(answer.headers.get('retry-after'), '1')
      }
      const list = await get('/org_acme/roles')
      t.is(list.status, 200)
      t.is(list.body.stale, true, 'an outdated list says that it is stale')
    })
  }

  test(`a client that is closed decides nothing (${version})`, async (t) => {
    const { roleSets, grant } = await open(t)
    t.is((await grant({ role: 'org:member' })).status, 201)
    await roleSets.close()
    t.is((await grant({ role: 'org:member' })).status, 503)
    t.is((await grant({ roles: ['org:member', 'org:admin'] })).status, 503)
  })

  test(`an unknown organization has another code than a malformed one (${version})`, async (t) => {
    const { grant, get } = await open(t)
    t.is((await grant({ role: 'org:member' }, 'org_nobody')).body.code, 'organization_unknown')
    t.is((await grant({ roles: ['org:member', 'org:x'] }, 'org_nobody')).body.code, 'organization_unknown')
    t.is((await get('/org_nobody/roles')).body.code, 'organization_unknown')
  })

  test(`ids and keys of the maximum length are accepted (${version})`, async (t) => {
    const { grant } = await open(t)
    for (const role of ['x'.repeat(255), 'org:größe', '\u{1f600}'.repeat(127), 'a b', '"', '\u202e']) {
      t.is((await grant({ role })).body.code, 'role_not_in_set', role)
    }
    t.is((await grant({ role: 'org:member' }, encodeURIComponent('ü'.repeat(255)))).body.code, 'organization_unknown')
  })
}
