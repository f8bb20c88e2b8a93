/** Limits, as the rules enforce them (rule 13). */

import { limits, type LimitName } from '@rolesets/core'
import { Refusal } from './refusal.ts'

/** Refuses a count over its limit. `subject` begins the message and has its verb: `The name has`, `A role holds`. */
export function checkLimit(
  limit: LimitName,
  given: number,
  at: { subject: string; unit: string; field: string },
): void {
  const max = limits[limit]
  if (given <= max) return
  throw new Refusal(
    'limit_exceeded',
    `${at.subject} ${given} ${at.unit}; the limit ${limit} is ${max}. Remove some, or send fewer.`,
    { field: at.field, facts: { limit, max: String(max), given: String(given) } },
  )
}
