/** Optimistic locking: a write may say which state of the thing it was made for. */

import { Refusal } from './refusal.ts'

/**
 * @param thing that the write changes; undefined: it isn't there, which the rule itself refuses better
 * @param expected number of the revision since which the thing must not have changed; undefined: not checked
 */
export function checkUnchanged(
  thing: { readonly id: string; readonly revision: number } | undefined,
  expected: number | undefined,
): void {
  if (thing === undefined || expected === undefined || thing.revision <= expected) return
  throw new Refusal(
    'revision_conflict',
    `${thing.id} has changed at revision ${thing.revision}, after the expected ${expected}. Read it again, and repeat the write if it still makes sense.`,
    {
      field: 'expected_revision',
      facts: { id: thing.id, revision: String(thing.revision), expected: String(expected) },
    },
  )
}
