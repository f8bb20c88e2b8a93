/**
 * The seals of the history. Each change set's is made from the one before it and from all that its row says, so a row can't
 * be altered, taken out or put in between without breaking the chain. A seal keeps no secret: who can write the file can
 * seal it anew, which shows only to those who have noted an earlier seal elsewhere.
 */

import { createHash } from 'node:crypto'

/** A row of `change_sets`. */
export interface Sealable {
  readonly revision: number
  readonly committedAt: number
  readonly actor: string
  readonly operation: string
  /** The changes, exactly as they are in the row. */
  readonly changesText: string
}

/** What the first change set of a store follows. */
export function firstSealOf(epoch: string): string {
  return createHash('sha256').update(epoch).digest('hex')
}

export function sealOf(previous: string, { revision, committedAt, actor, operation, changesText }: Sealable): string {
  // JSON on a line of its own, so that no two rows give the same bytes. The changes can be very large: they aren't copied.
  const head = JSON.stringify([previous, revision, committedAt, actor, operation])
  return createHash('sha256').update(head).update('\n').update(changesText).digest('hex')
}
