/** Asserting a refusal: the code first, because it is API; then what the caller wants to see of the rest. */

import type { ExecutionContext } from 'ava'
import type { RefusalCode } from '@rolesets/core'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'

/** Every refusal says something, names the field at fault, and stays small enough for the trailers of an answer. */
export function refused(t: ExecutionContext, code: RefusalCode, field: string, act: () => unknown): Refusal {
  const refusal = t.throws(act, { instanceOf: Refusal })
  if (refusal === undefined) throw new Error('Nothing was refused.')
  t.is(refusal.code, code)
  t.is(refusal.field, field)
  t.regex(refusal.message, /^\S.*\.$/su)
  t.true(JSON.stringify([refusal.message, refusal.facts]).length < 3_500)
  return refusal
}
