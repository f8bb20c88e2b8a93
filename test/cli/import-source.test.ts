/** The source of an import as strangers are: slow, cut off, of another shape, without an end. */

import type { ServerResponse } from 'node:http'
import test from 'ava'
import { Source } from '../../packages/sidecar/src/cli/import/source.ts'
import { organizationSchema } from '../../packages/sidecar/src/cli/import/schema.ts'
import { answer, openSourceServer, organization, sourceKey, type SourceServer } from './import-source-server.ts'

function sourceOf({ url }: Pick<SourceServer, 'url'>, retriesMax = 3, signal = new AbortController().signal) {
  return new Source({ url, key: sourceKey, insecure: false, signal, retriesMax })
}

async function idsOf(source: Source): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { items } of source.pages('organizations', organizationSchema))
    ids.push(...items.map(({ id }) => id))
  return ids
}

test('a long list comes page by page, in the order in which it grew', async (t) => {
  const organizations = Array.from({ length: 1_100 }, (_, at) => organization(`org_${at}`))
  const server = await openSourceServer(t, { organizations })
  t.is((await idsOf(sourceOf(server))).length, 1_100)
  const asked = server.requests.map((path) => new URL(path, server.url).searchParams)
  t.deepEqual(
    asked.map((query) => [query.get('offset'), query.get('limit'), query.get('order_by')]),
    ['0', '500', '1000'].map((offset) => [offset, '500', 'created_at']),
  )
})

test('who is asked to wait waits, and who finds a server that stumbles asks again', async (t) => {
  const server = await openSourceServer(t)
  const wait = { 'retry-after': '0' }
  const stumbles = [
    (response: ServerResponse) => answer(response, 429, {}, wait),
    (response: ServerResponse) => answer(response, 503, {}, wait),
    (response: ServerResponse) => {
      // Cut off in the middle of the body.
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"data":[', () => response.destroy())
    },
  ]
  server.interfere = (_request, response) => {
    const stumble = stumbles.shift()
    stumble?.(response)
    return stumble !== undefined
  }
  t.deepEqual(await idsOf(sourceOf(server)), ['org_acme', 'org_hooli'])
  t.is(server.requests.length, 4)
})

test('retries have an end', async (t) => {
  const server = await openSourceServer(t)
  server.interfere = (_request, response) => {
    answer(response, 429, {}, { 'retry-after': '0' })
    return true
  }
  await t.throwsAsync(idsOf(sourceOf(server, 2)), { code: 'unavailable', message: /too many requests.*later/ })
  t.is(server.requests.length, 3)
})

const row = organization('org_a')

for (const [what, status, body, message] of [
  ['a page of HTML', 200, '<!doctype html><p>Welcome', /not JSON.*doctype.*Check that --url/],
  ['rows that are no organizations', 200, { data: [{ id: 5 }], total_count: 1 }, /data\.0\.id/],
  ['a bare list', 200, [row], /is malformed/],
  ['more rows than were asked for', 200, { data: Array(501).fill(row), total_count: 501 }, /is malformed/],
  ['an empty page before the end', 200, { data: [], total_count: 3 }, /reports 3 items.*empty page/],
  ['the same page again and again', 200, { data: [row], total_count: 3 }, /the same page twice at offset 1/],
  ['a refusal of the key', 401, { errors: [{ code: 'clerk_key_invalid' }] }, /--key-file.*clerk_key_invalid/],
  ['a refusal of the request', 422, { errors: [{ code: 'form_param_unknown' }] }, /422.*form_param_unknown/],
  ['control characters', 400, '\u001b[2Jgone', /400: "\[2Jgone"/],
] as const) {
  test(`${what} from the source is an error that says so`, async (t) => {
    const server = await openSourceServer(t)
    server.interfere = (_request, response) => {
      answer(response, status, body)
      return true
    }
    await t.throwsAsync(idsOf(sourceOf(server)), { code: 'unavailable', message })
  })
}

test('the key goes nowhere but to the source', async (t) => {
  const server = await openSourceServer(t)
  const other = await openSourceServer(t)
  server.interfere = (_request, response) => {
    answer(response, 302, '', { location: `${other.url}/v1/organizations` })
    return true
  }
  await t.throwsAsync(idsOf(sourceOf(server)), { code: 'unavailable' })
  t.deepEqual(other.requests, [])
  for (const url of ['http://api.example.com', 'ftp://127.0.0.1', 'clerk', 'https://api.example.com/?a=b']) {
    t.throws(() => sourceOf({ url }), { code: 'usage' }, url)
  }
  t.is(sourceOf({ url: 'https://api.example.com/clerk/v1/' }).url, 'https://api.example.com/clerk')
})

test('a source that says nothing is left when the user has enough', async (t) => {
  const server = await openSourceServer(t)
  const controller = new AbortController()
  server.interfere = () => {
    controller.abort()
    return true
  }
  await t.throwsAsync(idsOf(sourceOf(server, 3, controller.signal)), { code: 'aborted' })
})
