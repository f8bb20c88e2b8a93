/** Parts of organizations over HTTP: extensions that clients of Clerk don't notice. */

import test from 'ava'
import { connect } from '../../grpc/open-sidecar.ts'
import { openApi } from '../conforming.ts'

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
