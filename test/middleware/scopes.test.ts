/** The option `scope`: what authorizes and what is granted is about a part of the organization. */

import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar, type FakeSidecar } from '@rolesets/client/testing'
import {
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  roleGrantOf,
  type Middleware,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const billing = { organizationId: 'org_acme', scope: 'product:billing' }
const crm = { organizationId: 'org_acme', scope: 'product:crm' }

/** A software house with two products. The caller of the tokens is user_1, an administrator of the organization. */
function softwareHouse(): FakeSidecar {
  const sidecar = createFakeSidecar({
    roles: {
      'org:admin': ['org:sys_memberships:manage', 'org:everything:do'],
      'org:member': [],
      'org:clerk': ['org:invoices:read'],
      'org:lead': ['org:sys_memberships:manage', 'org:invoices:read'],
      'org:seller': ['org:leads:read'],
    },
    roleSets: {
      'role_set:house': ['org:admin', 'org:member'],
      'role_set:billing': ['org:lead', 'org:clerk'],
      'role_set:crm': ['org:seller'],
    },
    organizations: { org_acme: 'role_set:house' },
    scopeKinds: { product: 'none' },
    members: { org_acme: { user_1: 'org:admin' } },
  })
  sidecar.assign('org_acme', 'role_set:billing', billing.scope)
  sidecar.assign('org_acme', 'role_set:crm', crm.scope)
  return sidecar
}

async function untilReceived(roleSets: RoleSetsClient, sidecar: FakeSidecar): Promise<void> {
  while (roleSets.status().revision !== sidecar.revision) await new Promise((resolve) => setImmediate(resolve))
}

const byQuery = (req: { readonly query: Readonly<Record<string, unknown>> }) => req.query['scope']

for (const [version, express] of expresses) {
  async function open(
    t: ExecutionContext,
    routes: (roleSets: RoleSetsClient) => Readonly<Record<string, Middleware[]>>,
  ) {
    const sidecar = softwareHouse()
    const roleSets = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 200 })
    t.teardown(() => roleSets.close())
    await roleSets.ready()
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks }), express.json())
    for (const [path, middlewares] of Object.entries(routes(roleSets)))
      app.post(path, ...middlewares, (req, res) => {
        res.status(200).json(path.endsWith('grant') ? roleGrantOf(req) : {})
      })
    app.use(problems({ onError: () => undefined }))
    const ask = await serve(t, app)
    const post = async (path: string, body: object = {}, claims: Record<string, unknown> = {}) =>
      ask(path, { token: await tokens.tokenOf({ claims: { sub: 'user_1', ...claims } }), body })
    return { sidecar, post, received: () => untilReceived(roleSets, sidecar) }
  }

  test(`an administrator of the organization is not let into a product without being a member there (${version})`, async (t) => {
    const { sidecar, post, received } = await open(t, (roleSets) => ({
      '/clerk': [requireRole(['org:clerk', 'org:lead'], { roleSets, scope: billing.scope })],
      '/admin': [requireRole('org:admin', { roleSets, scope: billing.scope })],
      '/read': [requirePermission('org:invoices:read', { roleSets, scope: billing.scope })],
      '/manage': [requirePermission('org:sys_memberships:manage', { roleSets, scope: billing.scope })],
      '/either': [requirePermission('org:sys_memberships:manage', { roleSets, scope: billing.scope, reach: 'EITHER' })],
    }))
    for (const path of ['/clerk', '/admin', '/read', '/manage']) {
      const answer = await post(path)
      t.is(answer.status, 403, path)
      t.like(answer.body, { code: 'membership_ended', organization: 'org_acme', scope: 'product:billing' })
    }
    t.is((await post('/either')).status, 200, 'where the reach says so, roles of the organization count')
    sidecar.setMember(billing, 'user_1', 'org:clerk')
    await received()
    t.is((await post('/clerk')).status, 200)
    t.is((await post('/read')).status, 200)
    t.is((await post('/admin')).body.code, 'role_withdrawn', 'the role is held elsewhere')
    const manage = await post('/manage')
    t.like(manage.body, { code: 'permission_required', roles: ['org:clerk'], scope: 'product:billing' })
    sidecar.setMember(billing, 'user_1', 'org:lead')
    await received()
    t.is((await post('/manage')).status, 200)
    sidecar.removeMember('org_acme', 'user_1')
    await received()
    for (const path of ['/clerk', '/read', '/manage', '/either']) t.is((await post(path)).body.code, 'membership_ended')
  })

  test(`roles of one product are nothing in another, and an extractor says which one it is about (${version})`, async (t) => {
    const { sidecar, post, received } = await open(t, (roleSets) => ({
      '/read': [requirePermission(['org:invoices:read', 'org:leads:read'], { roleSets, scope: byQuery })],
    }))
    sidecar.setMember(crm, 'user_1', 'org:seller')
    await received()
    t.is((await post('/read?scope=product:crm')).status, 200)
    t.is((await post('/read?scope=product:billing')).body.code, 'membership_ended')
  })

  for (const [what, query, code] of [
    ['nothing', '', 'scope_missing'],
    ['an empty text', '?scope=', 'scope_missing'],
    ['no kind', '?scope=billing', 'scope_invalid'],
    ['no name', '?scope=product:', 'scope_invalid'],
    ['a path', '?scope=product:a/b', 'scope_invalid'],
    ['a list', '?scope=product:a&scope=product:b', 'scope_invalid'],
    ['a kind in capitals', '?scope=Product:billing', 'scope_invalid'],
  ] as const) {
    test(`an extractor that finds ${what} refuses the request instead of asking about the organization (${version})`, async (t) => {
      const { post } = await open(t, (roleSets) => ({
        '/role': [requireRole('org:admin', { roleSets, scope: byQuery, reach: 'EITHER' })],
        '/grant': [guardRoleGrant({ roleSets, organization: () => 'org_acme', scope: byQuery })],
        '/list': [availableRoles({ roleSets, organization: () => 'org_acme', scope: byQuery })],
      }))
      for (const path of ['/role', '/grant', '/list']) {
        const answer = await post(`${path}${query}`, { role: 'org:member' })
        t.is(answer.status, 400, path)
        t.is(answer.body.code, code, path)
      }
    })
  }

  test(`a grant in a scope passes only with roles of the scope's set (${version})`, async (t) => {
    const { post } = await open(t, (roleSets) => {
      const organization = () => 'org_acme'
      return {
        '/grant': [guardRoleGrant({ roleSets, organization, scope: byQuery })],
        '/whole/grant': [guardRoleGrant({ roleSets, organization })],
        '/list': [availableRoles({ roleSets, organization, scope: byQuery })],
      }
    })
    const granted = await post('/grant?scope=product:billing', { roles: ['org:clerk', 'org:lead'] })
    t.like(granted.body, {
      allowed: true,
      organizationId: 'org_acme',
      scope: 'product:billing',
      roleSet: 'role_set:billing',
    })
    const refused = await post('/grant?scope=product:crm', { role: 'org:clerk' })
    t.is(refused.status, 403)
    t.like(refused.body, { code: 'role_not_in_set', scope: 'product:crm', role_set: 'role_set:crm' })
    t.false('scope' in (await post('/whole/grant', { role: 'org:member' })).body, 'without the option nothing changes')
    for (const [scope, reason] of [
      ['team:red', 'SCOPE_KIND_UNKNOWN'],
      ['product:new', 'SCOPE_UNASSIGNED'],
    ]) {
      const unknown = await post(`/grant?scope=${scope}`, { role: 'org:member' })
      t.is(unknown.status, 403)
      t.like(unknown.body, { code: 'scope_unknown', scope, reason })
      const { status, body } = await post(`/list?scope=${scope}`)
      t.is(status, 403)
      t.like(body, { code: 'scope_unknown', organization: 'org_acme', scope, reason, role_set: '' })
      t.is(body.revision, unknown.body.revision)
    }
    const list = await post('/list?scope=product:billing')
    t.like(list.body, { organization: 'org_acme', scope: 'product:billing', role_set: 'role_set:billing' })
    t.deepEqual(
      list.body.roles.map(({ key }: { key: string }) => key),
      ['org:clerk', 'org:lead'],
    )
  })

  test(`what was authorized in one scope is not granted in another, nor in the organization (${version})`, async (t) => {
    const organization = () => 'org_acme'
    const { sidecar, post, received } = await open(t, (roleSets) => {
      const lead = requirePermission('org:sys_memberships:manage', { roleSets, organization, scope: billing.scope })
      const admin = requirePermission('org:sys_memberships:manage', { roleSets, organization })
      return {
        '/own/grant': [lead, guardRoleGrant({ roleSets, organization, scope: byQuery })],
        '/whole/grant': [lead, guardRoleGrant({ roleSets, organization })],
        '/list': [lead, availableRoles({ roleSets, organization, scope: byQuery })],
        '/admin/grant': [admin, guardRoleGrant({ roleSets, organization, scope: byQuery })],
      }
    })
    sidecar.setMember(billing, 'user_1', 'org:lead')
    await received()
    t.is((await post('/own/grant?scope=product:billing', { role: 'org:clerk' })).status, 200)
    for (const path of ['/own/grant?scope=product:crm', '/whole/grant', '/list?scope=product:crm']) {
      const answer = await post(path, { role: path.startsWith('/whole') ? 'org:member' : 'org:seller' })
      t.is(answer.status, 403, path)
      t.is(answer.body.code, 'scope_mismatch', path)
    }
    t.is((await post('/admin/grant?scope=product:crm', { role: 'org:seller' })).status, 200)
  })

  test(`with subset a caller grants in a scope what they hold there now (${version})`, async (t) => {
    const organization = () => 'org_acme'
    const { sidecar, post, received } = await open(t, (roleSets) => ({
      '/grant': [guardRoleGrant({ roleSets, organization, scope: billing.scope, mayGrant: 'subset' })],
      '/either/grant': [
        guardRoleGrant({ roleSets, organization, scope: billing.scope, mayGrant: 'subset', reach: 'EITHER' }),
      ],
      '/whole/grant': [guardRoleGrant({ roleSets, organization, mayGrant: 'subset', membership: 'current' })],
    }))
    t.is((await post('/grant', { role: 'org:clerk' })).body.code, 'membership_ended')
    sidecar.setMember(billing, 'user_1', 'org:clerk')
    await received()
    t.is((await post('/grant', { role: 'org:clerk' })).status, 200)
    const exceeding = await post('/grant', { role: 'org:lead' })
    t.is(exceeding.status, 403)
    t.like(exceeding.body, { code: 'grant_exceeds_own', scope: 'product:billing', roles: ['org:lead'] })
    t.deepEqual(exceeding.body.permissions, ['org:sys_memberships:manage'])
    t.is(
      (await post('/either/grant', { role: 'org:lead' })).status,
      200,
      'the administrator of the organization has it',
    )
    t.is((await post('/whole/grant', { role: 'org:admin' })).status, 200)
    sidecar.setMember('org_acme', 'user_1', 'org:member')
    await received()
    t.is(
      (await post('/either/grant', { role: 'org:lead' })).body.code,
      'grant_exceeds_own',
      'the token still says admin',
    )
    t.is((await post('/whole/grant', { role: 'org:admin' })).body.code, 'grant_exceeds_own')
  })

  test(`the token's roles of a scope count where the application says where they are (${version})`, async (t) => {
    const rolesOf = (auth: { readonly claims: Readonly<Record<string, unknown>> }, scope: string) =>
      (auth.claims['scopes'] as Record<string, unknown> | undefined)?.[scope]
    const { post } = await open(t, (roleSets) => {
      const options = { roleSets, scope: byQuery, membership: 'token', rolesOf } as const
      return {
        '/role': [requireRole('org:clerk', options)],
        '/read': [requirePermission('org:invoices:read', options)],
      }
    })
    const claims = {
      scopes: { 'product:billing': ['org:lead', 'org:clerk'], 'product:crm': 'org:clerk', 'product:odd': [7] },
    }
    t.is((await post('/role?scope=product:billing', {}, claims)).status, 200)
    t.is((await post('/read?scope=product:billing', {}, claims)).status, 200)
    t.is((await post('/role?scope=product:crm', {}, claims)).body.code, 'role_withdrawn', 'not in the set of the scope')
    t.is(
      (await post('/role?scope=product:billing')).body.code,
      'role_required',
      "the organization's role is no role there",
    )
    t.is((await post('/read?scope=product:billing')).body.code, 'permission_required')
    t.is(
      (await post('/role?scope=product:odd', {}, claims)).status,
      500,
      'what is no role is a fault of the application',
    )
  })
}

