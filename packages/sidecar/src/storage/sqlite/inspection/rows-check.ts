/** Checks of rows beside their comparison with the history: sizes, counts, references, bookmarks, and the rows at the base. */

import type { Finding } from '../../inspection.ts'
import type { Connection } from '../connection.ts'
import { digestBase, explainedTables, type ExplainedTable } from '../rows/base.ts'
import { count, integer, text } from '../rows/columns.ts'
import type { HistoryCheck } from './history-check.ts'

/** No column of a thing is ever so large. */
const columnBytesMax = 8 << 20

/** Tables that have one row each, about the history as a whole. Without it the history can't be verified. */
export async function* checkSingles(connection: Connection): AsyncGenerator<Finding> {
  for (const table of ['store', 'history_anchor', 'history_base']) {
    const rows = count(await connection.all(`SELECT count(*) AS rows FROM ${table}`), 'rows')
    if (rows !== 1) yield { what: table, problem: `has ${rows} rows, and must have one: the history can't be verified` }
  }
}

/** Rows that would take too much memory. */
export async function oversizedIn(connection: Connection, { name, columns }: ExplainedTable): Promise<number> {
  const sizes = columns.map((column) => `coalesce(octet_length("${column}"), 0)`)
  const sql = `SELECT count(*) AS found FROM ${name} WHERE ${sizes.join(' + ')} > ?`
  return count(await connection.all(sql, [columnBytesMax]), 'found')
}

/** How many rows of large tables have a revision after one and up to another. */
export async function rowsBetween(connection: Connection, after: number, upTo: number): Promise<number> {
  let found = 0
  for (const { name, isLarge } of upTo > after ? await explainedTables(connection) : []) {
    const sql = `SELECT count(*) AS found FROM ${name} WHERE revision > ? AND revision <= ?`
    if (isLarge) found += count(await connection.all(sql, [after, upTo]), 'found')
  }
  return found
}

/** The numbers of organizations and of scopes that have each set are stored in tables of their own. */
export async function* checkCounts(connection: Connection): AsyncGenerator<Finding> {
  for (const { rows, table, has } of [
    { rows: 'organizations', table: 'organization_counts', has: (number: number) => `has ${number} organizations` },
    { rows: 'assignments', table: 'assignment_counts', has: (number: number) => `is the own set of ${number} scopes` },
  ]) {
    const differing = await connection.all(
      `SELECT role_set_id, sum(counted) AS counted, sum(noted) AS noted FROM (
         SELECT role_set_id, count(*) AS counted, 0 AS noted FROM ${rows} WHERE role_set_id IS NOT NULL GROUP BY role_set_id
         UNION ALL
         SELECT role_set_id, 0 AS counted, ${rows} AS noted FROM ${table}
       ) GROUP BY role_set_id HAVING sum(counted) <> sum(noted) ORDER BY role_set_id`,
    )
    for (const row of differing) {
      const problem = `${has(integer(row, 'counted'))}, and ${integer(row, 'noted')} are noted`
      yield { what: `count of role set ${text(row, 'role_set_id')}`, problem }
    }
  }
}

/** Further roles are in the rows of their holders, and again in tables by which holders are found. */
export async function* checkFurtherRoles(connection: Connection): AsyncGenerator<Finding> {
  const holders = [
    { table: 'memberships', index: 'further_member_roles', name: 'user_id', condition: 'true' },
    { table: 'invitations', index: 'further_invitation_roles', name: 'id', condition: "status = 'pending'" },
  ]
  for (const { table, index, name, condition } of holders) {
    const list = `CASE WHEN json_valid(further_role_ids) THEN further_role_ids ELSE '[]' END`
    const listed = `SELECT value, organization_id, scope, ${table}.${name}, expires_at FROM ${table}, json_each(${list})
      WHERE further_role_ids <> '[]' AND ${condition}`
    const kept = `SELECT role_id, organization_id, scope, ${name}, expires_at FROM ${index}`
    const sql = `SELECT count(*) AS found FROM (SELECT * FROM (${listed} EXCEPT ${kept}) UNION ALL SELECT * FROM (${kept} EXCEPT ${listed}))`
    const found = count(await connection.all(sql), 'found')
    if (found > 0) yield { what: index, problem: `${found} rows are not what the further roles of ${table} make` }
  }
}

export async function* checkReferences(connection: Connection): AsyncGenerator<Finding> {
  const sql = 'SELECT "table" AS source, parent, count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1, 2'
  for (const row of await connection.all(sql)) {
    const problem = `${integer(row, 'rows')} refer to ${text(row, 'parent')} that are not there`
    yield { what: text(row, 'source'), problem }
  }
}

export async function* checkBookmarks(connection: Connection, head: number): AsyncGenerator<Finding> {
  const sql = `SELECT count(*) AS beyond FROM bookmarks WHERE revision > ? AND epoch = (SELECT epoch FROM store)`
  const beyond = count(await connection.all(sql, [head]), 'beyond')
  if (beyond > 0) yield { what: 'bookmarks', problem: `${beyond} are beyond the last revision` }
}

/** The rows as they were at the base give the digests that the compaction sealed. */
export async function* checkBase(connection: Connection, history: HistoryCheck): AsyncGenerator<Finding> {
  const { base, compaction } = history
  if (base.origin === 'beginning') {
    const strays = count(await connection.all('SELECT count(*) AS strays FROM base_rows'), 'strays')
    const { next_generation: begun } = (await connection.all('SELECT next_generation FROM history_base'))[0] ?? {}
    if (strays > 0 && begun === 0) yield { what: 'base rows', problem: `${strays} are there, and no base has begun` }
    return
  }
  if (base.origin !== 'compaction' || compaction?.rowsAt !== base.revision) return
  const found = new Map((await digestBase(connection, base)).map((each) => [each.table, each]))
  const sealed = new Map(compaction.tables.map((each) => [each.table, each]))
  for (const table of new Set([...found.keys(), ...sealed.keys()])) {
    const [is, was] = [found.get(table), sealed.get(table)]
    if (is?.digest === was?.digest && is?.rows === was?.rows) continue
    const problem = `not as revision ${compaction.revision} sealed it: at revision ${base.revision} it had ${was?.rows ?? 'no'} rows, and ${is?.rows ?? 'none'} of that time are found; at least one was changed, added or removed since`
    yield { what: table, problem }
  }
}
