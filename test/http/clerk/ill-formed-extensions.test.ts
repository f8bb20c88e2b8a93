/**
 * The extensions of Clerk's API for scopes, several roles, ends and acting users: what can't be is refused as the caller's
 * fault, with the name of the parameter, and changes nothing.
 */

import test from 'ava'
import { openHospital } from './open-hospital.ts'

const long = 'x'.repeat(300)
const scopes = [
  ...['pharmacy', ':a', 'department:', 'Department:a', 'department: a', 'department:a ', 'department:a/b', '*', ' '],
  ...['department:\u202ea', `department:${'x'.repeat(191)}`, `${'d'.repeat(65)}:a`, long],
]
/** Where the same check is made as elsewhere. */
const some = ['pharmacy', 'department:a/b', '*']
/** In a query `*` is all scopes, and an empty value is refused, too. */
const filters = ['pharmacy', 'department:a/b', '']
const noTexts = [7, true, {}, ['department:a']]
const kinds = ['Ward', 'wa rd', 'ward:a', '*', 'w'.repeat(65)]
const roles = ['org:member', [7], [''], ['org:member', 'org:member'], Array.from({ length: 11 }, () => 'org:a'), {}]
const ends = [-1, 1, 1.5, '2030-01-01', 8_640_000_000_000_001, true, {}]

const members = '/v1/organizations/org_acme/memberships'
const invitations = '/v1/organizations/org_acme/invitations'
const member = { user_id: 'user_new', role: 'org:member' }
const invitation = { email_address: 'new@example.com', role: 'org:member' }

interface Refused {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly parameter: string
}

const inQuery = (value: string) => `?scope=${encodeURIComponent(value)}`

function* refusals(): Generator<Refused> {
  const parameter = 'scope'
  const pathOf = (scope: string) => `/v1/organizations/org_acme/scopes/${encodeURIComponent(scope)}`
  for (const scope of scopes) {
    yield { method: 'GET', path: pathOf(scope), parameter }
    yield { method: 'POST', path: members, body: { ...member, scope }, parameter }
  }
  for (const scope of some) {
    const at = pathOf(scope)
    yield { method: 'GET', path: `${at}/roles`, parameter }
    yield { method: 'PUT', path: `${at}/role_set`, body: { role_set_key: 'role_set:pharmacy' }, parameter }
    yield { method: 'DELETE', path: `${at}/role_set`, parameter }
    yield { method: 'PATCH', path: at, body: { name: 'A' }, parameter }
    const byDefault = `/v1/organization_scope_defaults/${encodeURIComponent(scope)}`
    yield { method: 'PUT', path: byDefault, body: { role_set_key: 'role_set:pharmacy' }, parameter }
    yield { method: 'DELETE', path: byDefault, parameter }
  }
  for (const scope of [...some, ...noTexts]) {
    yield { method: 'POST', path: members, body: { ...member, scope }, parameter }
    yield { method: 'POST', path: invitations, body: { ...invitation, scope }, parameter }
    yield { method: 'POST', path: `${invitations}/bulk`, body: [{ ...invitation, scope }], parameter }
    const path = '/v1/organizations/org_acme/scopes/department:a'
    yield { method: 'PATCH', path, body: { new_scope: scope }, parameter: 'new_scope' }
  }
  for (const scope of [...some, '']) {
    yield { method: 'PATCH', path: `${members}/user_ann${inQuery(scope)}`, body: { role: 'org:member' }, parameter }
    yield { method: 'DELETE', path: `${members}/user_ann${inQuery(scope)}`, parameter }
  }
  for (const scope of filters)
    for (const path of [members, invitations, '/v1/organization_memberships', '/v1/organization_invitations'])
      yield { method: 'GET', path: `${path}${inQuery(scope)}`, parameter }
  for (const scope of some) yield { method: 'GET', path: `/v1/changes${inQuery(scope)}`, parameter }
  for (const kind of kinds) {
    const path = `/v1/organization_scope_kinds/${encodeURIComponent(kind)}`
    yield { method: 'PUT', path, body: { fallback: 'none' }, parameter: 'kind' }
    yield { method: 'DELETE', path, parameter: 'kind' }
  }
  for (const fallback of ['', 'NONE', 'all', 7, null])
    yield { method: 'PUT', path: '/v1/organization_scope_kinds/ward', body: { fallback }, parameter: 'fallback' }
  for (const each of roles) {
    yield { method: 'POST', path: members, body: { user_id: 'user_new', roles: each }, parameter: 'roles' }
    yield { method: 'PATCH', path: `${members}/user_ann`, body: { roles: each }, parameter: 'roles' }
    yield {
      method: 'POST',
      path: invitations,
      body: { email_address: 'new@example.com', roles: each },
      parameter: 'roles',
    }
  }
  for (const end of ends) {
    yield { method: 'POST', path: members, body: { ...member, expires_at: end }, parameter: 'expires_at' }
    yield { method: 'PATCH', path: `${members}/user_ann`, body: { expires_at: end }, parameter: 'expires_at' }
  }
  for (const user of ['', ' ', long, 'ä']) {
    const headers = { 'x-rolesets-acting-user': user }
    yield { method: 'POST', path: members, body: member, headers, parameter: 'x-rolesets-acting-user' }
    yield { method: 'DELETE', path: `${members}/user_ann`, headers, parameter: 'x-rolesets-acting-user' }
  }
  for (const policy of ['', 'all', 'ANY']) {
    const headers = { 'x-rolesets-acting-user': 'user_ann', 'x-rolesets-grant-policy': policy }
    yield { method: 'POST', path: members, body: member, headers, parameter: 'x-rolesets-grant-policy' }
  }
  for (const max of [0, 11, 1.5, '2'])
    yield {
      ...{ method: 'PATCH', path: '/v1/instance/organization_settings', body: { max_roles_per_member: max } },
      parameter: 'max_roles_per_member',
    }
}

test("what can't be is refused with the name of its parameter, and changes nothing", async (t) => {
  const { call } = await openHospital(t)
  await call('PATCH', '/v1/instance/organization_settings', { body: { max_roles_per_member: 10 } })
  await call('POST', members, { body: { user_id: 'user_ann', role: 'org:member' } })
  const last = async () => (await call('GET', '/v1/changes?limit=1')).body.data[0].revision
  const before = await last()
  const wrong: string[] = []
  let asked = 0
  for (const { method, path, body, headers, parameter } of refusals()) {
    const title = `${method} ${path} ${JSON.stringify(body)} ${JSON.stringify(headers)}`
    const answer = await call(method, path, { ...(body !== undefined && { body }), ...(headers && { headers }) })
    const { meta, long_message: message = '' } = answer.body.errors?.[0] ?? {}
    const isRefused = answer.status === 422 || answer.status === 400
    if (!isRefused || meta?.param_name !== parameter || message.length < 10)
      wrong.push(`${title}: ${answer.status} ${JSON.stringify(answer.body)}`)
    asked += 1
  }
  t.deepEqual(wrong, [])
  t.is(await last(), before)
  t.true(asked > 100, String(asked))
})
