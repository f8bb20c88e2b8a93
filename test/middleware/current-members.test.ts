/** `membership: 'current'`: what counts is what the caller holds now, whatever the token still says. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecar } from '@rolesets/client/testing'
import {
  authenticate,
  problems,
  requirePermission,
  requireRole,
  type RequirePermissionOptions,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

/** Waits until the client has received the sidecar's current revision. */
async function untilReceived(roleSets: RoleSetsClient, sidecar: FakeSidecar): Promise<void> {
  while (roleSets.status().revision !== sidecar.revision) await new Promise((resolve) => setImmediate(resolve))
}

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, options: Partial<RequirePermissionOptions> = {}, membershipsShown = true) {
    const sidecar = createFakeSidecar({
      roles: { 'org:admin': ['org:reports:write'], 'org:analyst': [], 'org:member': [] },
      roleSets: { 'role_set:pro': ['org:admin', 'org:analyst', 'org:member'] },
      organizations: { org_acme: 'role_set:pro' },
      members: { org_acme: { user_1: 'org:admin' } },
      membershipsShown,
    })
    const roleSets = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 100 })
    t.teardown(() => roleSets.close())
    await roleSets.ready()
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
    const all = { roleSets, membership: 'current', ...options } as const
    const { unknownPermissions: _unknown, ...forRoles } = all
    const routes = {
      '/admin': requireRole('org:admin', forRoles),
      '/any': requireRole(['org:analyst', 'org:admin'], forRoles),
      '/write': requirePermission('org:reports:write', all),
      '/either': requirePermission(['org:own:thing', 'org:reports:write'], all),
      '/token': requireRole('org:admin', { roleSets }),
      '/of/:organizationId': requireRole('org:admin', forRoles),
    }
    for (const [path, check] of Object.entries(routes))
      app.get(path, check, (_req, res) => {
        res.sendStatus(204)
      })
    app.use(problems())
    const ask = await serve(t, app)
    const askAs = async (path: string, claims: Record<string, unknown> = {}) =>
      ask(path, { token: await tokens.tokenOf({ claims: { sub: 'user_1', ...claims } }) })
    const received = () => untilReceived(roleSets, sidecar)
    return { sidecar, roleSets, askAs, received }
  }

  test(`a caller who holds the role passes, also if the token has another role or none (${version})`, async (t) => {
    const { askAs } = await open(t)
    for (const path of ['/admin', '/any', '/write', '/either', '/of/org_acme']) {
      t.is((await askAs(path)).status, 204, path)
      t.is((await askAs(path, { org_role: 'org:member' })).status, 204, path)
      t.is((await askAs(path, { org_role: undefined })).status, 204, path)
    }
  })

  test(`after a demotion no request passes, although the token still says otherwise (${version})`, async (t) => {
    // clerk/javascript#6815, captable#283: a demoted member kept power until the token ended.
    const { sidecar, askAs, received } = await open(t)
    t.is((await askAs('/admin')).status, 204)
    sidecar.setMember('org_acme', 'user_1', 'org:member')
    await received()
    for (const path of ['/admin', '/any', '/write', '/either', '/of/org_acme']) {
      const answer = await askAs(path)
      t.is(answer.status, 403, path)
      t.like(answer.body, { code: 'role_withdrawn', role: 'org:admin', organization: 'org_acme' }, path)
      t.deepEqual(answer.body.roles, ['org:member'])
      t.is(answer.body.revision, sidecar.revision)
    }
    t.is((await askAs('/token')).status, 204, 'by the token alone the role counts')
    t.is((await askAs('/admin', { org_role: 'org:member' })).body.code, 'role_required')
    t.is((await askAs('/write', { org_role: 'org:member' })).body.code, 'permission_required')
    sidecar.setMember('org_acme', 'user_1', 'org:admin')
    await received()
    t.is((await askAs('/admin')).status, 204)
  })

  test(`after a removal the caller is told that the membership has ended (${version})`, async (t) => {
    const { sidecar, askAs, received } = await open(t)
    sidecar.removeMember('org_acme', 'user_1')
    await received()
    for (const path of ['/admin', '/any', '/write', '/either']) {
      const answer = await askAs(path)
      t.is(answer.status, 403)
      t.like(answer.body, { code: 'membership_ended', organization: 'org_acme', title: 'Membership ended' })
    }
    t.is((await askAs('/admin', { sub: 'somebody_else' })).body.code, 'membership_ended')
    sidecar.removeOrganization('org_acme')
    await received()
    t.is((await askAs('/admin')).body.code, 'organization_unknown')
  })

  test(`without an answer of the sidecar the answer is 503 (${version})`, async (t) => {
    for (const trouble of ['goDown', 'stall'] as const) {
      const { sidecar, roleSets, askAs } = await open(t, { deadlineMs: 50 }, false)
      sidecar[trouble]()
      const answer = await askAs('/admin')
      t.is(answer.status, 503, roleSets.status().state)
      t.is(answer.body.code, 'decision_unavailable')
      t.is(answer.headers.get('retry-after'), '1')
    }
  })

  test(`without a key the sidecar is asked for each request, and a demotion counts all the same (${version})`, async (t) => {
    const { sidecar, askAs } = await open(t, {}, false)
    t.is((await askAs('/admin')).status, 204)
    const asked = () => sidecar.calls.filter(({ method }) => method === 'Decisions/CheckMember').length
    const before = asked()
    t.is((await askAs('/admin')).status, 204)
    t.is(asked(), before + 1)
    sidecar.setMember('org_acme', 'user_1', 'org:member')
    t.is((await askAs('/admin')).body.code, 'role_withdrawn')
  })

  test(`with a key a caller that is known costs no question (${version})`, async (t) => {
    const { sidecar, askAs } = await open(t)
    await askAs('/admin')
    const asked = sidecar.calls.length
    for (const path of ['/admin', '/any', '/write', '/of/org_acme']) t.is((await askAs(path)).status, 204)
    t.is(sidecar.calls.length, asked)
  })

  test(`a permission that the sidecar does not know counts by the token only while the caller holds the token's role (${version})`, async (t) => {
    const { sidecar, askAs, received } = await open(t, { unknownPermissions: 'token' })
    const claims = { org_role: 'org:member', org_permissions: ['org:own:thing'] }
    sidecar.setMember('org_acme', 'user_1', 'org:member')
    await received()
    t.is((await askAs('/either', claims)).status, 204)
    t.is((await askAs('/either', { ...claims, org_role: 'org:admin' })).body.code, 'role_withdrawn')
    t.is((await askAs('/either', { ...claims, org_role: undefined })).body.code, 'permission_required')
    sidecar.removeMember('org_acme', 'user_1')
    await received()
    t.is((await askAs('/either', claims)).body.code, 'membership_ended')
    const strict = await open(t)
    t.is((await strict.askAs('/either', claims)).status, 204, 'by org:reports:write of the role that is held')
  })
}

