/**
 * Requests of every shape, most of them wrong: each gets an answer as the document says, never a failure of the server,
 * and a rejected request changes nothing.
 */

import test from 'ava'
import fc from 'fast-check'
import { openApi, type Answered, type Api } from '../conforming.ts'

interface Described {
  readonly path: string
  readonly method: string
  /** Names of the fields of its body and of its query. */
  readonly fields: readonly string[]
  readonly parameters: readonly string[]
}

/** Statuses of what a client does wrong, and of success. */
const allowed = new Set([200, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422])

const ids = ['role_set:default', 'role_set:gold', 'org:admin', 'org:member', 'org_1', 'user_1', 'none']
const oddTexts = ['', ' ', '\u0000', '\ud800', '💥', '..', '/', 'org:', 'a'.repeat(300), '__proto__', 'null', '-1', '%']

const text = fc.oneof(fc.constantFrom(...ids), fc.constantFrom(...oddTexts), fc.string({ maxLength: 20 }))
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.array(text, { maxLength: 4 }),
  fc.dictionary(text, text, { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.constantFrom<unknown>(null, true, 0, -1, 1e21, [], {}, [[[[[]]]]]),
)

const malformed = fc.constantFrom('{', '{"a":}', '"', '[1,', 'null null', '{"a":1}}', '\u0000', '<html>', 'NaN')

/** What is right for a field of this name, at least sometimes. */
const plausible: Readonly<Record<string, readonly unknown[]>> = {
  name: ['A', 'Acme'],
  key: ['org:x', 'org:y', 'org:f:a', 'role_set:gold', 'role_set:x'],
  slug: ['acme', null],
  user_id: ['user_1', 'user_2'],
  role: ['org:member', 'org:admin', 'org:x'],
  email_address: ['a@example.com', 'b@example.com'],
  roles: [['org:admin', 'org:member']],
  role_keys: [['org:member'], ['org:x']],
  role_key: ['org:member', 'org:x'],
  to_role_key: ['org:admin', 'org:x'],
  default_role_key: ['org:member'],
  creator_role_key: ['org:admin'],
  role_set_key: ['role_set:default', 'role_set:gold'],
  dest_role_set_key: ['role_set:default', 'role_set:gold'],
  reassignment_mappings: [{}, { 'org:x': 'org:member' }],
  permissions: [[], null],
  type: ['custom', 'initial'],
  organization_id: ['org_1'],
  organization_id_or_slug: ['org_1', 'acme'],
  role_set_key_or_id: ['role_set:default', 'role_set:gold', 'role_set:x'],
  public_metadata: [{ a: 1 }, {}],
  private_metadata: [{ a: null }],
}

function rightBody(fields: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const values = fields.map((name) => [name, fc.constantFrom<unknown>(...(plausible[name] ?? [undefined]))] as const)
  return fc.record(Object.fromEntries(values))
}

function bodyOf({ fields }: Described): fc.Arbitrary<string | undefined> {
  const names = fields.length === 0 ? ['name'] : fields
  const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, text)
  const record = fc.dictionary(name, value, { maxKeys: 5 })
  const spoiled = fc.tuple(rightBody(fields), fc.dictionary(name, value, { maxKeys: 1 }))
  return fc.oneof(
    { weight: 14, arbitrary: rightBody(fields).map((body) => JSON.stringify(body)) },
    { weight: 6, arbitrary: spoiled.map(([right, wrong]) => JSON.stringify({ ...right, ...wrong })) },
    { weight: 3, arbitrary: record.map((body) => JSON.stringify(body)) },
    { weight: 2, arbitrary: fc.array(rightBody(fields), { maxLength: 3 }).map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: malformed },
    { weight: 1, arbitrary: value.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

const headers = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  fc.constantFrom<Record<string, string>>(
    { 'if-match': '*' },
    { 'if-match': '"a:1"' },
    { 'if-match': 'nonsense' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json; charset=utf-7' },
    { 'clerk-api-version': '2021-02-05' },
    { 'clerk-api-version': 'nonsense' },
    { 'x-rolesets-actor': 'x'.repeat(300) },
    { 'x-rolesets-acting-user': 'nobody' },
    { 'x-rolesets-acting-user': '' },
    { 'x-rolesets-grant-policy': 'any' },
    { authorization: 'Bearer nobody' },
    { authorization: '' },
  ),
)

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly body: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

function requestTo(operation: Described): fc.Arbitrary<Sent> {
  const places = operation.path.split('/').map((part) => {
    if (!part.startsWith('{')) return fc.constant(part)
    // `fetch` itself resolves dots, so they'd be another path.
    const right = (plausible[part.slice(1, -1)] ?? ids) as readonly string[]
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...right) }, text).map((given) => {
      const written = encodeURIComponent(given.replace(/\p{Surrogate}/gu, '\ufffd'))
      return /^\.*$/.test(written) ? 'none' : written
    })
  })
  const names = ['limit', 'offset', 'order_by', 'query', 'dry_run', ...operation.parameters]
  return fc.record({
    method: fc.oneof(
      { weight: 12, arbitrary: fc.constant(operation.method) },
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'),
    ),
    path: fc.tuple(...places).map((parts) => parts.join('/')),
    query: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), text), text), { maxLength: 2 }),
    ),
    body: bodyOf(operation),
    headers,
  })
}

