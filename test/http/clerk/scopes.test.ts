/** Parts of organizations over HTTP: extensions that clients of Clerk don't notice. */

import test from 'ava'
import { connect } from '../../grpc/open-sidecar.ts'
import { openApi } from '../conforming.ts'
import { openHospital } from './open-hospital.ts'

const lists = [
  '/v1/organizations/org_acme/memberships',
  '/v1/organizations/org_acme/invitations',
  '/v1/organizations/org_acme/invitations/pending',
  '/v1/organization_memberships',
  '/v1/organization_invitations',
  '/v1/users/user_ann/organization_memberships',
  '/v1/users/user_ann/organization_invitations',
]

test('every list of members and invitations is of one scope or of all, and a malformed scope is refused', async (t) => {
  const api = await openApi(t)
  const { call } = api
  await connect(t, api.target).write('CreateOrganization', { id: 'org_acme' })
  for (const list of lists) {
    for (const scope of ['department:pharmacy', '*'])
      t.like(await call('GET', `${list}?scope=${scope}`), { status: 200, body: { data: [], total_count: 0 } })
    for (const scope of ['', 'pharmacy', 'Department:x', 'department:a/b', `department:${'x'.repeat(191)}`]) {
      const { status, body } = await call('GET', `${list}?scope=${encodeURIComponent(scope)}`)
      t.is(status, 422, `${list} ${scope}`)
      t.is(body.errors[0].meta.param_name, 'scope')
    }
    t.is((await call('GET', `${list}?scope=a:b&scope=c:d`)).status, 422)
  }
})

test('roles of a scope whose kind is unknown are refused, and never those of the organization', async (t) => {
  const { call } = await openApi(t)
  const { status, body } = await call('GET', '/v1/organizations/org_acme/scopes/departmnet:pharmacy/roles')
  t.is(status, 404)
  t.like(body.errors[0], { code: 'resource_not_found', meta: { param_name: 'scope' } })
  t.regex(body.errors[0].long_message, /"departmnet"/)
})

const pharmacy = '/v1/organizations/org_acme/scopes/department:pharmacy'
const ofPharmacy = { role_set_key: 'role_set:pharmacy' }

test('kinds of scopes are set, listed by pages and deleted, and a dry run changes nothing', async (t) => {
  const { call } = await openHospital(t)
  const path = '/v1/organization_scope_kinds'
  const ward = { body: { fallback: 'role_set', ...ofPharmacy } }
  t.like((await call('PUT', `${path}/ward?dry_run=true`, ward)).body, {
    ...{ object: 'impact', places: undefined, violations: [] },
    resource: { object: 'organization_scope_kind', kind: 'ward', fallback: 'role_set', ...ofPharmacy },
  })
  t.is((await call('GET', path)).body.total_count, 1)
  t.like(await call('PUT', `${path}/ward`, ward), {
    status: 200,
    body: { kind: 'ward', fallback: 'role_set', ...ofPharmacy },
  })
  t.like((await call('GET', `${path}?limit=1&offset=1`)).body, { data: [{ kind: 'ward' }], total_count: 2 })
  t.like((await call('PUT', `${path}/ward`, { body: { fallback: 'none' } })).body, {
    fallback: 'none',
    role_set_key: null,
  })
  for (const [body, name] of [
    [{}, 'fallback'],
    [{ fallback: 'maybe' }, 'fallback'],
    [{ fallback: 'none', ...ofPharmacy }, 'role_set_key'],
    [{ fallback: 'role_set' }, 'role_set_key'],
    [{ fallback: 'none', colour: 1 }, 'colour'],
  ] as const) {
    const { status, body: refused } = await call('PUT', `${path}/ward`, { body })
    t.is(status, 422, JSON.stringify(body))
    t.is(refused.errors[0].meta.param_name, name)
  }
  t.is(
    (await call('PUT', `${path}/Ward`, { body: { fallback: 'none' } })).body.errors[0].code,
    'form_param_format_invalid',
  )
  t.is(
    (await call('PUT', `${path}/ward`, { body: { fallback: 'role_set', role_set_key: 'role_set:none' } })).status,
    404,
  )
  t.like(await call('DELETE', `${path}/ward`), { status: 200, body: { kind: 'ward' } })
  t.like(await call('DELETE', `${path}/ward`), { status: 404 })
})

