/**
 * Verifies that each change set is sealed to the one before it. What was altered, taken out or put in between is named; a
 * row is only blamed for itself, not for what was done to the one before it.
 */

import type { Finding } from '../inspection.ts'
import { sealOf, type Sealable } from './seal.ts'

export interface SealedRow extends Sealable {
  readonly seal: string
}

/** Seals of rows that don't fit, to which an unaltered row can be sealed when rows have changed places. */
const strayMax = 100

export class Chain {
  /** Revisions that should be there and are not. */
  readonly gaps: { readonly from: number; readonly to: number }[] = []
  #last: number
  /** What the next row may be sealed to; undefined: the row that it was sealed to is missing. */
  #previous: readonly string[] | undefined

  constructor(anchor: { readonly revision: number; readonly seal: string }) {
    this.#last = anchor.revision
    this.#previous = [anchor.seal]
  }

  get last(): number {
    return this.#last
  }

  /** Rows in their order. @returns what is wrong; undefined: the row says what it said when it was written */
  check(row: SealedRow): Finding | undefined {
    if (row.revision <= this.#last) {
      const problem = `inserted: the history that is kept begins after revision ${this.#last}`
      return { what: `revision ${row.revision}`, problem }
    }
    const gap = row.revision === this.#last + 1 ? undefined : this.#gap(row.revision - 1)
    this.#last = row.revision
    return this.#checkSeal(row) ?? gap
  }

  /** Notes what should follow the last row. @returns undefined: nothing does */
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
    return { what: revisionsText(from, to), problem: 'missing' }
  }

  #checkSeal(row: SealedRow): Finding | undefined {
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

function revisionsText(from: number, to: number): string {
  return from === to ? `revision ${from}` : `revisions ${from} to ${to}`
}
