/** What all parts of one import work with: both servers, what was found so far, and whether it is a dry run. */

import type { Administration, AdminOptions } from '@rolesets/client'
import type { Missing } from './missing.ts'
import type { Source } from './source.ts'
import type { Tally } from './tally.ts'

export interface ImportContext {
  readonly source: Source
  readonly admin: Administration
  readonly calls: AdminOptions
  readonly tally: Tally
  readonly missing: Missing
  readonly dryRun: boolean
  /** Unix milliseconds, when the import began. */
  readonly nowMs: number
}
