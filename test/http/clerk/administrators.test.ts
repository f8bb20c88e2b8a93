/** Rules 18, 19 and 21 over HTTP: the last administrator, inviters and requesters, seats, and the removal of users. */

import test from 'ava'
import { openApi, refusalOf, withEachClient, type Api } from '../conforming.ts'

const needed = 'organization_minimum_permissions_needed'

async function createManaged({ call }: Api, ...admins: readonly string[]): Promise<string> {
  const { body } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  for (const user_id of admins)
    await call('POST', `/v1/organizations/${body.id}/memberships`, { body: { user_id, role: 'org:admin' } })
  return body.id as string
}

const codeOf = ({ status, body }: Awaited<ReturnType<Api['call']>>) => [status, body.errors?.[0]?.code]

test('every write that would end the last administrator is refused in Clerk’s words, is previewed, and can be insisted on', async (t) => {
  const api = await openApi(t)
  const { call } = api
  const id = await createManaged(api, 'ann')
  const { body: free } = await call('POST', '/v1/role_sets', {
    body: {
      name: 'Free',
      key: 'role_set:free',
      default_role_key: 'org:member',
      creator_role_key: 'org:admin',
      roles: ['org:admin', 'org:member'],
    },
  })
  const mapped = { role_set_key: free.key, reassignment_mappings: { 'org:admin': 'org:member' } }
  const attempts = [
    ['PATCH', `/v1/organizations/${id}/memberships/ann`, { role: 'org:member' }],
    ['DELETE', `/v1/organizations/${id}/memberships/ann`, undefined],
    ['PATCH', `/v1/organizations/${id}`, mapped],
    ['DELETE', '/v1/users/ann', undefined],
  ] as const
  for (const [method, path, body] of attempts) {
    const what = `${method} ${path}`
    const init = body ? { body } : {}
    const refused = await call(method, path, init)
    t.deepEqual(codeOf(refused), [400, needed], what)
    t.true(refused.body.errors[0].long_message.includes(id), what)
    const preview = await call(method, `${path}?dry_run=true`, init)
    t.like(preview.body, {
      ...{ organizations_without_administrator: 1, organization_ids_without_administrator: [id], resource: null },
    })
    t.is(preview.body.violations[0].code, needed, what)
    const insisted = await call(method, `${path}?dry_run=true&allow_no_administrator=true`, init)
    t.like(insisted.body, { organizations_without_administrator: 1, violations: [] })
    t.is((await call(method, `${path}?allow_no_administrators=true`, init)).status, 422, 'a misspelt insistence')
  }
  const { body: member } = await call('GET', `/v1/organizations/${id}/memberships`)
  t.is(member.data[0].role, 'org:admin')
  t.is(
    (
      await call('PATCH', `/v1/organizations/${id}/memberships/ann?allow_no_administrator=true`, {
        body: { role: 'org:member' },
      })
    ).status,
    200,
  )
})

test('a role that every administrator holds keeps its permissions, one by one or all at once', async (t) => {
  const api = await openApi(t)
  const { call } = api
  const { body: all } = await call('GET', '/v1/organization_permissions?limit=50')
  const permissions = all.data.map((permission: { id: string }) => permission.id) as string[]
  const { body: owner } = await call('POST', '/v1/organization_roles', {
    body: { name: 'Owner', key: 'org:owner', permissions, include_in_initial_role_set: true },
  })
  const id = await createManaged(api)
  const path = `/v1/organizations/${id}/memberships`
  await call('POST', path, { body: { user_id: 'ann', role: 'org:owner' } })
  const taken = all.data.find(({ key }: { key: string }) => key === 'org:sys_profile:delete').id as string
  const role = `/v1/organization_roles/${owner.id}`
  t.deepEqual(codeOf(await call('PATCH', role, { body: { permissions: [] } })), [400, needed])
  t.deepEqual(codeOf(await call('DELETE', `${role}/permissions/${taken}`)), [400, needed])
  const replace = { role_key: 'org:owner', to_role_key: 'org:member' }
  t.deepEqual(codeOf(await call('POST', '/v1/role_sets/role_set:default/roles/replace', { body: replace })), [
    400,
    needed,
  ])
  await call('POST', path, { body: { user_id: 'bob', role: 'org:admin' } })
  t.is((await call('DELETE', `${role}/permissions/${taken}`)).status, 200)
})

test('of two demotions at once, one is done and the other one is refused', async (t) => {
  const api = await openApi(t)
  for (let round = 0; round < 5; round++) {
    const id = await createManaged(api, 'ann', 'bob')
    const done = await Promise.all(
      ['ann', 'bob'].map((user) =>
        api.call('PATCH', `/v1/organizations/${id}/memberships/${user}`, { body: { role: 'org:member' } }),
      ),
    )
    t.deepEqual(done.map(({ status }) => status).sort(), [200, 400])
  }
})

test('the setting decides whether it is refused', async (t) => {
  const api = await openApi(t)
  const id = await createManaged(api, 'ann')
  const settings = '/v1/instance/organization_settings'
  t.is((await api.call('GET', settings)).body.last_administrator, 'refuse')
  t.is((await api.call('PATCH', settings, { body: { last_administrator: 'off' } })).status, 422)
  t.is((await api.call('PATCH', settings, { body: { last_administrator: 'warn' } })).body.last_administrator, 'warn')
  const path = `/v1/organizations/${id}/memberships/ann`
  t.is((await api.call('DELETE', `${path}?dry_run=true`)).body.organizations_without_administrator, 1)
  t.is((await api.call('DELETE', path)).status, 200)
})

