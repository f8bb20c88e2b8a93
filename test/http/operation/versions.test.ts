/** Which version of Clerk's API a request means, and how it is told when that isn't the one it asked for. */

import test from 'ava'
import { parseConfig } from '../../../packages/sidecar/src/config.ts'
import { openApi, type Answered } from '../conforming.ts'

function codeOf({ status, body }: Answered): [number, string] {
  return [status, body.errors[0].code]
}

test('the version comes in a header or in the query, and the answer says which one it is', async (t) => {
  const { call } = await openApi(t)
  const get = (query: string, headers: Record<string, string> = {}) => call('GET', `/v1/role_sets${query}`, { headers })
  const versionOf = ({ headers }: Answered) => headers.get('clerk-api-version')
  t.is(versionOf(await get('')), '2026-05-12')
  t.is(versionOf(await get('', { 'clerk-api-version': '2021-02-05' })), '2021-02-05')
  t.is(versionOf(await get('?__clerk_api_version=2025-04-10')), '2025-04-10')
  const both = await get('?__clerk_api_version=2025-04-10', { 'clerk-api-version': '2026-05-12' })
  t.deepEqual(codeOf(both), [400, 'api_version_invalid'])
})

test('an unknown version is refused when it is malformed or older than the newest one', async (t) => {
  const { call } = await openApi(t)
  for (const version of ['2020-01-01', '2026-05-11', '2025-12-01', '2027-02-30', '2027-13-01', '2027-1-1', '20270101'])
    for (const [query, headers] of [
      ['', { 'clerk-api-version': version }],
      [`?__clerk_api_version=${version}`, {}],
    ] as const) {
      const answer = await call('GET', `/v1/role_sets${query}`, { headers })
      t.deepEqual(codeOf(answer), [400, 'api_version_invalid'], version)
      t.true(answer.body.errors[0].long_message.includes('2026-05-12'), version)
    }
  for (const version of ['latest', 'newest', '', '2027-01-01, 2027-01-01', '+02027-01-01', '9999-99-99'])
    t.deepEqual(
      codeOf(await call('GET', '/v1/role_sets', { headers: { 'clerk-api-version': version } })),
      [400, 'api_version_invalid'],
      version,
    )
  const twice = '/v1/role_sets?__clerk_api_version=2027-01-01&__clerk_api_version=2027-01-01'
  t.deepEqual(codeOf(await call('GET', twice)), [400, 'api_version_invalid'])
  t.deepEqual(codeOf(await call('GET', '/v1/role_sets?__clerk_api_version[]=2027-01-01')), [400, 'api_version_invalid'])
})

test('a newer version than the newest known one is answered as that one, with a warning', async (t) => {
  const { call } = await openApi(t)
  for (const version of ['2026-05-13', '2027-02-28', '9999-12-31']) {
    const answer = await call('GET', '/v1/role_sets', { headers: { 'clerk-api-version': version } })
    t.is(answer.status, 200)
    t.is(answer.headers.get('clerk-api-version'), '2026-05-12')
    const warning = answer.headers.get('warning') ?? ''
    t.regex(warning, /^299 rolesets ".*"$/)
    t.true(warning.includes(version) && warning.includes('2026-05-12'))
  }
  t.is((await call('GET', '/v1/role_sets')).headers.get('warning'), null)
})

test('a request without a version means the one of the setting: before 2026-05-12, updates take metadata', async (t) => {
  for (const [setting, status, version] of [
    ['newest', 422, '2026-05-12'],
    ['2026-05-12', 422, '2026-05-12'],
    ['2025-11-10', 200, '2025-11-10'],
    ['2021-02-05', 200, '2021-02-05'],
  ] as const) {
    const { call } = await openApi(t, { ROLESETS_HTTP_DEFAULT_VERSION: setting })
    const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
    const path = `/v1/organizations/${made.id}`
    const body = { public_metadata: { plan: 'gold' } }
    const updated = await call('PATCH', path, { body })
    t.is(updated.status, status, setting)
    t.is(updated.headers.get('clerk-api-version'), version)
    const named = await call('PATCH', path, { body, headers: { 'clerk-api-version': '2025-04-10' } })
    t.like(named, { status: 200, body })
    const newer = await call('PATCH', path, { body, headers: { 'clerk-api-version': '2026-05-12' } })
    t.is(newer.status, 422)
  }
})

test('a default version that there is not is a fault of the configuration', (t) => {
  for (const version of ['2020-01-01', '2027-01-01', 'latest', '2026-5-12', ' 2026-05-12']) {
    const parsed = parseConfig({ flags: {}, env: { ROLESETS_HTTP_DEFAULT_VERSION: version }, readFile: () => '' })
    t.true('faults' in parsed && parsed.faults.length === 1, version)
    t.true('faults' in parsed && parsed.faults[0]?.includes('ROLESETS_HTTP_DEFAULT_VERSION'))
    t.true('faults' in parsed && parsed.faults[0]?.includes('2025-11-10'))
  }
})
