/** The record of a change set: the text of its changes, as it is sealed, kept in the history and sent to replicas. */

import type { Change } from '../../domain/change.ts'

export function recordOf(changes: readonly Change[]): string {
  return JSON.stringify(changes)
}

/** @throws SyntaxError */
export function changesOf(record: string): readonly Change[] {
  // A record is written by a store, sealed, and never edited.
  return JSON.parse(record) as readonly Change[]
}
