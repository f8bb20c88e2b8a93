/** Offset pagination: which part of a list is returned. */

import { limits } from '@rolesets/core'
import { Refusal } from '../../domain/refusal.ts'
import type { Span } from '../../storage/store.ts'
import { checkLimit } from '../../domain/check-limit.ts'

/** @throws Refusal `limit_exceeded`, `invalid_field` */
export function parseSpan({ offset, limit }: Span): Span {
  checkNumber(offset, 0, 'offset')
  checkNumber(limit, 1, 'limit')
  checkLimit('offsetMax', offset, { subject: 'The offset is', unit: 'things', field: 'offset' })
  checkLimit('pageSizeMax', limit, { subject: 'The page has', unit: 'things', field: 'limit' })
  return { offset, limit }
}

function checkNumber(value: number, min: number, field: string): void {
  if (Number.isInteger(value) && value >= min) return
  const max = field === 'limit' ? limits.pageSizeMax : limits.offsetMax
  throw new Refusal('invalid_field', `${field} must be a whole number from ${min} to ${max}.`, { field })
}
