/** What a client of Clerk asks for and this sidecar doesn't have. */

import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient("users, the instance and Clerk's keys are not served, and the answer says why", async (t, clerk) => {
  for (const call of [
    () => clerk.users.getUser('user_1'),
    () => clerk.users.updateUser('user_1', { firstName: 'Ann' }),
    () => clerk.users.getUserList(),
    () => clerk.users.getCount(),
    () => clerk.sessions.getSession('sess_1'),
    () => clerk.invitations.getInvitationList(),
  ]) {
    const refused = await refusalOf(call())
    t.like(refused, { status: 404, code: 'not_served_here' })
    t.truthy(refused.message)
    t.truthy(refused.traceId)
  }
})

test("every path of Clerk's that isn't served is told from a path that doesn't exist", async (t) => {
  const { call } = await openApi(t)
  const codeOf = async (method: string, path: string) => {
    const { status, body } = await call(method, `/v1${path}`)
    return [status, body.errors[0].code]
  }
  for (const [method, path] of [
    ...[['GET', '/instance'] as const, ['PATCH', '/instance'] as const, ['GET', '/jwks'] as const],
    ...[['GET', '/users/user_1'] as const, ['PATCH', '/users/user_1'] as const, ['HEAD', '/users/user_1'] as const],
    ...[['POST', '/users/user_1/ban'] as const, ['GET', '/users'] as const, ['POST', '/users'] as const],
    ...[['GET', '/organizations/org_1/billing/subscription'] as const, ['GET', '/audit_logs'] as const],
    ...[['GET', '/api_keys'] as const, ['POST', '/sessions/sess_1/revoke'] as const],
  ]) {
    if (method === 'HEAD') t.is((await fetchStatus(call, path)).status, 404)
    else t.deepEqual(await codeOf(method, path), [404, 'not_served_here'], `${method} ${path}`)
  }
  for (const path of ['/nothing', '/toString', '/__proto__', '/Users', '/organizations/a/b/c'])
    t.deepEqual(await codeOf('GET', path), [404, 'resource_not_found'], path)
  t.deepEqual(await codeOf('PUT', '/users/user_1/organization_memberships'), [405, 'method_not_allowed'])
  const { headers } = await call('GET', '/v1/jwks', { headers: { authorization: '' } })
  t.is(headers.get('www-authenticate'), 'Bearer realm="rolesets"')
})

function fetchStatus(call: Awaited<ReturnType<typeof openApi>>['call'], path: string) {
  return call('HEAD', `/v1${path}`)
}
