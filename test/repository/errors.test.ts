/** The reasons of errors.proto, the codes of the sidecar and docs/errors.md are one list. */

import { readFileSync } from 'node:fs'
import test from 'ava'
import { refusalCodes } from '@rolesets/core'
import { failureOf } from '../../packages/sidecar/src/grpc/status.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'

interface Row {
  readonly reason: string
  readonly status: string
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The comment of a reason begins with its status: `// NOT_FOUND. The role does not exist.` */
function ofProto(): readonly Row[] {
  const lines = [...read('proto/rolesets/v1/errors.proto').matchAll(/\/\/ ([A-Z_]+)\. .*\n\s+([A-Z_]+) = \d+;/g)]
  return lines.map(([, status = '', reason = '']) => ({ reason, status }))
}

function ofDocs(): readonly Row[] {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| `([A-Z_]+)` \| .+ \| .+ \|$/gm)]
  return rows.map(([, reason = '', status = '']) => ({ reason, status }))
}

/** The table of status.ts, read as text: the compiler checks its keys, this test compares its values. */
function ofStatus(): readonly Row[] {
  const rows = [...read('packages/sidecar/src/grpc/status.ts').matchAll(/\[s\.([A-Z_]+), '([A-Z_]+)'\]/g)]
  return rows.map(([, status = '', reason = '']) => ({ reason, status }))
}

const byReason = (rows: readonly Row[]) =>
  [...new Map(rows.map((row) => [row.reason, row])).values()].sort((a, b) => (a.reason < b.reason ? -1 : 1))

test('errors.proto and docs/errors.md list the same reasons with the same status', (t) => {
  t.true(ofProto().length > 30)
  t.deepEqual(byReason(ofDocs()), byReason(ofProto()))
  t.is(ofDocs().length, ofProto().length, 'no reason is listed twice')
})

test('the sidecar gives each reason of errors.proto its status, and no other', (t) => {
  t.deepEqual(byReason(ofStatus()), byReason(ofProto()))
})

test('every enum value of errors.proto has a comment that begins with its status', (t) => {
  const values = [...read('proto/rolesets/v1/errors.proto').matchAll(/^\s+([A-Z_]+) = \d+;/gm)].map(([, name]) => name)
  t.deepEqual(
    values.filter((name) => name !== 'ERROR_REASON_UNSPECIFIED'),
    ofProto().map(({ reason }) => reason),
  )
})

test('the code of a refusal is the same on the wire, in capitals', (t) => {
  for (const code of refusalCodes) t.is(String(failureOf(new Refusal(code, 'No.')).reason), code.toUpperCase())
})
