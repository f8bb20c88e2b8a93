import test from 'ava'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { connect, readKey, secretKey } from '../../grpc/open-sidecar.ts'
import { openApi, refusalOf, withEachClient, type Answered, type Api } from '../conforming.ts'

const permission = { name: 'A', key: 'org:a:b' }

function codeOf({ status, body }: Answered): [number, string] {
  return [status, body.errors[0].code]
}

async function revisionOf(api: Api): Promise<string | null> {
  return (await api.call('GET', '/v1/role_sets?limit=1')).headers.get('rolesets-revision')
}

test('without a key nothing below /v1 is answered, and each fault of a key has its code', async (t) => {
  const { call } = await openApi(t)
  for (const path of ['/v1/role_sets', '/v1/openapi.json', '/v1/nothing', '/v1/']) {
    for (const authorization of ['', 'Basic abc', 'Bearer', `Bearer ${secretKey} more`]) {
      const answer = await call('GET', path, { headers: { authorization } })
      t.deepEqual(codeOf(answer), [401, 'authorization_header_format_invalid'], `${path} ${authorization}`)
      t.is(answer.headers.get('www-authenticate'), 'Bearer realm="rolesets"')
    }
    const wrong = await call('GET', path, { headers: { authorization: 'Bearer sk_test_wrong' } })
    t.deepEqual(codeOf(wrong), [401, 'clerk_key_invalid'], path)
    t.notRegex(JSON.stringify(wrong.body), /sk_test_wrong/)
  }
})

test("a read key reads; it can't write or read the audit", async (t) => {
  const { call } = await openApi(t)
  const headers = { authorization: `Bearer ${readKey}` }
  t.is((await call('GET', '/v1/role_sets', { headers })).status, 200)
  for (const query of ['', '?dry_run=true'])
    t.deepEqual(codeOf(await call('POST', `/v1/organization_permissions${query}`, { headers, body: permission })), [
      403,
      'authorization_invalid',
    ])
  t.deepEqual(codeOf(await call('GET', '/v1/changes', { headers })), [403, 'authorization_invalid'])
})

test('unknown paths and unknown methods are distinguished', async (t) => {
  const { call } = await openApi(t)
  for (const path of ['/v1', '/v1/', '/v1/nothing', '/v1/role_sets/a/b/c', '/v1/ROLE_SETS'])
    t.deepEqual(codeOf(await call('GET', path)), [404, 'resource_not_found'], path)
  const wrong = await call('PUT', '/v1/role_sets')
  t.deepEqual(codeOf(wrong), [405, 'method_not_allowed'])
  t.is(wrong.headers.get('allow'), 'GET, HEAD, POST')
  t.is((await call('OPTIONS', '/v1/role_sets/x/replace')).headers.get('allow'), 'POST')
  t.is((await call('HEAD', '/v1/role_sets')).status, 200)
  t.deepEqual(codeOf(await call('GET', '/v1/role_sets/%ff')), [400, 'malformed_request_parameters'])
})

test('an unreadable body is rejected with the right status, and an empty body is no body', async (t) => {
  const api = await openApi(t)
  const before = await revisionOf(api)
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    api.call('POST', '/v1/organization_permissions', { body, headers })
  for (const body of ['{', '{"name":"A",}', 'null,', 'undefined', '\u0000'])
    t.deepEqual(codeOf(await post(body)), [400, 'request_body_invalid'], body)
  for (const body of ['null', '[]', '1', '"text"', '[{"name":"A"}]'])
    t.deepEqual(codeOf(await post(body)), [400, 'request_body_invalid'], body)
  t.deepEqual(codeOf(await post('{}', { 'content-type': 'text/plain' })), [415, 'unsupported_content_type'])
  t.deepEqual(codeOf(await post('{}', { 'content-type': 'application/json; charset=latin1' })), [
    415,
    'unsupported_content_type',
  ])
  t.deepEqual(codeOf(await post('{}', { 'content-encoding': 'rot13' })), [415, 'unsupported_content_type'])
  t.deepEqual(codeOf(await post(JSON.stringify({ name: 'x'.repeat(1024 * 1024) }))), [413, 'request_body_too_large'])
  t.deepEqual(codeOf(await post(undefined, { 'content-type': 'application/json' })), [422, 'form_param_missing'])
  t.is(await revisionOf(api), before)
  t.is((await post(permission, { 'content-type': 'application/json; charset=utf-8' })).status, 200)
})

