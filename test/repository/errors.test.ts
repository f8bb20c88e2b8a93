/** The table of error codes in core, errors.proto, docs/errors.md and the sidecar's gRPC statuses agree. */

import { readFileSync } from 'node:fs'
import grpc from '@grpc/grpc-js'
import { errorCodes, isErrorCode, refusalCodes, storeCodes, type ErrorCode, type StoreCode } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { AccessError } from '../../packages/sidecar/src/grpc/access-error.ts'
import { failureOf } from '../../packages/sidecar/src/grpc/status.ts'
import { ServiceError, StoreError } from '../../packages/sidecar/src/service/service-error.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const codes = Object.keys(errorCodes).filter(isErrorCode)

test('docs/errors.md has the sentences of every code, and no other code', (t) => {
  const documented = read('docs/errors.md')
    .split('\n')
    .filter((line) => /^\| `[A-Z_]+` \|/.test(line))
  const expected = codes.map((code) => {
    const { grpc: status, meaning, remedy } = errorCodes[code]
    return `| \`${code.toUpperCase()}\` | \`${status}\` | ${meaning} | ${remedy} |`
  })
  t.deepEqual(documented.toSorted(), expected.toSorted())
})

test('errors.proto has every code with its status in the comment, and no other code', (t) => {
  const values = [...read('proto/rolesets/v1/errors.proto').matchAll(/^\s+([A-Z_]+) = [1-9]\d*;/gm)]
  t.deepEqual(values.map(([, reason]) => reason).toSorted(), codes.map((code) => code.toUpperCase()).toSorted())
  const commented = [
    ...read('proto/rolesets/v1/errors.proto').matchAll(
      /\/\/ ([A-Z_]+)\. [^\n]*\n(?:\s+\/\/[^\n]*\n)*\s+([A-Z_]+) = \d+;/g,
    ),
  ]
  const expected = codes.map((code) => `${code.toUpperCase()} ${errorCodes[code].grpc}`)
  t.deepEqual(commented.map(([, status, reason]) => `${reason} ${status}`).toSorted(), expected.toSorted())
})

/** The sidecar answers an error with the reason and the status of this code. */
function answeredAs(t: ExecutionContext, error: unknown, code: ErrorCode): void {
  const { reason, code: status } = failureOf(error)
  t.is(String(reason), code.toUpperCase())
  t.is(status, grpc.status[errorCodes[code].grpc])
}

test('the sidecar answers every error with the reason and the status of the table', (t) => {
  for (const code of refusalCodes) answeredAs(t, new Refusal(code, 'No.'), code)
  for (const code of ['key_required', 'write_key_required'] as const) answeredAs(t, new AccessError(code, 'No.'), code)
  for (const [code, outside] of Object.entries(storeCodes)) {
    const error = new StoreError(code as StoreCode, 'No.')
    answeredAs(t, error, error.endsWrites ? 'store_damaged' : outside)
    answeredAs(t, new StoreError(code as StoreCode, 'No.', { endsWrites: true }), 'store_damaged')
  }
  const rest = codes.filter((code) => !['input', 'rule', 'access'].includes(errorCodes[code].class))
  const ofService = rest.filter((code) => !['internal_failure', 'overloaded', 'disk_full'].includes(code))
  for (const code of ofService) answeredAs(t, new ServiceError(code as ServiceError['code'], 'No.'), code)
  answeredAs(t, new Error('Unexpected.'), 'internal_failure')
})
