/** Accepting an invitation, which Clerk's clients leave to its frontend; and the end of its time. */

import test, { type ExecutionContext } from 'ava'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createApi } from '../../../packages/sidecar/src/http/clerk/api.ts'
import { Measurements } from '../../../packages/sidecar/src/http/measurements.ts'
import { openTestService, writing } from '../../service/open-service.ts'
import { openApi, type Api } from '../conforming.ts'

async function invited(call: Api['call'], role = 'org:member'): Promise<{ members: string; path: string }> {
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  const invitations = `/v1/organizations/${made.id}/invitations`
  const metadata = { public_metadata: { team: 'blue' }, private_metadata: { note: 1 } }
  const { body } = await call('POST', invitations, { body: { email_address: 'ann@example.com', role, ...metadata } })
  return { members: `/v1/organizations/${made.id}/memberships`, path: `${invitations}/${body.id}` }
}

test('accepting an invitation makes the user a member with its role and metadata', async (t) => {
  const { call } = await openApi(t)
  const { path, members } = await invited(call)
  const preview = await call('POST', `${path}/accept?dry_run=true`, { body: { user_id: 'user_1' } })
  t.like(preview.body, { object: 'impact', resource: { status: 'accepted' } })
  t.is((await call('GET', members)).body.total_count, 0)

  const accepted = await call('POST', `${path}/accept`, { body: { user_id: 'user_1' } })
  const membership = {
    role: 'org:member',
    public_metadata: { team: 'blue' },
    private_metadata: { note: 1 },
    public_user_data: { user_id: 'user_1' },
  }
  t.like(accepted, { status: 200, body: { status: 'accepted', organization_membership: membership } })
  t.like((await call('GET', members)).body.data[0], membership)
  const ofUser = await call('GET', '/v1/users/user_1/organization_invitations?status=accepted')
  t.is(ofUser.body.total_count, 1)
  const again = await call('POST', `${path}/accept`, { body: { user_id: 'user_2' } })
  t.deepEqual([again.status, again.body.errors[0].code], [404, 'organization_invitation_not_pending'])
})

test("what is wrong with an acceptance is reported in Clerk's codes", async (t) => {
  const { call } = await openApi(t)
  const { path, members } = await invited(call)
  const accept = async (body: object, at = path) => {
    const answered = await call('POST', `${at}/accept`, { body })
    return [answered.status, answered.body.errors[0].code]
  }
  t.deepEqual(await accept({}), [422, 'form_param_missing'])
  t.deepEqual(await accept({ user_id: 'u1', role: 'org:admin' }), [422, 'form_param_unknown'])
  t.deepEqual(await accept({ user_id: 'u1' }, `${path}x`), [404, 'resource_not_found'])
  await call('POST', members, { body: { user_id: 'u1', role: 'org:member' } })
  t.deepEqual(await accept({ user_id: 'u1' }), [400, 'already_a_member_in_organization'])
  const headers = { 'if-match': (await call('GET', path)).headers.get('etag') ?? '' }
  await call('POST', `${path}/revoke`)
  const stale = await call('POST', `${path}/accept`, { headers, body: { user_id: 'u2' } })
  t.is(stale.status, 412)
  t.deepEqual(await accept({ user_id: 'u2' }), [404, 'organization_invitation_not_pending'])
})

test('an invitation moves with its role when the role is replaced, and is accepted with the new one', async (t) => {
  const { call } = await openApi(t)
  const { path } = await invited(call)
  await call('POST', '/v1/organization_roles', { body: { key: 'org:analyst', name: 'Analyst' } })
  const body = { role_key: 'org:member', to_role_key: 'org:analyst' }
  t.is((await call('POST', '/v1/role_sets/role_set:default/roles/replace', { body })).status, 200)
  const accepted = await call('POST', `${path}/accept`, { body: { user_id: 'u1' } })
  t.is(accepted.body.organization_membership.role, 'org:analyst')
})

test('an invitation whose time is over is expired: it can be neither revoked nor accepted', async (t) => {
  let now = 1_700_000_000_000
  const { service, admin } = await openTestService(t, { now: () => now })
  const base = await serve(
    t,
    express().use(
      '/v1',
      createApi({
        service,
        identify: () => ({ name: 'tester', access: 'secret', revoked: undefined }),
        defaultVersion: '2026-05-12',
        measurements: new Measurements(),
        failed: (error) => t.fail(String(error)),
      }),
    ),
  )
  const organizationId = 'org_1'
  await admin.createOrganization({ id: organizationId }, writing())
  const input = { organizationId, emailAddress: 'a@b.c', role: 'org:member', expiresInDays: 1 }
  const { value } = await admin.createInvitation(input, writing())
  const path = `${base}/v1/organizations/${organizationId}/invitations`
  const call = async (method: string, url: string, body?: object) => {
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' }
    const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as it came
    return { status: response.status, body: (await response.json()) as any }
  }
  t.is((await call('GET', `${path}/${value?.id}`)).body.status, 'pending')
  now += 24 * 60 * 60 * 1000
  t.is((await call('GET', `${path}/${value?.id}`)).body.status, 'expired')
  t.is((await call('GET', `${path}?status=pending`)).body.total_count, 0)
  t.is((await call('GET', `${path}/pending`)).body.total_count, 0)
  t.is((await call('GET', `${path}?status=expired`)).body.total_count, 1)
  for (const [verb, body] of [
    ['revoke', {}],
    ['accept', { user_id: 'u1' }],
  ] as const) {
    const refused = await call('POST', `${path}/${value?.id}/${verb}`, body)
    t.deepEqual([refused.status, refused.body.errors[0].code], [404, 'organization_invitation_not_pending'], verb)
  }
  t.is((await call('POST', path, { email_address: 'a@b.c', role: 'org:member' })).status, 200)
})

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
