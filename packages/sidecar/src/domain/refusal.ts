/**
 * How a rule says no. The code is API: it is the same word in `errors.proto` (upper case), in the clients' errors and in
 * HTTP. The message says what happened, to which thing, and what to do.
 */

import type { RefusalCode } from '@rolesets/core'
import type { Impact } from './decided.ts'

export interface RefusalDetails {
  /** The field of the request that is at fault, in snake_case as on the wire, for example `default_role`. */
  readonly field?: string
  /** Facts for programs: keys of roles, counts, the limit. */
  readonly facts?: Readonly<Record<string, string>>
  /** What the write would do were it not refused, as far as that can be told; for previews. */
  readonly impact?: Impact
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly field: string | undefined
  readonly facts: Readonly<Record<string, string>>
  readonly impact: Impact | undefined

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.field = details.field
    this.facts = details.facts ?? {}
    this.impact = details.impact
  }
}
