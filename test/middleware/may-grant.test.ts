/** `mayGrant: 'subset'`: a caller grants only roles whose permissions are all among the caller's own. */

import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import {
  authenticate,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
  roleGrantOf,
  type CallerClaims,
  type GuardDecision,
  type GuardRoleGrantOptions,
  type RoleSets,
} from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import type { RequestHandler } from 'express'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'
import { clientError, createRoleSetsDouble } from './role-sets-double.ts'

const path = '/organizations/org_acme/memberships'

/** What each role has; org:gone is in no set. */
const roles = {
  'org:admin': ['org:sys_memberships:manage', 'org:sys_billing:manage', 'org:reports:read'],
  'org:lead': ['org:sys_memberships:manage', 'org:reports:read'],
  'org:reader': ['org:reports:read'],
  'org:biller': ['org:sys_billing:manage'],
  'org:guest': [],
  'org:gone': ['org:sys_billing:manage'],
}

async function openClient(t: ExecutionContext) {
  const offered = Object.keys(roles).filter((key) => key !== 'org:gone')
  const sidecar = createFakeSidecar({
    roles,
    roleSets: { 'role_set:all': offered, 'role_set:small': ['org:admin', 'org:reader', 'org:gone'] },
    organizations: { org_acme: 'role_set:all', org_small: 'role_set:small' },
  })
  const client = createRoleSetsClient({ transport: sidecar.transport })
  t.teardown(() => client.close())
  await client.ready()
  return { sidecar, client }
}

