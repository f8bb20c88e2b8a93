/**
 * Which memberships count at a time (rule 22), said once for all statements; random histories compare it with
 * `isCurrentIn` of core. A membership whose time is over stays in its row: nothing needs to run for it to end.
 *
 * Nearly all stores have no membership that is over. One step in an index of those with an end finds that out, once for a
 * statement, and then no row is looked at.
 */

import type { Condition } from './conditions.ts'

/** No row is over. */
const noneIsOver = (now: string) =>
  `NOT EXISTS (SELECT 1 FROM memberships AS over INDEXED BY memberships_by_end WHERE over.expires_at <= ${now})`

const lasts = (row: string, now: string) => `(${row}.expires_at IS NULL OR ${row}.expires_at > ${now})`

/**
 * In a scope a member counts no longer than in the organization.
 *
 * @param row of `memberships`, or of `further_member_roles`, which repeats the end
 * @param now the placeholder of the time
 */
export function isCurrentMember(row: string, now: string): string {
  return `(${noneIsOver(now)} OR ${lasts(row, now)} AND (${row}.scope = '' OR NOT EXISTS (
    SELECT 1 FROM memberships AS whole
    WHERE whole.organization_id = ${row}.organization_id AND whole.scope = '' AND whole.user_id = ${row}.user_id
      AND whole.expires_at <= ${now})))`
}

/** The same, where the statement is about organizations as a whole. */
export function isCurrentMemberOfWhole(row: string, now: string): string {
  return `(${noneIsOver(now)} OR ${lasts(row, now)})`
}

/** @param now Unix milliseconds; undefined: also those that are over */
export function currentMembers(now: number | undefined): Condition | undefined {
  return now === undefined ? undefined : { sql: isCurrentMember('memberships', '?'), values: [now, now, now] }
}
