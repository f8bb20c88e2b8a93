/** Rule 18 over HTTP: the header that names the user on whose behalf a request is made. */

import test, { type ExecutionContext } from 'ava'
import { openApi, type Answered, type Api } from '../conforming.ts'

const lead = { 'x-rolesets-acting-user': 'lea' }

interface Team {
  readonly call: Api['call']
  readonly path: string
}

/** `ann` is an administrator; `lea` leads: manages members and reads reports; `ben` is a member. */
async function openTeam(t: ExecutionContext): Promise<Team> {
  const { call } = await openApi(t)
  await call('POST', '/v1/organization_permissions', { body: { name: 'Reports', key: 'org:reports:read' } })
  const { body: permissions } = await call('GET', '/v1/organization_permissions?limit=50')
  const idOf = (key: string) => (permissions.data as { id: string; key: string }[]).find((it) => it.key === key)?.id
  const roles = { 'org:reader': ['org:reports:read'], 'org:lead': ['org:reports:read', 'org:sys_memberships:manage'] }
  for (const [key, keys] of Object.entries(roles))
    await call('POST', '/v1/organization_roles', {
      body: { name: key, key, description: '', permissions: keys.map(idOf), include_in_initial_role_set: true },
    })
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A', created_by: 'ann' } })
  const path = `/v1/organizations/${made.id}`
  for (const [user_id, role] of Object.entries({ lea: 'org:lead', ben: 'org:reader' }))
    await call('POST', `${path}/memberships`, { body: { user_id, role } })
  return { call, path }
}

const codeOf = ({ status, body }: Answered) => [status, body.errors?.[0].code, body.errors?.[0].meta?.param_name]

test('the header names a user who must be able to manage the members, and have what is given', async (t) => {
  const { call, path } = await openTeam(t)
  const pending = await call('POST', `${path}/invitations`, { body: { email_address: 'j@x.io', role: 'org:reader' } })
  const requests = (role: string) =>
    [
      ['POST', '/memberships', { user_id: 'new', role }],
      ['PATCH', '/memberships/ben', { role }],
      ['POST', '/invitations', { email_address: 'hal@x.io', role }],
      ['POST', '/invitations/bulk', [{ email_address: 'kim@x.io', role }]],
      ['PATCH', '/memberships/ben/metadata', { public_metadata: { a: 1 } }],
      ['POST', `/invitations/${pending.body.id}/revoke`, {}],
      ['DELETE', '/memberships/ben', undefined],
    ] as const
  const send = (each: ReturnType<typeof requests>[number], headers: Record<string, string>, query = '') =>
    call(each[0], `${path}${each[1]}${query}`, { headers, body: each[2] })
  const name = 'x-rolesets-acting-user'
  for (const request of requests('org:reader'))
    for (const userId of ['ben', 'nobody'])
      t.deepEqual(codeOf(await send(request, { [name]: userId })), [403, 'missing_organization_permission', name])
  for (const request of requests('org:admin').slice(0, 4)) {
    const refused = await send(request, lead)
    t.deepEqual(codeOf(refused), [403, 'grant_exceeds_own', name])
    t.regex(refused.body.errors[0].long_message, /org:sys_billing:manage/)
    const preview = await send(request, lead, '?dry_run=true')
    t.is(preview.status, 200)
    t.like(preview.body.violations, [{ code: 'grant_exceeds_own' }])
    t.is(
      (await send(request, { ...lead, 'x-rolesets-grant-policy': 'any' }, '?dry_run=true')).body.violations.length,
      0,
    )
  }
  for (const request of requests('org:lead')) t.is((await send(request, lead)).status, 200, request[1])
})

test('a header that is empty, malformed, or not for the operation is refused, and a read ignores it', async (t) => {
  const { call, path } = await openTeam(t)
  const body = { user_id: 'new', role: 'org:reader' }
  const name = 'x-rolesets-acting-user'
  for (const value of ['', 'a'.repeat(256), 'zo\u00eb'])
    t.deepEqual(codeOf(await call('POST', `${path}/memberships`, { body, headers: { [name]: value } })), [
      ...[400, 'malformed_request_parameters'],
      name,
    ])
  const policy = { 'x-rolesets-grant-policy': 'all' }
  const malformed = [400, 'malformed_request_parameters', 'x-rolesets-grant-policy']
  t.deepEqual(codeOf(await call('POST', `${path}/memberships`, { body, headers: { ...lead, ...policy } })), malformed)
  const alone = { 'x-rolesets-grant-policy': 'any' }
  t.is((await call('POST', `${path}/memberships`, { body, headers: alone })).status, 422)
  for (const [method, where, sent] of [
    ['PATCH', path, { name: 'B' }],
    ['POST', '/v1/organizations', { name: 'B' }],
    ['DELETE', '/v1/users/ben', undefined],
  ] as const)
    t.deepEqual(codeOf(await call(method, where, { body: sent, headers: lead })), [422, 'form_param_unknown', name])
  t.is((await call('GET', `${path}/memberships`, { headers: lead })).body.total_count, 3)
})

test('an inviter is checked for managing the members alone, and the header for more', async (t) => {
  const { call, path } = await openTeam(t)
  const body = { email_address: 'hal@x.io', role: 'org:admin', inviter_user_id: 'lea' }
  t.is((await call('POST', `${path}/invitations`, { body, headers: lead })).status, 403)
  t.is((await call('POST', `${path}/invitations`, { body })).status, 200)
})
