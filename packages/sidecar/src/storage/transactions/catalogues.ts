/**
 * The last few catalogues, by the revisions at which they held, so that a reader whose state is a little older or as new as
 * memory gets the object that everyone shares, and only one in between has to load the rows.
 */

import type { Catalogue } from '../../domain/catalogue.ts'
import type { State } from './batch.ts'

const keptMax = 16

export class Catalogues {
  /** Each holds from its revision up to the next one's; the last one up to `#head`. */
  readonly #kept: { readonly since: number; readonly catalogue: Catalogue }[]
  #head: number

  constructor({ head, catalogue }: Omit<State, 'seal'>) {
    this.#kept = [{ since: head, catalogue }]
    this.#head = head
  }

  advance({ head, catalogue }: Omit<State, 'seal'>): void {
    // A batch becomes visible at once: no reader is ever at a revision inside it.
    if (this.#kept.at(-1)?.catalogue !== catalogue) this.#kept.push({ since: head, catalogue })
    this.#head = head
    if (this.#kept.length > keptMax) this.#kept.shift()
  }

  /** Undefined where it isn't known. */
  at(revision: number): Catalogue | undefined {
    if (revision > this.#head) return undefined
    return this.#kept.findLast(({ since }) => since <= revision)?.catalogue
  }
}
