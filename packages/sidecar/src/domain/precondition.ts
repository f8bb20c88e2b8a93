/** Optimistic locking: a write can name the revision of the thing that it expects. */

import { Refusal } from './refusal.ts'

/**
 * @param thing that the write changes; undefined: it doesn't exist, and the rule itself refuses the write
 * @param expected the thing must not have changed after this revision number; undefined: not checked
 */
export function checkUnchanged(
  thing: { readonly id: string; readonly revision: number } | undefined,
  expected: number | undefined,
): void {
  if (thing === undefined || expected === undefined || thing.revision <= expected) return
  throw new Refusal(
    'revision_conflict',
    `${thing.id} was changed at revision ${thing.revision}, and the write expected revision ${expected}. Read it again, and repeat the write if it is still right.`,
    {
      field: 'expected_revision',
      facts: { id: thing.id, revision: String(thing.revision), expected: String(expected) },
    },
  )
}
