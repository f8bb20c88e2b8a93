/** Runs a property with a seed that is printed also when all goes well, so that any run can be repeated. */

import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { seed } from '../seed.ts'

export function checkProperty<T>(t: ExecutionContext, property: fc.IProperty<T>, numRuns: number): void {
  t.log(`TEST_SEED=${seed}`)
  fc.assert(property, { numRuns, includeErrorInReport: true })
}

export async function checkAsyncProperty<T>(
  t: ExecutionContext,
  property: fc.IAsyncProperty<T>,
  numRuns: number,
): Promise<void> {
  t.log(`TEST_SEED=${seed}`)
  await fc.assert(property, { numRuns, includeErrorInReport: true })
}