test('a body is UTF-8, also when it is compressed', async (t) => {
  const { base } = await openApi(t)
  const post = async (body: Buffer, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const sent = { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json', ...headers }
      request(`${base}/v1/organization_permissions`, { method: 'POST', headers: sent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
        .on('error', reject)
        .end(body)
    })
  t.is(await post(Buffer.from('7b226e616d65223a22ff222c226b6579223a226f72673a613a62227d', 'hex'), {}), 400)
  t.is(await post(gzipSync(JSON.stringify(permission)), { 'content-encoding': 'gzip' }), 200)
  t.is(await post(gzipSync(Buffer.alloc(4 * 1024 * 1024, 32)), { 'content-encoding': 'gzip' }), 413)
})

test('invalid paging and ordering are rejected, and the error names the parameter', async (t) => {
  const { call } = await openApi(t)
  for (const [query, code, name] of [
    ['limit=0', 'form_param_value_invalid', 'limit'],
    ['limit=501', 'form_param_value_invalid', 'limit'],
    ['limit=-1', 'form_param_value_invalid', 'limit'],
    ['limit=ten', 'form_param_type_invalid', 'limit'],
    ['limit=1.5', 'form_param_type_invalid', 'limit'],
    ['limit=', 'form_param_type_invalid', 'limit'],
    ['limit=1&limit=2', 'form_param_type_invalid', 'limit'],
    ['offset=-1', 'form_param_value_invalid', 'offset'],
    ['offset=99999999999999', 'form_param_value_invalid', 'offset'],
    ['order_by=color', 'form_param_value_invalid', 'order_by'],
    ['order_by=%2B', 'form_param_value_invalid', 'order_by'],
    ['order_by=', 'form_param_value_invalid', 'order_by'],
  ] as const)
    for (const list of ['role_sets', 'organization_roles', 'organization_permissions']) {
      const answer = await call('GET', `/v1/${list}?${query}`)
      t.deepEqual(codeOf(answer), [422, code], query)
      t.is(answer.body.errors[0].meta.param_name, name, query)
    }
})

test("a plus sign that isn't escaped is understood", async (t) => {
  const { call } = await openApi(t)
  const keysOf = async (order: string) =>
    (await call('GET', `/v1/organization_roles?order_by=${order}`)).body.data.map(({ key }: { key: string }) => key)
  for (const order of ['+key', '%2Bkey', 'key', '%20key']) t.deepEqual(await keysOf(order), ['org:admin', 'org:member'])
  t.deepEqual(await keysOf('-key'), ['org:member', 'org:admin'])
})

withEachClient('all faults of a request are reported at once, with a trace id', async (t, { roleSets }) => {
  const refused = await roleSets.createRoleSet({ color: 'red' } as never).catch((error: unknown) => error)
  const { status, errors, clerkTraceId } = refused as {
    status: number
    errors: { code: string }[]
    clerkTraceId: string
  }
  t.is(status, 422)
  t.deepEqual(errors.map(({ code }) => code).sort(), [
    ...['form_param_missing', 'form_param_missing', 'form_param_missing', 'form_param_missing', 'form_param_unknown'],
  ])
  t.regex(clerkTraceId, /^[0-9a-f]{32}$/)
})

withEachClient('a wrong secret key is rejected as Clerk rejects it', async (t, _clerk, { base, call }) => {
  const { createClerkClient } = await import('@clerk/backend')
  const stranger = createClerkClient({ secretKey: 'sk_test_wrong', apiUrl: base, telemetry: { disabled: true } })
  t.like(await refusalOf(stranger.roleSets.getRoleSetList({})), { status: 401, code: 'clerk_key_invalid' })
  t.is((await call('GET', '/v1/role_sets')).status, 200)
})

test('a dry run shows what would be written, and writes nothing', async (t) => {
  const api = await openApi(t)
  const before = await revisionOf(api)
  const { status, headers, body } = await api.call('POST', '/v1/organization_permissions?dry_run=true', {
    body: permission,
  })
  t.is(status, 200)
  t.is(headers.get('etag'), null)
  t.like(body, { object: 'impact', dry_run: true, organizations: 0, members: 0, violations: [], revision: before })
  t.like(body.resource, { object: 'permission', key: 'org:a:b' })
  t.is(await revisionOf(api), before)
  for (const query of ['dry_run=yes', 'dry_run=', 'dry_run=TRUE', 'dryrun=true', 'dry_run=true&dry_run=false'])
    t.is((await api.call('POST', `/v1/organization_permissions?${query}`, { body: permission })).status, 422, query)
  t.is(await revisionOf(api), before)
  const malformed = await api.call('POST', '/v1/organization_permissions?dry_run=true', {
    body: { name: 'A', key: 'a' },
  })
  t.deepEqual(codeOf(malformed), [422, 'form_param_format_invalid'])
})

test('a dry run shows the members that would move, the required mappings, and why the write would be rejected', async (t) => {
  const { call } = await openApi(t)
  await call('POST', '/v1/organization_roles', { body: { name: 'Analyst', key: 'org:analyst' } })
  await call('POST', '/v1/role_sets', {
    body: {
      ...{ name: 'Gold', key: 'role_set:gold', roles: ['org:admin', 'org:analyst'] },
      ...{ default_role_key: 'org:analyst', creator_role_key: 'org:admin' },
    },
  })
  const organization = await call('POST', '/v1/organizations', {
    body: { name: 'Acme', role_set_key: 'role_set:gold' },
  })
  const place = `/v1/organizations/${organization.body.id}`
  await call('POST', `${place}/memberships`, { body: { user_id: 'user_1', role: 'org:analyst' } })
  await call('POST', `${place}/invitations`, { body: { email_address: 'a@example.com', role: 'org:analyst' } })

  const replace = (reassignment_mappings: object, dryRun = true) =>
    call('POST', `/v1/role_sets/role_set:gold/replace?dry_run=${dryRun}`, {
      body: { dest_role_set_key: 'role_set:default', reassignment_mappings },
    })
  const missing = await replace({})
  t.is(missing.status, 200)
  t.is(missing.body.resource, null)
  const required = [{ role: 'org:analyst', members: 1, invitations: 1, organizations: 1 }]
  t.deepEqual(missing.body.required_mappings, required)
  t.like(missing.body.violations[0], {
    code: 'organization_role_set_reassignment_mappings_missing',
    reason: 'mapping_missing',
    meta: { param_name: 'reassignment_mappings' },
  })

  const { body } = await replace({ 'org:analyst': 'org:member' })
  t.like(body, { organizations: 1, members: 1, invitations: 1, violations: [] })
  t.deepEqual(body.roles, [
    { role: 'org:analyst', to_role: 'org:member', members: 1, invitations: 1, organizations: 1 },
  ])
  t.deepEqual(body.required_mappings, required)
  t.like(body.resource, { object: 'role_set', deleted: true })
  t.is((await call('GET', '/v1/role_sets/role_set:gold')).status, 200)
  t.deepEqual((await replace({ 'org:analyst': 'org:member' }, false)).body, body.resource)
})

test('a write with If-Match is rejected when the thing has changed since', async (t) => {
  const { call } = await openApi(t)
  const made = await call('POST', '/v1/organization_permissions', { body: permission })
  const path = `/v1/organization_permissions/${made.body.id}`
  const tag = made.headers.get('etag') ?? ''
  t.regex(tag, /^"\w+:\d+"$/)
  t.is((await call('GET', path)).headers.get('etag'), tag)
  const patch = (match: string, name: string, query = '') =>
    call('PATCH', `${path}${query}`, { body: { name }, headers: { 'if-match': match } })
  const changed = await patch(tag, 'B')
  t.is(changed.status, 200)
  t.not(changed.headers.get('etag'), tag)
  t.deepEqual(codeOf(await patch(tag, 'C')), [412, 'revision_conflict'])
  t.deepEqual(codeOf(await patch(tag, 'C', '?dry_run=true')), [412, 'revision_conflict'])
  t.deepEqual(codeOf(await patch(`W/${tag}`, 'C')), [412, 'revision_conflict'])
  t.deepEqual(codeOf(await patch('"another:1"', 'C')), [412, 'revision_conflict'])
  for (const match of ['abc', '"abc"', `${tag}, "b"`])
    t.deepEqual(codeOf(await patch(match, 'C')), [400, 'malformed_request_parameters'], match)
  t.is((await call('GET', path)).body.name, 'B')
  t.is((await patch('*', 'D')).status, 200)
  t.is((await patch(changed.headers.get('etag') ?? '', 'E')).status, 412)
})

test('every answer has a revision: the one of a write is known to gRPC', async (t) => {
  const { call, target } = await openApi(t)
  const made = await call('POST', '/v1/organization_roles', { body: { name: 'A', key: 'org:a' } })
  const revision = made.headers.get('rolesets-revision')
  const client = connect(t, target)
  const seen = await client.call('GetRole', { role: 'org:a', atLeastRevision: revision })
  t.like(seen, { role: { id: made.body.id } })
})

test('the audit lists actors and operations, newest first, in pages', async (t) => {
  const { call } = await openApi(t)
  const named = { 'x-rolesets-actor': 'Ada' }
  await call('POST', '/v1/organization_permissions', { body: permission, headers: named })
  const { body: role } = await call('POST', '/v1/organization_roles', { body: { name: 'A', key: 'org:a' } })
  const all = await call('GET', '/v1/changes')
  t.is(all.status, 200)
  t.deepEqual(
    all.body.data.map(({ actor, operation }: { actor: string; operation: string }) => [actor, operation]),
    [
      ['admin', 'CreateRole'],
      ['Ada', 'CreatePermission'],
      ['rolesets', 'Seed'],
    ],
  )
  t.is(all.body.next_cursor, null)
  t.like(all.body.data[0].changes[0], { kind: 'role_put', thing: 'role', id: role.id, before: null })
  const first = await call('GET', '/v1/changes?limit=1&oldest_first=true')
  t.is(first.body.data[0].operation, 'Seed')
  const second = await call('GET', `/v1/changes?limit=1&oldest_first=true&cursor=${first.body.next_cursor}`)
  t.is(second.body.data[0].operation, 'CreatePermission')
  t.is((await call('GET', '/v1/changes?thing=org:a')).body.data.length, 1)
  t.is((await call('GET', '/v1/changes?actor=Ada')).body.data.length, 1)
  t.is((await call('GET', '/v1/changes?from=2999-01-01T00:00:00Z')).body.data.length, 0)
  t.is((await call('GET', `/v1/changes?to=${Date.now() + 60_000}`)).body.data.length, 3)
  t.deepEqual(codeOf(await call('GET', '/v1/changes?from=yesterday')), [422, 'form_param_format_invalid'])
  t.is((await call('GET', '/v1/changes?cursor=abc')).status, 422)
  for (const actor of ['', ' ', 'x'.repeat(256)])
    t.is(
      (await call('POST', '/v1/organization_roles', { body: {}, headers: { 'x-rolesets-actor': actor } })).status,
      400,
    )
})

test('writes count in the metrics under the names of their calls', async (t) => {
  const { call, base } = await openApi(t)
  await call('POST', '/v1/organization_permissions', { body: permission })
  await call('POST', '/v1/organization_permissions', { body: permission })
  await call('POST', '/v1/organization_permissions?dry_run=true', { body: { name: 'A', key: 'org:a:c' } })
  const text = await (await fetch(`${base}/metrics`)).text()
  for (const result of ['OK', 'KEY_TAKEN', 'DRY_RUN'])
    t.true(text.includes(`rolesets_writes_total{operation="CreatePermission",result="${result}"} 1`), result)
})

test('the document names every operation once, and every path in it exists', async (t) => {
  const { call } = await openApi(t)
  const { body } = await call('GET', '/v1/openapi.json')
  t.is(body.openapi, '3.1.0')
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { operationId: string }>).map(([method, { operationId }]) => ({
      ...{ path, method, operationId },
    })),
  )
  t.is(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  for (const { path, method } of operations) {
    if (method !== 'get') continue
    const { status, body: answer } = await call('GET', `/v1${path.replace(/\{\w+\}/g, 'none')}`)
    if (status !== 200) t.notRegex(answer.errors[0].long_message, /no such path/, path)
  }
  const wanted = 'role_sets organization_roles organization_permissions organizations organization_memberships'
  for (const path of wanted.split(' ')) t.true(`/${path}` in body.paths, path)
})