test('a scope has the role set of its kind, of a default, or its own, and says which', async (t) => {
  const { call } = await openHospital(t)
  const shown = async () => (await call('GET', pharmacy)).body
  const scope = { object: 'organization_scope', organization_id: 'org_acme', scope: 'department:pharmacy' }
  t.deepEqual(await shown(), {
    ...scope,
    name: '',
    role_set_key: 'role_set:default',
    origin: 'organization',
    members_count: 0,
  })
  t.deepEqual((await call('GET', '/v1/organizations/org_acme/scopes')).body, { data: [], next_cursor: null })

  const defaults = '/v1/organization_scope_defaults'
  t.like(await call('PUT', `${defaults}/department:pharmacy`, { body: ofPharmacy }), { status: 200, body: ofPharmacy })
  t.like((await call('GET', defaults)).body, {
    data: [{ scope: 'department:pharmacy', ...ofPharmacy }],
    total_count: 1,
  })
  t.like(await shown(), { ...ofPharmacy, origin: 'default' })
  t.like((await call('GET', `${pharmacy}/roles`)).body, { total_count: 2, ...ofPharmacy, creator_role_key: null })

  const own = { body: { role_set_key: 'role_set:default' } }
  const dry = (await call('PUT', `${pharmacy}/role_set?dry_run=true`, own)).body
  t.like(dry, { places: 1, first_places: [{ organization_id: 'org_acme', scope: 'department:pharmacy' }] })
  t.like(dry.resource, { role_set_key: 'role_set:default', origin: 'own' })
  t.like(await shown(), { origin: 'default' })
  t.like(await call('PUT', `${pharmacy}/role_set`, own), {
    status: 200,
    body: { role_set_key: 'role_set:default', origin: 'own' },
  })
  t.like((await call('GET', '/v1/organizations/org_acme/scopes')).body, { data: [{ ...scope, origin: 'own' }] })
  t.like((await call('DELETE', `${pharmacy}/role_set?dry_run=true`)).body.resource, {
    ...ofPharmacy,
    origin: 'default',
  })
  t.like((await call('DELETE', `${pharmacy}/role_set`)).body, { ...ofPharmacy, origin: 'default' })
  t.like(await call('DELETE', `${defaults}/department:pharmacy`), { status: 200, body: ofPharmacy })
  t.like(await call('DELETE', `${defaults}/department:pharmacy`), { status: 404 })
  t.like(await shown(), { origin: 'organization' })
})

test('a scope gets a name and another key, and keys that are taken or unknown are refused', async (t) => {
  const { call } = await openHospital(t)
  await call('PUT', `${pharmacy}/role_set`, { body: ofPharmacy })
  t.like((await call('PATCH', pharmacy, { body: { name: 'Pharmacy' } })).body, {
    name: 'Pharmacy',
    ...ofPharmacy,
    origin: 'own',
  })
  const renaming = { body: { new_scope: 'department:drugs', name: null } }
  t.like((await call('PATCH', `${pharmacy}?dry_run=1`, renaming)).body.resource, {
    scope: 'department:drugs',
    name: '',
  })
  t.like((await call('PATCH', pharmacy, renaming)).body, { scope: 'department:drugs', name: '', ...ofPharmacy })
  const again = await call('PATCH', pharmacy, { body: { new_scope: 'department:x' } })
  t.like(again, { status: 404, body: { errors: [{ code: 'resource_not_found' }] } })
  await call('PUT', `${pharmacy}/role_set`, { body: ofPharmacy })
  const taken = await call('PATCH', pharmacy, { body: { new_scope: 'department:drugs' } })
  t.like(taken, {
    status: 422,
    body: { errors: [{ code: 'form_identifier_exists', meta: { param_name: 'new_scope' } }] },
  })
  for (const body of [
    { new_scope: 'drugs' },
    { new_scope: 'department:a/b' },
    { new_scope: 1 },
    { scope: 'department:x' },
  ])
    t.is((await call('PATCH', pharmacy, { body })).status, 422, JSON.stringify(body))
})

