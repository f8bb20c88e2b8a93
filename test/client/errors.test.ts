/** Codes of errors: the reasons of the contract, all of them. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { RoleSetsErrorCode } from '@rolesets/client'
import { errorCodes } from '@rolesets/core'
import { errorOfCall } from '../../packages/client/src/wire/call-failure.ts'

const proto = readFileSync(fileURLToPath(import.meta.resolve('@rolesets/proto/rolesets/v1/errors.proto')), 'utf8')

test('every reason of errors.proto is a code, and no other is', (t) => {
  const reasons = [...proto.matchAll(/^ {2}([A-Z_]+) = (\d+);/gm)].filter(([, , number]) => number !== '0')
  t.true(reasons.length > 20)
  t.deepEqual(Object.keys(errorCodes).sort(), reasons.map(([, name = '']) => name.toLowerCase()).sort())
})

test('a failure without a reason has the code of its status, and a message that says what to do', (t) => {
  const codes: readonly [number, RoleSetsErrorCode][] = [
    [1, 'cancelled'],
    [2, 'internal'],
    [3, 'invalid_argument'],
    [4, 'deadline_exceeded'],
    [5, 'not_found'],
    [6, 'already_exists'],
    [7, 'permission_denied'],
    [8, 'resource_exhausted'],
    [9, 'failed_precondition'],
    [10, 'conflict'],
    [11, 'out_of_range'],
    [12, 'unimplemented'],
    [13, 'internal'],
    [14, 'unavailable'],
    [15, 'internal'],
    [16, 'unauthenticated'],
    [99, 'internal'],
  ]
  for (const [code, expected] of codes) {
    const cause = { code, details: 'connect ECONNREFUSED /run/secret/path' }
    const error = errorOfCall(cause, '127.0.0.1:7450')
    t.is(error.code, expected)
    t.is(error.cause, cause)
    t.true(error.message.includes('127.0.0.1:7450'))
    t.false(error.message.includes('ECONNREFUSED'))
  }
})

test('a failure that is not of a call is unavailable', (t) => {
  for (const cause of [undefined, 'x', new TypeError('x'), { code: 'ENOENT' }]) {
    t.is(errorOfCall(cause, 'x:1').code, 'unavailable')
  }
})
