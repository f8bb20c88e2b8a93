/** What a caller can make the HTTP server do: how many connections it holds, and how much work a body is. */

import test from 'ava'
import { jsonProblem } from '../../packages/sidecar/src/http/operation/json-bounds.ts'
import { openTestSidecar, readKey, secretKey } from '../grpc/open-sidecar.ts'

const env = { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }

test('a body is counted before it is parsed', (t) => {
  const problem = (text: string) => jsonProblem(Buffer.from(text))
  t.regex(problem(`[${'{},'.repeat(200_000)}{}]`) ?? '', /more than 100000 values/)
  t.regex(problem('['.repeat(1_000_000)) ?? '', /nested deeper than 100 levels/)
  t.regex(problem('{"a":'.repeat(101)) ?? '', /nested deeper/)
  for (const fine of [
    '',
    '{}',
    '[1,2,3]',
    JSON.stringify({ text: '[[[[,,,,'.repeat(100_000) }),
    `"${'\\"['.repeat(200)}"`,
  ])
    t.is(problem(fine), undefined, fine.slice(0, 20))
})

test('a body of many small values is refused, and a read key gets no body read', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const post = async (body: string, key: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const response = await fetch(`http://${sidecar.http}/v1/role_sets`, { method: 'POST', body, headers })
    const { errors } = (await response.json()) as { errors: { code: string; long_message: string }[] }
    return { status: response.status, ...errors[0] }
  }
  const many = `{"roles":[${'0,'.repeat(300_000)}0]}`
  const refused = await post(many, secretKey)
  t.like(refused, { status: 400, code: 'request_body_invalid' })
  t.regex(refused.long_message ?? '', /more than 100000 values/)
  t.like(await post('not json', readKey), { status: 403, code: 'authorization_invalid' })
})

test('a query with thousands of parameters is refused', async (t) => {
  const { sidecar } = await openTestSidecar(t, env)
  const headers = { authorization: `Bearer ${readKey}` }
  const response = await fetch(`http://${sidecar.http}/v1/organizations?${'a&'.repeat(5_000)}`, { headers })
  t.is(response.status, 422)
})
