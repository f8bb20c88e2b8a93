/** Members of parts of organizations and invitations into them, over HTTP: clients of Clerk don't notice them. */

import test, { type ExecutionContext } from 'ava'
import { createClerkClient } from '@clerk/backend'
import { secretKey } from '../../grpc/open-sidecar.ts'
import type { Api } from '../conforming.ts'
import { openHospital } from './open-hospital.ts'

const members = '/v1/organizations/org_acme/memberships'
const invitations = '/v1/organizations/org_acme/invitations'
const scope = 'department:pharmacy'
const ofPharmacy = { role_set_key: 'role_set:pharmacy' }

/** The pharmacy has a role set of its own, and its technician is a member of the organization, too. */
async function openPharmacy(t: ExecutionContext): Promise<Api> {
  const api = await openHospital(t)
  const { call } = api
  t.is((await call('PUT', `/v1/organizations/org_acme/scopes/${scope}/role_set`, { body: ofPharmacy })).status, 200)
  t.is((await call('POST', members, { body: { user_id: 'user_ann', role: 'org:member' } })).status, 200)
  const inScope = { user_id: 'user_ann', role: 'org:technician', scope }
  t.like(await call('POST', members, { body: inScope }), { status: 200, body: { role: 'org:technician', scope } })
  return api
}

type Listed = readonly { readonly role: string; readonly scope?: string }[]

async function listed({ call }: Api, path: string): Promise<Listed> {
  const { body } = await call('GET', path)
  return body.data.map(({ role, scope }: Listed[number]) => (scope === undefined ? { role } : { role, scope }))
}

test('members of scopes are in no list unless they are asked for', async (t) => {
  const api = await openPharmacy(t)
  const whole = { role: 'org:member' }
  const part = { role: 'org:technician', scope }
  const byRole = (entries: Listed) => entries.toSorted((a, b) => (a.role < b.role ? -1 : 1))
  for (const path of [members, '/v1/organization_memberships', '/v1/users/user_ann/organization_memberships']) {
    t.deepEqual(await listed(api, path), [whole], path)
    t.deepEqual(await listed(api, `${path}?scope=${scope}`), [part], path)
    t.deepEqual(byRole(await listed(api, `${path}?scope=*`)), [whole, part], path)
  }
  const clerk = createClerkClient({ secretKey, apiUrl: api.base, telemetry: { disabled: true } })
  const { data, totalCount } = await clerk.organizations.getOrganizationMembershipList({ organizationId: 'org_acme' })
  t.deepEqual([data.length, totalCount], [1, 1])
  const found = await clerk.organizations.getOrganization({ organizationId: 'org_acme', includeMembersCount: true })
  t.is(found.membersCount, 1)
  t.like((await api.call('GET', `/v1/organizations/org_acme/scopes/${scope}`)).body, { members_count: 1 })
})

test('members of a scope are members of its organization, and have roles of its role set', async (t) => {
  const { call } = await openPharmacy(t)
  const post = async (body: object) => (await call('POST', members, { body })).body.errors?.[0]
  t.like(await post({ user_id: 'user_bob', role: 'org:technician', scope }), { meta: { param_name: 'user_id' } })
  t.like(await post({ user_id: 'user_ann', role: 'org:member', scope }), { code: 'already_a_member_in_organization' })
  t.is(await post({ user_id: 'user_bob', role: 'org:member' }), undefined)
  t.like(await post({ user_id: 'user_bob', role: 'org:member', scope }), { code: 'organization_role_not_in_role_set' })
  t.like(await post({ user_id: 'user_bob', role: 'org:technician', scope: 'ward:7' }), { code: 'resource_not_found' })
  for (const malformed of ['pharmacy', '*', 'department:a/b', 7])
    t.like(await post({ user_id: 'user_bob', role: 'org:technician', scope: malformed }), {
      meta: { param_name: 'scope' },
    })
  t.is(await post({ user_id: 'user_bob', role: 'org:technician', scope }), undefined)
})

const emptyScope = 'scope must not be empty. Write <kind>:<name>, or leave it out for the organization as a whole.'

