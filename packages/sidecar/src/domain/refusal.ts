/**
 * How a rule refuses. The code is API: it is one of core's table of error codes. The message says what happened, to which
 * thing, and what to do.
 */

import type { RefusalCode } from '@rolesets/core'
import type { Impact } from './decided.ts'

export interface RefusalDetails {
  /** The field of the request that is at fault, in snake_case as on the wire, for example `default_role`. */
  readonly field?: string
  /** Facts for programs: keys of roles, counts, the limit. */
  readonly facts?: Readonly<Record<string, string>>
  /** The effect that the write would have if it weren't refused, as far as it is known; for dry runs. */
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
