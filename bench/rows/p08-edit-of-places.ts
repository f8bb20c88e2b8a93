/**
 * P8 for places: an edit of a role set that more and more scopes of organizations have as their own. Most members are in the
 * organizations as a whole, as in an application; those that have the replaced role are in scopes.
 */

import { measureEdits } from '../edits.ts'
import type { Row } from '../row.ts'
import { makeStoreFile, scopeKeyAt } from '../store-file.ts'

const scopesPerOrganization = 10

export const row: Row = {
  id: 'P8-places',
  title: 'edit of a role set with 1 k … 1 M scopes on it',
  goal: 'flat: ≤ 1.3 × itself at 1 k',
  quick: false,
  run: (options) =>
    measureEdits(options, {
      noun: 'places',
      sizes: options.quick ? [10_000] : [10_000, 100_000, 1_000_000],
      scope: scopeKeyAt(0),
      makeFile: (places, file) => {
        const organizations = places / scopesPerOrganization
        return makeStoreFile({ file, organizations, scopesPerOrganization, signal: options.signal })
      },
    }),
}