test('a membership of a scope is changed and ended where ?scope= names it, and with that of the organization', async (t) => {
  const api = await openPharmacy(t)
  const { call } = api
  const one = `${members}/user_ann`
  const role = { body: { role: 'org:pharmacist' } }
  t.is((await call('PATCH', one, role)).body.errors[0].code, 'organization_role_not_in_role_set')
  t.like((await call('PATCH', `${one}?scope=${scope}`, role)).body, { role: 'org:pharmacist', scope })
  const metadata = { body: { public_metadata: { badge: 1 } } }
  t.like((await call('PATCH', `${one}/metadata?scope=${scope}`, metadata)).body, {
    scope,
    public_metadata: { badge: 1 },
  })
  const empty = await call('PATCH', `${one}?scope=`, role)
  t.is(empty.status, 422)
  t.is(empty.body.errors[0].long_message, emptyScope)
  t.is((await call('GET', `${members}?scope=`)).body.errors[0].long_message, emptyScope)
  t.is((await call('PATCH', `${one}?scope=department:other`, role)).status, 404)
  t.like((await call('DELETE', `${one}?scope=${scope}`)).body, { scope })
  t.deepEqual(await listed(api, `${members}?scope=*`), [{ role: 'org:member' }])

  await call('POST', members, { body: { user_id: 'user_ann', role: 'org:technician', scope } })
  t.is((await call('DELETE', one)).status, 200)
  t.deepEqual(await listed(api, `${members}?scope=*`), [])
})

test('invitations into a scope are made, listed, revoked and accepted there', async (t) => {
  const api = await openPharmacy(t)
  const { call } = api
  const invite = (email: string, more: object = { scope }) => ({
    email_address: email,
    role: 'org:technician',
    ...more,
  })
  const made = (await call('POST', invitations, { body: invite('ann@example.com') })).body
  t.like(made, { role: 'org:technician', scope })
  t.is((await call('POST', invitations, { body: invite('eve@example.com', {}) })).status, 422)
  const several = [invite('bob@example.com'), invite('cal@example.com')]
  t.like((await call('POST', `${invitations}/bulk`, { body: several })).body, { total_count: 2 })
  const mixed = await call('POST', `${invitations}/bulk`, {
    body: [...several, { email_address: 'd@example.com', role: 'org:member' }],
  })
  t.like(mixed, {
    status: 422,
    body: { errors: [{ code: 'form_param_value_invalid', meta: { param_name: 'scope' } }] },
  })

  for (const path of [invitations, `${invitations}/pending`, '/v1/organization_invitations']) {
    t.deepEqual(await listed(api, path), [], path)
    t.is((await listed(api, `${path}?scope=${scope}`)).length, 3, path)
    t.is((await listed(api, `${path}?scope=*`)).length, 3, path)
  }
  const one = `${invitations}/${made.id}`
  t.like((await call('GET', one)).body, { id: made.id, scope })
  t.like((await call('GET', `${one}?scope=${scope}`)).body, { id: made.id })
  t.is((await call('GET', `${one}?scope=department:other`)).status, 404)
  t.is((await call('POST', `${one}/revoke?scope=department:other`, { body: {} })).status, 404)
  t.is((await call('POST', members, { body: { user_id: 'user_cal', role: 'org:member' } })).status, 200)
  const accepted = (await call('POST', `${one}/accept`, { body: { user_id: 'user_cal' } })).body
  t.like(accepted, { status: 'accepted', scope, organization_membership: { role: 'org:technician', scope } })
  const [other] = (await call('GET', `${invitations}/pending?scope=${scope}`)).body.data
  t.like((await call('POST', `${invitations}/${other.id}/revoke?scope=${scope}`)).body, { status: 'revoked' })
})

test('a scope with members moves with mappings, which a DELETE takes in its body', async (t) => {
  const { call } = await openPharmacy(t)
  const own = `/v1/organizations/org_acme/scopes/${scope}/role_set`
  const missing = await call('DELETE', own)
  t.like(missing, { status: 422, body: { errors: [{ code: 'organization_role_set_reassignment_mappings_missing' }] } })
  const mapped = { body: { reassignment_mappings: { 'org:technician': 'org:member' } } }
  t.like((await call('DELETE', `${own}?dry_run=true`, mapped)).body, {
    ...{ places: 1, members: 1, first_places: [{ organization_id: 'org_acme', scope }] },
    roles: [{ role: 'org:technician', to_role: 'org:member', members: 1 }],
  })
  t.like(await call('DELETE', own, mapped), {
    status: 200,
    body: { role_set_key: 'role_set:default', origin: 'organization' },
  })

  const none = { body: { fallback: 'none' } }
  const kind = '/v1/organization_scope_kinds/department'
  t.like(await call('PUT', kind, none), { status: 422, body: { errors: [{ code: 'organization_scopes_in_use' }] } })
  const byDefault = '/v1/organization_scope_defaults/department:pharmacy'
  const back = { reassignment_mappings: { 'org:member': 'org:pharmacist' } }
  t.is((await call('PUT', byDefault, { body: ofPharmacy })).status, 422)
  t.is((await call('PUT', byDefault, { body: { ...ofPharmacy, ...back } })).status, 200)
  t.like((await call('GET', `${members}?scope=${scope}`)).body, { data: [{ role: 'org:pharmacist' }] })
  t.is((await call('PUT', kind, none)).status, 200)
  t.is((await call('DELETE', byDefault, { body: back })).body.errors[0].code, 'organization_scopes_in_use')
})