test('scopes of an unknown kind or organization are not found, and a malformed key is refused', async (t) => {
  const { call } = await openHospital(t)
  const at = (scope: string, organization = 'org_acme') =>
    `/v1/organizations/${organization}/scopes/${encodeURIComponent(scope)}`
  for (const [method, suffix, body] of [
    ['GET', '', undefined],
    ['GET', '/roles', undefined],
    ['PUT', '/role_set', ofPharmacy],
    ['PATCH', '', { name: 'X' }],
  ] as const) {
    const init = body === undefined ? {} : { body }
    t.is((await call(method, `${at('ward:7')}${suffix}`, init)).status, 404, `${method} ${suffix}`)
    for (const scope of ['pharmacy', 'department: x', 'department:a/b', '*'])
      t.is((await call(method, `${at(scope)}${suffix}`, init)).status, 422, `${method} ${scope}${suffix}`)
    if (suffix !== '/roles') t.is((await call(method, `${at('department:x', 'org_nope')}${suffix}`, init)).status, 404)
  }
  t.is((await call('GET', '/v1/organizations/org_nope/scopes')).status, 404)
  t.is((await call('PUT', '/v1/organization_scope_defaults/ward:7', { body: ofPharmacy })).status, 404)
})

test('a kind that is in use is not deleted, and scopes are listed by pages', async (t) => {
  const { call } = await openHospital(t)
  const names = ['a', 'b c', 'd:e', 'é', 'z']
  for (const name of names) {
    const path = `/v1/organizations/org_acme/scopes/${encodeURIComponent(`department:${name}`)}/role_set`
    t.is((await call('PUT', path, { body: ofPharmacy })).status, 200, name)
  }
  const refused = await call('DELETE', '/v1/organization_scope_kinds/department')
  t.like(refused, { status: 422, body: { errors: [{ code: 'organization_scopes_in_use' }] } })
  const found: string[] = []
  let cursor = ''
  for (let page = 0; page < 4; page++) {
    const { body } = await call('GET', `/v1/organizations/org_acme/scopes?limit=2&cursor=${encodeURIComponent(cursor)}`)
    found.push(...body.data.map(({ scope }: { scope: string }) => scope))
    if (body.next_cursor === null) break
    cursor = body.next_cursor
  }
  t.deepEqual(found.sort(), names.map((name) => `department:${name}`).sort())
})

test('a scope gives former roles back where it is asked to, with a set of its own and when it gives that up', async (t) => {
  const { call } = await openHospital(t)
  const path = '/v1/organizations/org_acme/scopes/department:pharmacy/role_set'
  const members = '/v1/organizations/org_acme/memberships'
  t.is((await call('POST', members, { body: { user_id: 'ann', role: 'org:member' } })).status, 200)
  const body = { user_id: 'ann', role: 'org:member', scope: 'department:pharmacy' }
  t.is((await call('POST', members, { body })).status, 200)
  const role = async () => (await call('GET', `${members}?scope=department:pharmacy`)).body.data[0].role
  const away = { role_set_key: 'role_set:pharmacy', reassignment_mappings: { 'org:member': 'org:technician' } }
  t.is((await call('PUT', path, { body: away })).status, 200)
  t.is(await role(), 'org:technician')
  t.is((await call('DELETE', path, { body: { restore_former_roles: 'yes' } })).status, 422)
  const back = await call('DELETE', `${path}?dry_run=true`, { body: { restore_former_roles: true } })
  t.like(back.body, { members: 1, roles: [{ role: 'org:technician', to_role: 'org:member', members: 1 }] })
  t.is((await call('DELETE', path, { body: { restore_former_roles: true } })).status, 200)
  t.is(await role(), 'org:member')
})
