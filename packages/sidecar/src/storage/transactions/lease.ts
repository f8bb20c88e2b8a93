/** A leased reader: it refuses every call after the work that it was given to has settled. */

import type { RowReader } from './connection.ts'
import { readerOver } from './reads.ts'

export interface Lease {
  readonly reader: RowReader
  /** @throws Error when the lease has ended */
  readonly check: () => void
  readonly end: () => void
}

export function lease(rows: RowReader): Lease {
  let isOver = false
  const check = () => {
    if (isOver) throw new Error('The work that this reader was given to has settled. Await every read within the work.')
  }
  const reader = readerOver(async ({ from }) => (check(), from(rows)))
  return { reader, check, end: () => void (isOver = true) }
}
