/** What holds for the bodies of all operations: unknown fields, dry runs, null. */

import test from 'ava'
import { openApi, type Answered, type Api } from '../conforming.ts'
import { describedOperations, filled, isNullable, type Described } from './described.ts'

async function revisionOf(api: Api): Promise<string | null> {
  return (await api.call('GET', '/v1/role_sets?limit=1')).headers.get('rolesets-revision')
}

/** Logos are always refused, whatever the body is. */
async function writesOf(api: Api): Promise<Described[]> {
  const all = await describedOperations(api)
  return all.filter(({ writes, path }) => writes && !path.endsWith('/logo'))
}

const errorsOf = ({ body }: Answered): readonly [string, string | undefined][] =>
  (body.errors ?? []).map(({ code, meta }: { code: string; meta?: { param_name: string } }) => [code, meta?.param_name])

test('an unknown field of a body is refused in every operation, and nothing is written', async (t) => {
  const api = await openApi(t)
  const before = await revisionOf(api)
  const writes = await writesOf(api)
  t.true(writes.length > 25)
  for (const { method, path, body, operationId } of writes) {
    const isList = body?.type === 'array'
    for (const name of ['color', 'dry_run', 'dryRun', 'DRY_RUN', 'dry-run', 'toString', 'id', 'object']) {
      const fields = { [name]: true }
      const answer = await api.call(method, filled(path), { body: isList ? [fields] : fields })
      t.is(answer.status, 422, `${operationId} ${name}`)
      t.true(
        errorsOf(answer).some(([code, field]) => code === 'form_param_unknown' && field === name),
        `${operationId} ${name}`,
      )
      if (/dry/i.test(name)) t.regex(JSON.stringify(answer.body), /\?dry_run=true/, operationId)
    }
    const shown = isList ? body?.items : body
    if (body !== undefined) t.is(shown?.additionalProperties, false, operationId)
    t.is((await api.call(method, filled(path), { body: isList ? { dry_run: true } : [{ dry_run: true }] })).status, 400)
  }
  t.is(await revisionOf(api), before)
})

test('an operation without a body accepts an empty one', async (t) => {
  const api = await openApi(t)
  for (const body of [undefined, '', '{}', {}]) {
    const { body: role } = await api.call('POST', '/v1/organization_roles', { body: { name: 'A', key: 'org:a' } })
    const headers = { 'content-type': 'application/json' }
    t.is((await api.call('DELETE', `/v1/organization_roles/${role.id}`, { body, headers })).status, 200)
  }
})

test('a dry run is asked for in the query only: any other way is refused, and nothing is written', async (t) => {
  const api = await openApi(t)
  const before = await revisionOf(api)
  const permission = { name: 'A', key: 'org:a:b' }
  const post = (query: string, headers: Record<string, string> = {}) =>
    api.call('POST', `/v1/organization_permissions${query}`, { body: permission, headers })
  for (const name of ['dry-run', 'x-dry-run', 'rolesets-dry-run', 'x-rolesets-dry-run', 'X-DryRun', 'dry_run'])
    for (const value of ['true', 'false', '1', '']) {
      const answer = await post('', { [name]: value })
      t.deepEqual([answer.status, answer.body.errors[0].code], [400, 'malformed_request_parameters'], name)
    }
  t.is((await post('', { prefer: 'respond-async, dry-run' })).status, 400)
  for (const query of [
    ...[
      'dry_run=yes',
      'dry_run=TRUE',
      'dry_run=',
      'dry_run',
      'dry_run=2',
      'dry_run=on',
      'dry_run=true%20',
      'dry_run=null',
    ],
    ...['dryRun=true', 'dryrun=true', 'dry-run=true', 'DRY_RUN=true', 'dry_run[]=true', 'dry_run[0]=true'],
    ...['dry_run=true&dry_run=true', 'dry_run=true&dry_run=false', 'dry_run.=true', '%20dry_run=true'],
  ])
    t.is((await post(`?${query}`)).status, 422, query)
  for (const query of ['dry_run=true', 'dry_run=1', 'dry%5Frun=true', '&dry_run=1&']) {
    const answer = await post(`?${query}`)
    t.like(answer, { status: 200, body: { object: 'impact', dry_run: true } })
    t.is(answer.headers.get('rolesets-dry-run'), 'true')
  }
  t.is(await revisionOf(api), before)
  for (const [place, query] of ['dry_run=false', 'dry_run=0', ''].entries()) {
    const body = { name: 'A', key: `org:a:c${place}` }
    const answer = await api.call('POST', `/v1/organization_permissions?${query}`, { body })
    t.is(answer.body.object, 'permission', query)
    t.is(answer.headers.get('rolesets-dry-run'), null)
  }
})

