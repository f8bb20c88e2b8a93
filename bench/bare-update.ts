/**
 * What a change of the roles of many members costs at least: one SQL UPDATE of as many rows, in one transaction with the
 * settings of the store.
 */

import type { Database } from './database.ts'

export interface BareUpdate {
  /** Keys of the two roles. All members have the first one at the beginning. */
  readonly roles: readonly [string, string]
  /** How many must be changed each time. */
  readonly members: number
  /** Only members of this scope. Default: all. */
  readonly scope?: string
}

/** Back and forth: each round moves all members from one role to the other. */
export function turns<T>(one: T, other: T): () => readonly [from: T, to: T] {
  let isBack = true
  return () => ((isBack = !isBack), isBack ? [other, one] : [one, other])
}

/** Resolves when the roles are found. Each call of the result moves all members to the other role. */
export async function updatingRoles(
  database: Database,
  { roles, members, scope = '' }: BareUpdate,
): Promise<() => Promise<number>> {
  const ids = await Promise.all(
    roles.map(async (key) => String((await database.all('SELECT id FROM roles WHERE key = ?', [key]))[0]?.['id'])),
  )
  const next = turns(ids[0] ?? '', ids[1] ?? '')
  let revision = 10
  return async () => {
    const [from, to] = next()
    revision += 1
    const startedAtMs = performance.now()
    await database.run('BEGIN IMMEDIATE')
    const where = scope === '' ? 'role_id = ?' : 'role_id = ? AND scope = ?'
    const sql = `UPDATE memberships SET role_id = ?, updated_at = ?, revision = ? WHERE ${where}`
    await database.run(sql, [to, Date.now(), revision, from, ...(scope === '' ? [] : [scope])])
    await database.run('COMMIT')
    const tookMs = performance.now() - startedAtMs
    const [moved] = await database.all('SELECT count(*) AS members FROM memberships WHERE revision = ?', [revision])
    if (moved?.['members'] !== members)
      throw new Error(`${moved?.['members']} rows were updated, but it should be ${members}.`)
    return tookMs
  }
}