withEachClient('inviters and requesters must be able to manage the members', async (t, { organizations }) => {
  const { id: organizationId } = await organizations.createOrganization({ name: 'A', createdBy: 'ann' })
  await organizations.createOrganizationMembership({ organizationId, userId: 'bob', role: 'org:member' })
  const wanted = { organizationId, role: 'org:member' }
  const { id: invitationId } = await organizations.createOrganizationInvitation({ ...wanted, emailAddress: 'x@y.z' })
  const denied = { status: 403, code: 'missing_organization_permission' }
  for (const userId of ['bob', 'nobody']) {
    const invitation = { ...wanted, emailAddress: 'hal@x.io', inviterUserId: userId }
    t.like(await refusalOf(organizations.createOrganizationInvitation(invitation)), {
      ...denied,
      paramName: 'inviter_user_id',
    })
    const several = [
      { emailAddress: 'k@x.io', role: 'org:member', inviterUserId: 'ann' },
      { ...invitation, organizationId: undefined },
    ] as never
    t.like(await refusalOf(organizations.createOrganizationInvitationBulk(organizationId, several)), denied)
    const revocation = { organizationId, invitationId, requestingUserId: userId }
    t.like(await refusalOf(organizations.revokeOrganizationInvitation(revocation)), denied)
  }
  t.is((await organizations.getOrganizationInvitationList({ organizationId })).totalCount, 1)
  await organizations.revokeOrganizationInvitation({ organizationId, invitationId, requestingUserId: 'ann' })
})

test('an invitation can’t be accepted beyond a quota that was lowered', async (t) => {
  const api = await openApi(t)
  const id = await createManaged(api, 'ann')
  const path = `/v1/organizations/${id}`
  const { body: made } = await api.call('POST', `${path}/invitations`, {
    body: { email_address: 'hal@x.io', role: 'org:member' },
  })
  const accept = () => api.call('POST', `${path}/invitations/${made.id}/accept`, { body: { user_id: 'hal' } })
  await api.call('PATCH', path, { body: { max_allowed_memberships: 1 } })
  t.deepEqual(codeOf(await accept()), [403, 'organization_membership_quota_exceeded'])
  await api.call('PATCH', path, { body: { max_allowed_memberships: 2 } })
  t.is((await accept()).status, 200)
})

test('an invitation doesn’t bring back a person who became a member another way and was removed', async (t) => {
  const api = await openApi(t)
  const id = await createManaged(api, 'ann')
  const path = `/v1/organizations/${id}`
  const invite = async () => {
    const body = { email_address: 'Hal@x.io', role: 'org:admin' }
    return (await api.call('POST', `${path}/invitations`, { body })).body.id as string
  }
  const first = await invite()
  const member = { user_id: 'user_hal', role: 'org:member', email_addresses: ['hal@x.io'] }
  const preview = await api.call('POST', `${path}/memberships?dry_run=true`, { body: member })
  t.is(preview.body.ended_invitations, 1)
  await api.call('POST', `${path}/memberships`, { body: member })
  t.is((await api.call('GET', `${path}/invitations/${first}`)).body.status, 'revoked')
  t.is((await api.call('DELETE', `${path}/memberships/user_hal`)).status, 200)
  const accepted = await api.call('POST', `${path}/invitations/${first}/accept`, { body: { user_id: 'user_hal' } })
  t.is(accepted.status, 404)
})

test('one call ends all that a user has, in one revision, and leaves what others have', async (t) => {
  const api = await openApi(t)
  const { call } = api
  const ids = [await createManaged(api, 'ann', 'bob'), await createManaged(api, 'ann', 'bob')]
  for (const id of ids)
    await call('POST', `/v1/organizations/${id}/invitations`, {
      body: { email_address: `${id}@x.io`, role: 'org:member', inviter_user_id: 'bob' },
    })
  const preview = await call('DELETE', '/v1/users/bob?dry_run=true')
  t.like(preview.body, { members: 2, sent_invitations: 2, ended_invitations: 0, violations: [] })
  t.deepEqual(preview.body.resource, { object: 'user', id: 'bob', deleted: true })
  const before = (await call('GET', '/v1/changes')).body.data.length as number
  const removed = await call('DELETE', '/v1/users/bob?revoke_sent_invitations=true')
  t.deepEqual([removed.status, removed.body], [200, { object: 'user', id: 'bob', deleted: true }])
  t.is((await call('GET', '/v1/changes')).body.data.length, Math.min(before + 1, 50))
  t.is((await call('GET', '/v1/users/bob/organization_memberships')).body.total_count, 0)
  t.is((await call('GET', '/v1/users/ann/organization_memberships')).body.total_count, 2)
  t.is((await call('GET', '/v1/organization_invitations?status=pending')).body.total_count, 0)
  t.is((await call('DELETE', '/v1/users/bob')).status, 200, 'a user who has nothing is no error')
})
