/** Runs a property with a seed that is printed also when all goes well, so that any run can be repeated. */

import type { ExecutionContext } from 'ava'
import fc from 'fast-check'

export function checkProperty<T>(t: ExecutionContext, property: fc.IProperty<T>, numRuns: number): void {
  const seed = Math.trunc(Math.random() * 2 ** 31)
  t.log(`seed ${seed}`)
  fc.assert(property, { numRuns, seed, includeErrorInReport: true })
}
