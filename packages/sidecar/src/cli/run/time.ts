/** Times as people type them. */

import { UsageError } from './failure.ts'

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/
/** Fewer digits are rather a year than milliseconds. */
const milliseconds = /^[1-9]\d{9,15}$/

/**
 * ISO 8601, where what names no zone is UTC, or Unix milliseconds.
 *
 * @param option where it was typed, for example `--from`
 */
export function parseTime(text: string, option: string): number {
  if (milliseconds.test(text)) return Number(text)
  const [, time, , , zone] = iso.exec(text) ?? []
  const ms = iso.test(text) ? Date.parse(time !== undefined && zone === undefined ? `${text}Z` : text) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw new UsageError(`${option} must be a time. Write it like 2026-01-31T18:00:00Z, or as Unix milliseconds.`)
}