test('a client that cannot be asked about members is refused when the middleware is made', (t) => {
  const roleSets = createRoleSetsDouble()
  for (const make of [
    () => requireRole('org:admin', { roleSets, membership: 'current' }),
    () => requirePermission('org:a:b', { roleSets, membership: 'current' }),
  ])
    t.throws(make, { code: 'option_invalid', message: /checkMember/ })
  const wrong = 'now' as 'current'
  t.throws(() => requireRole('org:admin', { roleSets, membership: wrong }), { code: 'option_invalid' })
  t.notThrows(() => requireRole('org:admin', { roleSets, membership: 'token' }))
})

for (const [what, answer] of [
  ['is true', true],
  ['says yes for a reason that means no', { allowed: true, reason: 'ROLE_NOT_HELD' }],
  ['says yes with a reason that is not known', { allowed: true, reason: 'OF_COURSE' }],
  ['has no roles', { allowed: true, reason: 'MEMBER_HOLDS_ROLE', roles: undefined }],
  ['is a promise in the cache', Promise.resolve(true)],
] as const) {
  test(`an answer that ${what} decides nothing`, async (t) => {
    const [, express] = expresses[0]!
    const shape = { roles: ['org:admin'], roleSet: 'role_set:pro', revision: 'e:1', source: 'cache' }
    const given = typeof answer === 'object' && !(answer instanceof Promise) ? { ...shape, ...answer } : answer
    const cached = { checkMemberCached: () => given as never, checkMember: () => Promise.reject(new Error('No.')) }
    const asked = { checkMemberCached: () => undefined, checkMember: () => Promise.resolve(given as never) }
    const tokens = await openIssuer(t)
    for (const methods of [cached, asked]) {
      const roleSets = { ...createRoleSetsDouble(), ...methods }
      const app = express()
      app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
      app.get('/admin', requireRole('org:admin', { roleSets, membership: 'current' }), (_req, res) => {
        res.sendStatus(204)
      })
      app.use(problems())
      const ask = await serve(t, app)
      const reply = await ask('/admin', { token: await tokens.tokenOf({}) })
      t.is(reply.status, 503)
      t.is(reply.body.code, 'decision_unavailable')
    }
  })
}
