/** The end of a membership as an extension of Clerk's API: a field that is there only where there is an end. */

import test, { type ExecutionContext } from 'ava'
import { openApi, withEachClient } from '../conforming.ts'

const begin = 1_800_000_000_000
const end = begin + 60_000

async function open(t: ExecutionContext) {
  const clock = { now: begin }
  const api = await openApi(t, {}, { now: () => clock.now })
  const { body: organization } = await api.call('POST', '/v1/organizations', {
    body: { name: 'One', created_by: 'ann' },
  })
  const path = `/v1/organizations/${organization.id}/memberships`
  const give = (user: string, body: object = {}) =>
    api.call('POST', path, { body: { user_id: user, role: 'org:member', ...body } })
  return { ...api, clock, give, path }
}

test('an end is given and shown in Unix milliseconds, changed, and taken away by null', async (t) => {
  const { call, give, clock, path } = await open(t)
  t.is((await give('bob', { expires_at: end })).body.expires_at, end)
  const patch = (body: object) => call('PATCH', `${path}/bob`, { body })
  t.is((await patch({ role: 'org:admin' })).body.expires_at, end)
  t.like((await patch({ expires_at: end + 1 })).body, { expires_at: end + 1, role: 'org:admin' })
  const listed = await call('GET', `${path}?user_id=bob`)
  t.is(listed.body.data[0].expires_at, end + 1)
  for (const none of [null, 0]) {
    t.is((await patch({ expires_at: end })).body.expires_at, end)
    t.false('expires_at' in (await patch({ expires_at: none })).body)
  }
  clock.now = end * 2
  t.is((await call('GET', path)).body.total_count, 2)
})

test('what has no end has no such field, whether null was sent or nothing', async (t) => {
  const { give } = await open(t)
  for (const [user, body] of Object.entries({ bob: {}, cem: { expires_at: null }, dee: { expires_at: 0 } })) {
    const { status, body: membership } = await give(user, body)
    t.is(status, 200)
    t.false('expires_at' in membership)
  }
})

test('an end that is over, or not a time, is refused with the field', async (t) => {
  const { call, give, path } = await open(t)
  await give('cem')
  for (const expires_at of [begin, 1, -1, 1.5, 253_402_300_800_000, '2030-01-01T00:00:00Z', true, {}])
    for (const refused of [
      await give('bob', { expires_at }),
      await call('PATCH', `${path}/cem`, { body: { expires_at } }),
    ]) {
      const [error] = refused.body.errors
      t.deepEqual([refused.status, error.meta.param_name], [422, 'expires_at'], JSON.stringify([expires_at, error]))
    }
  const nothing = await call('PATCH', `${path}/cem`, { body: {} })
  t.is(nothing.body.errors[0].code, 'form_param_missing')
})

test('after the end the member is in no list and no count, and can be made a member again', async (t) => {
  const { call, give, clock, path } = await open(t)
  const before = (await give('bob', { expires_at: end })).body
  const counts = async () => {
    const { body } = await call('GET', `${path.replace('/memberships', '')}?include_members_count=true`)
    const [members, all, own] = [
      await call('GET', path),
      await call('GET', '/v1/organization_memberships'),
      await call('GET', '/v1/users/bob/organization_memberships'),
    ].map((answer) => answer.body.total_count)
    return [body.members_count, members, all, own]
  }
  t.deepEqual(await counts(), [2, 2, 2, 1])
  clock.now = end
  t.deepEqual(await counts(), [1, 1, 1, 0])
  for (const method of ['PATCH', 'DELETE'])
    t.is((await call(method, `${path}/bob`, method === 'PATCH' ? { body: { role: 'org:admin' } } : {})).status, 404)
  const { status, body } = await give('bob')
  t.is(status, 200)
  t.not(body.id, before.id)
  t.deepEqual(await counts(), [2, 2, 2, 1])
})

withEachClient('a member with an end looks to a client of Clerk as any other does', async (t, clerk, { call }) => {
  const { id: organizationId } = await clerk.organizations.createOrganization({ name: 'One', createdBy: 'ann' })
  const body = { user_id: 'bob', role: 'org:member', expires_at: Date.now() + 3_600_000 }
  t.is((await call('POST', `/v1/organizations/${organizationId}/memberships`, { body })).status, 200)
  const { data, totalCount } = await clerk.organizations.getOrganizationMembershipList({ organizationId })
  t.is(totalCount, 2)
  t.deepEqual(data.map(({ publicUserData }) => publicUserData?.userId).sort(), ['ann', 'bob'])
  const changed = { organizationId, userId: 'bob', role: 'org:admin' }
  t.is((await clerk.organizations.updateOrganizationMembership(changed)).role, 'org:admin')
  const { body: after } = await call('GET', `/v1/organizations/${organizationId}/memberships?user_id=bob`)
  t.is(after.data[0].expires_at, body.expires_at, 'a write of a client that knows no ends keeps it')
})
