/** P8: an edit of a role set that more and more organizations have. */

import { measureEdits } from '../edits.ts'
import type { Row } from '../row.ts'
import { makeStoreFile } from '../store-file.ts'

export const row: Row = {
  id: 'P8',
  title: 'edit of a role set with 1 k … 1 M organizations on it',
  goal: 'flat: ≤ 1.3 × itself at 1 k',
  quick: true,
  run: (options) =>
    measureEdits(options, {
      noun: 'organizations',
      sizes: options.quick ? [100_000] : [10_000, 100_000, 1_000_000],
      makeFile: (organizations, file) => makeStoreFile({ file, organizations, signal: options.signal }),
    }),
}
