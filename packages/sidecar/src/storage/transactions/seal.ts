/**
 * The seals of the history. Each seal is made from the one before it and from the whole row of its change set. So a row
 * can't be altered, removed or inserted without breaking the chain. A seal contains no secret: a person who can write the
 * file can also make new seals, which only an earlier seal that was noted elsewhere reveals.
 */

import { createHash } from 'node:crypto'
import type { KeptChangeSet } from '../store.ts'

/** What a seal protects. */
export type Sealable = Omit<KeptChangeSet, 'changes' | 'seal'>

/** What the first change set of a store follows. */
export function firstSealOf(epoch: string): string {
  return createHash('sha256').update(epoch).digest('hex')
}

export function sealOf(previous: string, { revision, committedAt, actor, operation, record }: Sealable): string {
  // JSON on a line of its own, so that no two rows give the same bytes. The changes can be very large: they aren't copied.
  const head = JSON.stringify([previous, revision, committedAt, actor, operation])
  return createHash('sha256').update(head).update('\n').update(record).digest('hex')
}