interface Opening extends Partial<GuardRoleGrantOptions> {
  readonly claims?: (claims: Readonly<Record<string, unknown>>) => CallerClaims
}

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext, roleSets: RoleSets, { claims, ...options }: Opening = {}) {
    const tokens = await openIssuer(t)
    const app = express()
    const decisions: GuardDecision[] = []
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, ...(claims && { claims }), required: false }))
    const onDecision = (decision: GuardDecision) => decisions.push(decision)
    const guard = guardRoleGrant({ roleSets, mayGrant: 'subset', onDecision, ...options })
    app.post('/organizations/:organizationId/memberships', express.json(), guard, (req, res) => {
      res.status(201).json(roleGrantOf(req))
    })
    app.use(problems({ onError: () => {} }))
    const ask = await serve(t, app)
    const grant = async (role: string | readonly string[], own: Readonly<Record<string, unknown>>, to = path) =>
      ask(to, { token: await tokens.tokenOf({ claims: own }), body: { roles: [role].flat() } })
    return { ask, grant, decisions }
  }

  test(`roles within the caller's own are granted, and others are refused with the permissions by name (${version})`, async (t) => {
    const { client } = await openClient(t)
    const { grant, decisions } = await open(t, client)
    const lead = { org_role: 'org:lead' }
    for (const role of ['org:lead', 'org:reader', 'org:guest', ['org:lead', 'org:guest']])
      t.is((await grant(role, lead)).status, 201)
    const refused = await grant(['org:reader', 'org:admin', 'org:biller'], lead)
    t.is(refused.status, 403)
    t.like(refused.body, {
      ...{ type: 'urn:rolesets:problem:grant_exceeds_own', code: 'grant_exceeds_own', organization: 'org_acme' },
      ...{ roles: ['org:admin', 'org:biller'], permissions: ['org:sys_billing:manage'], permission_count: 1 },
      role_set: 'role_set:all',
    })
    t.regex(refused.body.detail, /can't grant "org:admin", "org:biller", .*: org:sys_billing:manage\.$/)
    t.like(decisions.at(-1), { outcome: 'refused', error: { code: 'grant_exceeds_own' } })
    t.is((await grant('org:admin', { org_role: 'org:admin' })).status, 201)
  })

  test(`all roles of a token count together, and a role that is not in the role set counts for nothing (${version})`, async (t) => {
    const { client } = await openClient(t)
    const claims: Opening['claims'] = ({ sub, own }) => {
      return { userId: String(sub), organizationId: 'org_acme', roles: own as string[] }
    }
    const { grant } = await open(t, client, { claims })
    const granted = async (own: readonly string[]) => (await grant('org:admin', { own })).status
    t.is(await granted(['org:lead', 'org:biller']), 201)
    t.is(await granted(['org:biller', 'org:lead']), 201)
    t.is(await granted(['org:lead']), 403)
    t.is(await granted(['org:lead', 'org:gone']), 403)
    t.is(await granted(['org:lead', 'org:unheard_of']), 403)
    t.is(await granted([]), 403)
  })

  test(`requirements count each role of a token that is in the role set (${version})`, async (t) => {
    const { client } = await openClient(t)
    const tokens = await openIssuer(t)
    const app = express()
    const claims: Opening['claims'] = ({ sub, own }) => {
      return { userId: String(sub), organizationId: 'org_acme', roles: own as string[] }
    }
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, claims }))
    const done: RequestHandler = (_req, res) => void res.sendStatus(204)
    app.get('/role', requireRole(['org:lead', 'org:gone'], { roleSets: client }), done)
    app.get('/permission', requirePermission('org:sys_billing:manage', { roleSets: client }), done)
    app.use(problems({ onError: () => {} }))
    const ask = await serve(t, app)
    const answers = async (...own: string[]) => {
      const token = await tokens.tokenOf({ claims: { own } })
      const found = await Promise.all(['/role', '/permission'].map((each) => ask(each, { token })))
      return found.map(({ status, body }) => (status === 204 ? 'yes' : (body.code as string)))
    }
    t.deepEqual(await answers('org:reader', 'org:lead'), ['yes', 'permission_required'])
    t.deepEqual(await answers('org:reader', 'org:biller'), ['role_required', 'yes'])
    t.deepEqual(await answers('org:gone', 'org:lead', 'org:biller'), ['yes', 'yes'])
    t.deepEqual(await answers('org:gone'), ['role_withdrawn', 'role_withdrawn'])
    t.deepEqual(await answers('org:gone', 'org:guest'), ['role_withdrawn', 'permission_required'])
    t.deepEqual(await answers(), ['organization_required', 'organization_required'])
  })

  test(`permissions that only the token lists don't count: the sidecar says what a role has (${version})`, async (t) => {
    const { client } = await openClient(t)
    const { grant } = await open(t, client)
    const own = { org_role: 'org:lead', org_permissions: ['org:sys_billing:manage', 'org:made:up'] }
    t.is((await grant('org:biller', own)).body.code, 'grant_exceeds_own')
  })

  test(`a role that loses a permission can no longer grant it (${version})`, async (t) => {
    const { client, sidecar } = await openClient(t)
    const { grant } = await open(t, client)
    t.is((await grant('org:reader', { org_role: 'org:lead' })).status, 201)
    await client.admin.updateRole({ role: 'org:lead', permissions: ['org:sys_memberships:manage'] })
    t.truthy(sidecar.revision)
    t.is((await grant('org:reader', { org_role: 'org:lead' })).body.code, 'grant_exceeds_own')
  })

  test(`without a token, an active organization or a role, nothing is granted (${version})`, async (t) => {
    const { client } = await openClient(t)
    const { ask, grant } = await open(t, client)
    t.is((await ask(path, { body: { role: 'org:guest' } })).status, 401)
    t.is((await grant('org:guest', { org_id: undefined, org_role: undefined })).body.code, 'organization_required')
    t.is((await grant('org:guest', { org_role: undefined })).body.code, 'organization_required')
    const elsewhere = await grant('org:reader', {}, '/organizations/org_small/memberships')
    t.is(elsewhere.body.code, 'organization_mismatch')
  })

  test(`what is stale, malformed or not there is 503, and never a yes (${version})`, async (t) => {
    const double = createRoleSetsDouble()
    const listing = await double.availableRoles('org_acme')
    const answers: readonly (() => unknown)[] = [
      () => ({ ...listing, stale: true }),
      () => ({ ...listing, stale: undefined }),
      () => ({ ...listing, roles: [] }),
      () => ({ ...listing, roles: listing.roles.map((role) => ({ ...role, permissions: undefined })) }),
      () => undefined,
      () => true,
      () => Promise.reject(clientError('unavailable')),
      () => {
        throw new TypeError('x is not a function')
      },
    ]
    for (const answer of answers) {
      // Not an async function: what is thrown synchronously must be thrown here.
      const availableRoles = (() => {
        const answered = answer()
        return answered instanceof Promise ? answered : Promise.resolve(answered)
      }) as RoleSets['availableRoles']
      const { grant, decisions } = await open(t, { ...double, availableRoles })
      const { status, headers, body } = await grant('org:member', {})
      t.deepEqual([status, body.code], [503, 'decision_unavailable'], String(answer))
      t.is(headers.get('retry-after'), '1')
      t.is(decisions[0]?.outcome, 'undecided')
    }
    double.listings.stale = false
    const { grant } = await open(t, double)
    t.is((await grant('org:member', {})).body.code, 'grant_exceeds_own')
  })

  test(`in the mode report a grant beyond the own is let through and reported (${version})`, async (t) => {
    const { client } = await openClient(t)
    const { grant, decisions } = await open(t, client, { mode: 'report' })
    t.like((await grant('org:admin', { org_role: 'org:lead' })).body, { allowed: false })
    t.like(decisions[0], { outcome: 'refused', error: { code: 'grant_exceeds_own' } })
  })

  test(`by default every role of the role set is granted, as before (${version})`, async (t) => {
    const { client } = await openClient(t)
    for (const options of [{ mayGrant: undefined }, { mayGrant: 'any' as const }]) {
      const { ask, grant } = await open(t, client, options)
      t.is((await grant('org:admin', { org_role: 'org:guest' })).status, 201)
      t.is((await ask(path, { body: { role: 'org:admin' } })).status, 201)
    }
  })
}

test('the option is checked when the guard is made', (t) => {
  const roleSets = createRoleSetsDouble()
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ mayGrant: 'own' }, /"mayGrant" must be 'any' or 'subset'/],
    [{ mayGrant: true }, /"mayGrant" must be/],
    [{ maygrant: 'subset' }, /did you mean "mayGrant"/],
    [{ mayGrant: 'subset', crossOrganization: true }, /"mayGrant" can't be 'subset' with "crossOrganization"/],
  ]
  for (const [options, message] of wrong) {
    const error = t.throws(() => guardRoleGrant({ roleSets, ...options }))
    t.like(error, { code: 'option_invalid' })
    t.regex(error?.message ?? '', message)
  }
  t.notThrows(() => guardRoleGrant({ roleSets, mayGrant: 'any', crossOrganization: true }))
})