for (const [what, options] of [
  ['token with a scope', { scope: 'product:billing', membership: 'token' }],
  ['a scope that is none', { scope: 'billing' }],
  ['an empty scope', { scope: '' }],
  ['a scope that is missing', { scope: undefined }],
  ['rolesOf without a scope', { rolesOf: () => [] }],
  ['rolesOf without token', { scope: 'product:billing', rolesOf: () => [] }],
  ['a reach without a scope', { reach: 'EITHER' }],
  ['a reach for the token', { scope: 'product:billing', membership: 'token', rolesOf: () => [], reach: 'EITHER' }],
  ['a reach that is none', { scope: 'product:billing', reach: 'ALL' }],
] as const) {
  test(`${what} is refused when the middleware is made`, (t) => {
    const sidecar = softwareHouse()
    const roleSets = createRoleSetsClient({ transport: sidecar.transport })
    t.teardown(() => roleSets.close())
    const all = { roleSets, ...options } as never
    for (const make of [
      () => requireRole('org:clerk', all),
      () => requirePermission('org:invoices:read', all),
      () => guardRoleGrant({ ...(all as object), mayGrant: 'subset' } as never),
    ])
      t.throws(make, { code: 'option_invalid' })
  })
}

test('a client that knows no members, and permissions of the token, are refused with a scope when the middleware is made', (t) => {
  const roleSets = createRoleSetsDouble()
  const scope = 'product:billing'
  t.throws(() => requireRole('org:clerk', { roleSets, scope }), { code: 'option_invalid', message: /checkMember/ })
  t.throws(() => guardRoleGrant({ roleSets, scope, mayGrant: 'subset' }), {
    code: 'option_invalid',
    message: /memberRoles/,
  })
  t.notThrows(() => guardRoleGrant({ roleSets, scope }))
  t.throws(() => requirePermission('org:a:b', { roleSets, scope, unknownPermissions: 'token' }), {
    code: 'option_invalid',
  })
  t.throws(() => guardRoleGrant({ roleSets, membership: 'current' }), { code: 'option_invalid', message: /mayGrant/ })
})