/** What null makes of a field; every other one stays as it is. */
/** What an update can't be without. */
const leastOf: Readonly<Record<string, object>> = { UpdateMembership: { role: 'org:a' } }

const emptied: Readonly<Record<string, unknown>> = { slug: '', public_metadata: {}, private_metadata: {} }

test('null empties what can be empty, and leaves everything else as it is, in every update', async (t) => {
  const api = await openApi(t)
  const make = async (path: string, body: object) => (await api.call('POST', path, { body })).body
  const described = { name: 'N', description: 'Words' }
  const permission = await make('/v1/organization_permissions', { ...described, key: 'org:a:b' })
  const role = await make('/v1/organization_roles', { ...described, key: 'org:a', permissions: [permission.id] })
  const set = {
    ...{ ...described, key: 'role_set:a', roles: ['org:admin', 'org:a'] },
    ...{ default_role_key: 'org:a', creator_role_key: 'org:admin' },
  }
  await make('/v1/role_sets', set)
  const own = { name: 'Acme', slug: 'acme', max_allowed_memberships: 5, role_set_key: 'role_set:a' }
  const metadata = { public_metadata: { a: 1 }, private_metadata: { b: 2 } }
  const organization = await make('/v1/organizations', { ...own, ...metadata })
  const ofMember = { user_id: 'ann', role: 'org:a' }
  await make(`/v1/organizations/${organization.id}/memberships`, ofMember)
  const domain = await make(`/v1/organizations/${organization.id}/domains`, { name: 'example.com' })
  await api.call('PUT', '/v1/organization_scope_kinds/department', { body: { fallback: 'none' } })
  const scope = 'department:x'
  const ofScope = { body: { role_set_key: 'role_set:a' } }
  await api.call('PUT', `/v1/organizations/${organization.id}/scopes/${scope}/role_set`, ofScope)
  const ids: Record<string, string> = {
    ...{ permission_id: permission.id, organization_role_id: role.id, role_set_key_or_id: 'role_set:a' },
    ...{ organization_id: organization.id, domain_id: domain?.id ?? 'none', scope },
    user_id: ofMember.user_id,
  }
  const updates = (await writesOf(api)).filter(({ method }) => method === 'PATCH')
  const tried: string[] = []
  for (const { path, body, operationId } of updates)
    for (const [name, schema] of Object.entries(body?.properties ?? {})) {
      if (!isNullable(schema)) continue
      const place = filled(path, ids)
      // Metadata is a field of this update only in older versions.
      const headers = { 'clerk-api-version': '2025-11-10' }
      const least = leastOf[operationId ?? ''] ?? {}
      const before = (await api.call('PATCH', place, { body: least, headers })).body
      const answer = await api.call('PATCH', place, { body: { ...least, [name]: null }, headers })
      t.is(answer.status, 200, `${operationId} ${name}`)
      const description = operationId === 'UpdatePermission' ? '' : null
      const expected = name === 'description' ? description : (emptied[name] ?? before[name])
      const { updated_at: _time, ...after } = answer.body
      t.deepEqual(after, withField(before, name, expected), `${operationId} ${name}`)
      tried.push(`${operationId} ${name}`)
    }
  for (const one of ['UpdateRole description', 'UpdateRoleSet description', 'UpdateOrganization slug'])
    t.true(tried.includes(one), one)
  t.true(tried.length >= 25, tried.join())
})

function withField({ updated_at: _time, ...before }: Record<string, unknown>, name: string, value: unknown) {
  return name in before ? { ...before, [name]: value } : before
}

test('metadata that is merged must not be null', async (t) => {
  const api = await openApi(t)
  const { body } = await api.call('POST', '/v1/organizations', { body: { name: 'A' } })
  for (const name of ['public_metadata', 'private_metadata']) {
    const path = `/v1/organizations/${body.id}/metadata`
    t.deepEqual(errorsOf(await api.call('PATCH', path, { body: { [name]: null } })), [['form_param_nil', name]])
    t.like(await api.call('PUT', path, { body: { [name]: null } }), { status: 200, body: { [name]: {} } })
  }
})
