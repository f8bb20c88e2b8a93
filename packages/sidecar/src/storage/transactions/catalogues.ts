/**
 * The last few catalogues, with the revisions at which they held. A reader whose state is as new as memory or a little
 * older gets the object that all readers share; only a reader in between has to load the rows.
 */

import type { Catalogue } from '@rolesets/core'
import type { Timeline } from '../store.ts'
import type { Position } from './connection.ts'

const keptMax = 16

/** What was committed last, as it is in memory. */
export interface State extends Position {
  readonly catalogue: Catalogue
  /** All but the first one. */
  readonly timelines: readonly Timeline[]
}

type Point = Pick<State, 'epoch' | 'revision'>

export class Catalogues {
  /** Each holds from its revision up to the next one's; the last one up to `#head`. */
  #kept: { readonly since: number; readonly catalogue: Catalogue }[]
  #head: Point

  constructor(state: Point & Pick<State, 'catalogue'>) {
    this.#kept = [{ since: state.revision, catalogue: state.catalogue }]
    this.#head = state
  }

  /** @param isReplaced the catalogue doesn't come from the one before by change sets */
  advance(state: Point & Pick<State, 'catalogue'>, isReplaced = false): void {
    const { revision: since, catalogue } = state
    if (isReplaced) this.#kept = []
    // A batch becomes visible at once: no reader is ever at a revision inside it.
    if (this.#kept.at(-1)?.catalogue !== catalogue) this.#kept.push({ since, catalogue })
    this.#head = state
    if (this.#kept.length > keptMax) this.#kept.shift()
  }

  /** Undefined where it isn't known. */
  at({ epoch, revision }: Point): Catalogue | undefined {
    if (epoch !== this.#head.epoch || revision > this.#head.revision) return undefined
    return this.#kept.findLast(({ since }) => since <= revision)?.catalogue
  }
}