async function operationsOf(api: Api): Promise<Described[]> {
  const { body } = await api.call('GET', '/v1/openapi.json')
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as it came
    Object.entries(methods as Record<string, any>).map(([method, { parameters = [], requestBody }]) => {
      const schema = requestBody?.content['application/json'].schema ?? {}
      const properties = schema.properties ?? schema.items?.properties ?? {}
      return {
        path,
        method: method.toUpperCase(),
        fields: Object.keys(properties),
        parameters: parameters.map(({ name }: { name: string }) => name),
      }
    }),
  )
}

async function send(api: Api, { method, path, query, body, headers: more }: Sent): Promise<Answered> {
  const search = new URLSearchParams(query.map(([name, given]): [string, string] => [name, given])).toString()
  const given = method === 'GET' || method === 'HEAD' ? undefined : body
  return api.call(method, `/v1${path}${search === '' ? '' : `?${search}`}`, { body: given, headers: more })
}

test('every request is answered, and a rejected one changes nothing', async (t) => {
  const api = await openApi(t)
  const operations = await operationsOf(api)
  await api.call('POST', '/v1/organization_permissions', { body: { name: 'A', key: 'org:a:b' } })
  // An organization that isn't known is known from its first membership on.
  await api.call('POST', '/v1/organizations/org_1/memberships', { body: { user_id: 'user_9', role: 'org:admin' } })
  t.true(operations.length > 25)
  const { sidecar } = api
  let revision = (await api.call('GET', '/v1/role_sets')).headers.get('rolesets-revision')
  let written = 0
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations).chain(requestTo), async (sent) => {
      const answer = await send(api, sent)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (!allowed.has(answer.status)) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
      const now = answer.headers.get('rolesets-revision')
      const mayChange = answer.status === 200 && sent.method !== 'GET' && sent.method !== 'HEAD'
      if (!mayChange && now !== revision) throw new Error(`${answer.status} changed ${revision} to ${now}`)
      if (now !== revision) written++
      revision = now
    }),
    { numRuns: 1_000 },
  )
  t.true((statuses.get(200) ?? 0) > 50, 'some are right')
  t.true((statuses.get(422) ?? 0) > 50, 'some are wrong')
  t.true(written > 5, `${written} were writes`)
  t.is((await fetch(`http://${sidecar.http}/readyz`)).status, 200)
  t.deepEqual(
    api.log.filter(({ level }) => level === 'error'),
    [],
  )
})

test('a body that is nested too deeply, or has very many fields, is rejected like any other', async (t) => {
  const { call } = await openApi(t)
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, place) => [`f${place}`, 1])))
  const wide = JSON.stringify({ name: 'A', role_set_key: 'x'.repeat(500_000) })
  const nested = `{"name":"A","public_metadata":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`
  for (const body of [deep, many, wide, nested]) {
    const { status, body: answer } = await call('POST', '/v1/organizations', { body })
    t.true([400, 404, 422].includes(status), String(status))
    t.true(JSON.stringify(answer).length < 10_000)
  }
})
