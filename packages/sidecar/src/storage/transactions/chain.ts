/**
 * Verifies that each change set is sealed to the one before it, and names those that were altered, removed or inserted. A
 * row is blamed only for itself, not for a change to the row before it.
 */

import type { Finding } from '../inspection.ts'
import type { SealedRecord } from '../store.ts'
import { sealOf } from './seal.ts'

/** Seals of broken rows that are kept, because an unaltered row can be sealed to one of them when rows changed places. */
const strayMax = 100

export class Chain {
  /** Missing revisions. */
  readonly gaps: { readonly from: number; readonly to: number }[] = []
  #last: number
  /** What the next row may be sealed to; undefined: the row that it was sealed to is missing. */
  #previous: readonly string[] | undefined

  constructor(anchor: { readonly revision: number; readonly seal: string }) {
    this.#last = anchor.revision
    this.#previous = [anchor.seal]
  }

  /** Rows in their order. @returns what is wrong; undefined: the row is as it was written */
  check(row: SealedRecord): Finding | undefined {
    if (row.revision <= this.#last) {
      const problem = `inserted: the history that is kept begins after revision ${this.#last}`
      return { what: `revision ${row.revision}`, problem }
    }
    const gap = row.revision === this.#last + 1 ? undefined : this.#gap(row.revision - 1)
    this.#last = row.revision
    return this.#checkSeal(row) ?? gap
  }

  /** Notes the revisions that should follow the last row. @returns undefined: none should */
  endAt(revision: number): Finding | undefined {
    return revision > this.#last ? this.#gap(revision) : undefined
  }

  isMissing(revision: number): boolean {
    return this.gaps.some(({ from, to }) => from <= revision && revision <= to)
  }

  /** Notes the revisions up to this one as missing. */
  #gap(to: number): Finding {
    const from = this.#last + 1
    this.gaps.push({ from, to })
    this.#previous = undefined
    return { what: from === to ? `revision ${from}` : `revisions ${from} to ${to}`, problem: 'missing' }
  }

  #checkSeal(row: SealedRecord): Finding | undefined {
    const sealed = this.#previous?.map((previous) => sealOf(previous, row))
    if (sealed === undefined || sealed.includes(row.seal)) {
      this.#previous = [row.seal]
      return undefined
    }
    this.#previous = [row.seal, sealed[0] ?? '', ...(this.#previous ?? [])].slice(0, strayMax)
    return {
      what: `revision ${row.revision}`,
      problem: 'altered: its seal does not fit what it says and the revision before it',
    }
  }
}
