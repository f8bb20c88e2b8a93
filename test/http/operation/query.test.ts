/** Parameters of the query, in every way that clients write them: each is honoured or refused, never ignored. */

import test from 'ava'
import { openApi, type Answered, type Api } from '../conforming.ts'

function firstOf({ status, body }: Answered) {
  const [error] = body.errors
  return [status, error.code, error.meta?.param_name]
}

async function withMembers(api: Api, ...users: string[]): Promise<string> {
  const { body } = await api.call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  const path = `/v1/organizations/${body.id}/memberships`
  for (const user_id of users) await api.call('POST', path, { body: { user_id, role: 'org:member' } })
  return path
}

const usersOf = ({ body }: Answered) =>
  body.data.map(({ public_user_data: { user_id } }: { public_user_data: { user_id: string } }) => user_id).sort()

test('a list is written by repeating its name, plain, with brackets, or with an index', async (t) => {
  const api = await openApi(t)
  const path = await withMembers(api, 'u1', 'u2', 'u3')
  for (const query of [
    'user_id=u1&user_id=u2',
    'user_id[]=u1&user_id[]=u2',
    'user_id%5B%5D=u1&user_id%5B%5D=u2',
    'user_id[0]=u1&user_id[1]=u2',
    'user_id[7]=u1&user_id[3]=u2',
    'user_id%5B0%5D=u1&user_id%5B1%5D=u2',
    'user_id=u1&user_id[]=u2',
    'user_id=%2Bu1&user_id=+u2',
    'user_id=-u3',
    'user_id[0]=-u3',
  ]) {
    const answer = await api.call('GET', `${path}?${query}`)
    t.deepEqual([answer.body.total_count, usersOf(answer)], [2, ['u1', 'u2']], query)
  }
  for (const query of ['user_id[]=u1', 'user_id[0]=u1', 'user_id[9]=%2Bu1'])
    t.deepEqual(usersOf(await api.call('GET', `${path}?${query}`)), ['u1'], query)
  const roles = `${path}?role=org:admin,org:member&limit=500`
  t.deepEqual(usersOf(await api.call('GET', roles)), ['u1', 'u2', 'u3'])
})

test('a name that is written in any other way is refused, and the error shows it', async (t) => {
  const api = await openApi(t)
  const path = await withMembers(api, 'u1', 'u2')
  for (const name of [
    ...['user_id[a]', 'user_id[0][id]', 'user_id[][]', 'user_id[', 'user_id]', '[user_id]', '[]', '[0]', 'user_id[-1]'],
    ...['user_id.0', 'user_ids', 'userId', 'USER_ID', 'user_id ', 'user', 'toString', '__proto__', 'constructor'],
    ...['limit ', 'Limit', 'page', 'dry_run', 'fields'],
  ])
    t.deepEqual(
      firstOf(await api.call('GET', `${path}?${encodeURIComponent(name)}=u1`)),
      [422, 'form_param_unknown', name],
      name,
    )
  t.is((await api.call('GET', `${path}?=u1`)).status, 422)
  t.is((await api.call('GET', `${path}?&&limit=1&`)).status, 200)
  const commas = await api.call('GET', `${path}?user_id=u1,u2`)
  t.deepEqual(firstOf(commas), [422, 'form_param_format_invalid', 'user_id'])
  t.regex(commas.body.errors[0].long_message, /Repeat the parameter/)
  const broken = await api.call('GET', `${path}?user_id=%ff`)
  t.is(broken.body.errors[0].code, 'malformed_request_parameters')
})

test('every operation refuses a parameter that it does not have', async (t) => {
  const { call } = await openApi(t)
  const { body } = await call('GET', '/v1/openapi.json')
  for (const [path, methods] of Object.entries<Record<string, unknown>>(body.paths))
    for (const method of Object.keys(methods)) {
      const answer = await call(method.toUpperCase(), `/v1${path.replace(/\{\w+\}/g, 'none')}?filter[0]=a`)
      t.is(answer.status, 422, `${method} ${path}`)
      const codes = answer.body.errors.map(({ code, meta }: { code: string; meta?: { param_name: string } }) => [
        code,
        meta?.param_name,
      ])
      t.deepEqual(codes[0], ['form_param_unknown', 'filter'], `${method} ${path}`)
    }
})

test('a flag is true, 1, false or 0, and nothing else', async (t) => {
  const { call } = await openApi(t)
  await call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  const names = ['include_members_count', 'include_missing_member_with_elevated_permissions'] as const
  const shown = { include_members_count: 'members_count' } as const
  for (const name of names) {
    const field = name === 'include_members_count' ? shown[name] : 'missing_member_with_elevated_permissions'
    for (const [value, isShown] of [
      ['true', true],
      ['1', true],
      ['false', false],
      ['0', false],
    ] as const) {
      const answer = await call('GET', `/v1/organizations?${name}=${value}`)
      t.is(field in answer.body.data[0], isShown, `${name}=${value}`)
    }
    for (const value of ['TRUE', 'True', 'yes', 'on', '2', '', '-1', '01', 'true ', 'null'])
      t.deepEqual(
        firstOf(await call('GET', `/v1/organizations?${name}=${encodeURIComponent(value)}`)),
        [422, 'form_param_value_invalid', name],
        value,
      )
    for (const written of [`${name}`, `${name}[]=true`, `${name}[0]=true`, `${name}=true&${name}=true`])
      t.is((await call('GET', `/v1/organizations?${written}`)).status, 422, written)
  }
})

test('a parameter that is not a list is given once and without brackets', async (t) => {
  const { call } = await openApi(t)
  for (const name of ['limit', 'offset'])
    for (const written of [`${name}[]=1`, `${name}[0]=1`, `${name}=1&${name}=1`, `${name}=1&${name}[]=2`])
      t.deepEqual(
        firstOf(await call('GET', `/v1/role_sets?${written}`)),
        [422, 'form_param_type_invalid', name],
        written,
      )
  for (const name of ['query', 'order_by']) t.is((await call('GET', `/v1/role_sets?${name}[0]=name`)).status, 422, name)
})

test('an empty exact filter is refused, because it would filter nothing', async (t) => {
  const { call } = await openApi(t)
  const { body } = await call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  t.is((await call('GET', `/v1/organizations/${body.id}/invitations?email_address=`)).status, 422)
  t.is((await call('GET', `/v1/organizations/${body.id}/invitations?status=`)).status, 422)
  for (const name of ['thing', 'actor', 'operation'])
    t.deepEqual(firstOf(await call('GET', `/v1/changes?${name}=`)), [422, 'form_param_value_invalid', name])
})
