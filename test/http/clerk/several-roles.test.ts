/** Several roles of a member, an extension of Clerk's API: they are told only where there are several. */

import test from 'ava'
import { openApi, type Answered } from '../conforming.ts'

const errorsOf = ({ body }: Answered) =>
  (body.errors as { code: string; meta?: { param_name?: string } }[]).map(({ code, meta }) => [code, meta?.param_name])

test('a client that knows one role sees one, and the others are told beside it', async (t) => {
  const api = await openApi(t)
  const { body: organization } = await api.call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  const path = `/v1/organizations/${organization.id}/memberships`
  const both = ['org:member', 'org:admin']
  const create = (user_id: string, roles: object) => api.call('POST', path, { body: { user_id, ...roles } })
  t.deepEqual(
    errorsOf(await create('ann', { roles: both })).map(([code]) => code),
    ['form_param_value_invalid'],
  )
  const settings = await api.call('PATCH', '/v1/instance/organization_settings', { body: { max_roles_per_member: 2 } })
  t.is(settings.body.max_roles_per_member, 2)
  const { body: ann } = await create('ann', { roles: both })
  t.deepEqual([ann.role, ann.roles], ['org:member', both])
  t.true(ann.permissions.includes('org:sys_profile:delete'))
  const { body: bob } = await create('bob', { role: 'org:member' })
  t.false('roles' in bob)
  const replaced = await api.call('PATCH', `${path}/ann`, { body: { role: 'org:admin' } })
  t.is(replaced.body.role, 'org:admin')
  t.false('roles' in replaced.body)
  t.deepEqual(errorsOf(await api.call('PATCH', `${path}/ann`, { body: {} })), [['form_param_missing', 'role']])
})

test('an invitation has several roles', async (t) => {
  const api = await openApi(t)
  const { body: organization } = await api.call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  await api.call('PATCH', '/v1/instance/organization_settings', { body: { max_roles_per_member: 2 } })
  const path = `/v1/organizations/${organization.id}/invitations`
  const roles = ['org:member', 'org:admin']
  const { body: invitation } = await api.call('POST', path, { body: { email_address: 'ann@example.com', roles } })
  t.deepEqual([invitation.role, invitation.roles], ['org:member', roles])
  const accepted = await api.call('POST', `${path}/${invitation.id}/accept`, { body: { user_id: 'ann' } })
  t.deepEqual(accepted.body.organization_membership.roles, roles)
})
