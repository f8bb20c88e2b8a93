/**
 * The parts of a WHERE clause with their values. The text of a part depends only on which conditions are given, never on
 * their values or number, so that a connection keeps few statements.
 */

import type { InvitationStatus } from '@rolesets/core'
import type { Choice } from '../../store.ts'
import type { Value } from '../connection.ts'

export interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

/** All given conditions; an empty text if there are none. */
export function where(conditions: readonly (Condition | undefined)[]): Condition {
  const asked = conditions.filter((condition) => condition !== undefined)
  const sql = asked.map((condition) => `(${condition.sql})`).join(' AND ')
  return { sql: sql && `WHERE ${sql}`, values: asked.flatMap(({ values }) => values) }
}

/** `sql` with a `?` for the value. */
export function given(sql: string, value: Value | undefined): Condition | undefined {
  return value === undefined ? undefined : { sql, values: [value] }
}

export function isIn(column: string, values: readonly string[] | undefined): Condition | undefined {
  return given(`${column} IN (SELECT value FROM json_each(?))`, values && JSON.stringify(values))
}

export function isChosen(column: string, { include, exclude }: Choice = {}): readonly (Condition | undefined)[] {
  return [
    isIn(column, include),
    given(`${column} NOT IN (SELECT value FROM json_each(?))`, exclude && JSON.stringify(exclude)),
  ]
}

/** Compares ASCII letters without regard to case. LIKE would stop at a NUL byte and treat some characters as wildcards. */
export function contains(text: string, ...columns: readonly string[]): Condition {
  return {
    sql: columns.map((column) => `instr(lower(${column}), lower(?)) > 0`).join(' OR '),
    values: columns.map(() => text),
  }
}

const statusConditions: Readonly<Record<InvitationStatus, string>> = {
  pending: "status = 'pending' AND expires_at > ?",
  expired: "status = 'pending' AND expires_at <= ?",
  accepted: "status = 'accepted'",
  revoked: "status = 'revoked'",
}

/** Pending and expired invitations have the same stored status; the time decides. */
export function hasStatus(statuses: readonly InvitationStatus[] | undefined, now: number): Condition | undefined {
  if (statuses === undefined) return undefined
  const asked = (['pending', 'expired', 'accepted', 'revoked'] as const).filter((status) => statuses.includes(status))
  return {
    sql: asked.map((status) => `(${statusConditions[status]})`).join(' OR ') || 'false',
    values: asked.flatMap((status) => (statusConditions[status].includes('?') ? [now] : [])),
  }
}
