/**
 * The base: what the rows were at one revision, from which `doctor` derives what they must be now (see the migration
 * `history-base`). Its digests are sealed in the change set of a compaction.
 *
 * A new base is made in three steps, so that no writer waits while all rows are read: it begins, and from then on changed
 * rows are copied; a reader digests the rows as they were at the beginning; it takes effect.
 */

import { createHash } from 'node:crypto'
import type { TableDigest } from '@rolesets/core'
import type { Base, BaseOrigin } from '../../transactions/connection.ts'
import type { Connection, Value } from '../connection.ts'
import { StoreError } from '../../store.ts'
import { tables } from '../tables.ts'
import { integer, oneOf, text } from './columns.ts'
import { boundOf, type KeyBound } from './key-bytes.ts'

/** In effect. Copies of its generation or a later one belong to it. */
export interface SettledBase extends Base {
  readonly origin: BaseOrigin
}

/** A table whose rows are explained by changes. */
export interface ExplainedTable {
  readonly name: string
  /** One to three columns. */
  readonly key: readonly string[]
  readonly isLarge: boolean
  /** In their order. */
  readonly columns: readonly string[]
}

const rowsPerPage = 500
const copiesPerStepMax = 5_000
const originColumn = oneOf<BaseOrigin>('beginning', 'compaction', 'adoption', 'upgrade')

export async function readBase(connection: Connection): Promise<SettledBase> {
  const [row = {}] = await connection.all('SELECT origin, revision, generation FROM history_base')
  return {
    origin: originColumn.read(row, 'origin'),
    revision: integer(row, 'revision'),
    generation: integer(row, 'generation'),
  }
}

/**
 * Gives a file its base. A file that was compacted before it had one, and one whose columns a migration has changed, begins
 * with the rows as they are: nothing says any more what they were.
 */
export async function plantBase(connection: Connection, migration: number): Promise<void> {
  const sql = `INSERT INTO history_base
    SELECT 1, CASE WHEN anchor.revision = 0 THEN 'beginning' ELSE 'upgrade' END, 0, 0, 0, 0, 0
    FROM history_anchor AS anchor WHERE NOT EXISTS (SELECT 1 FROM history_base)`
  await connection.run(sql)
  const [row] = await connection.all('SELECT origin, migration FROM history_base')
  if (row === undefined || row['migration'] === migration) return
  await connection.run('BEGIN IMMEDIATE')
  if (row['origin'] !== 'beginning') {
    await connection.run('DELETE FROM base_rows')
    await settleBase(connection, await beginBase(connection), 'upgrade')
  }
  await connection.run('UPDATE history_base SET migration = ?', [migration])
  await connection.run('COMMIT')
}

/** From now on rows are copied before they change. */
export async function beginBase(connection: Connection): Promise<Base> {
  await connection.run(
    `UPDATE history_base SET next_generation = next_generation + 1, next_revision =
       coalesce((SELECT max(revision) FROM change_sets), (SELECT revision FROM history_anchor))`,
  )
  const [row = {}] = await connection.all('SELECT next_revision, next_generation FROM history_base')
  const generation = integer(row, 'next_generation')
  for (const { name, key, columns, isLarge } of await explainedTables(connection)) {
    if (isLarge) continue
    await connection.run(
      `INSERT INTO base_rows (name, key_1, key_2, key_3, generation, revision, content)
       SELECT ?, ${keysOf(key).join(', ')}, ?, 0, json_array(${columns.join(', ')}) FROM ${name}`,
      [name, generation],
    )
  }
  return { revision: integer(row, 'next_revision'), generation }
}

export async function settleBase(
  connection: Connection,
  { revision, generation }: Base,
  origin: BaseOrigin,
): Promise<void> {
  const settled = await connection.run(
    `UPDATE history_base SET origin = ?, revision = next_revision, generation = next_generation
     WHERE next_revision = ? AND next_generation = ?`,
    [origin, revision, generation],
  )
  if (settled !== 1) throw new StoreError('failed', 'Another compaction began meanwhile. Nothing was forgotten.')
}

/** Removes some copies of former bases. @returns whether there may be more */
export async function forgetFormerBases(connection: Connection): Promise<boolean> {
  const removed = await connection.run(
    `DELETE FROM base_rows WHERE (name, key_1, key_2, key_3, generation) IN (
       SELECT name, key_1, key_2, key_3, generation FROM base_rows
       WHERE generation < (SELECT generation FROM history_base) LIMIT ?)`,
    [copiesPerStepMax],
  )
  return removed === copiesPerStepMax
}

/** Within one state. Its cost is that of reading all rows. */
export async function digestBase(
  connection: Connection,
  base: Base,
  check: () => void = () => undefined,
): Promise<readonly TableDigest[]> {
  const digests: TableDigest[] = []
  for (const table of await explainedTables(connection)) {
    const hash = createHash('sha256')
    let rows = 0
    for await (const page of baseRows(connection, table, base)) {
      check()
      hash.update(`${page.lines}\n`)
      rows += page.count
    }
    digests.push({ table: table.name, rows, digest: hash.digest('hex') })
  }
  return digests
}

interface BaseRows {
  readonly count: number
  /** In the order of their keys, a line for each: the JSON list of its columns. */
  readonly lines: string
}

/** The rows of a table as they were at the base. A page is one row of the driver, because that costs more than a row in SQLite. */
export async function* baseRows(connection: Connection, table: ExplainedTable, base: Base): AsyncGenerator<BaseRows> {
  const sources = await sourcesOf(connection, table, base)
  let after: KeyBound | undefined
  for (;;) {
    const selects = sources.map((source) => selectOf(source, after))
    // The bytes of the greatest key, of three parts, are those of the last row.
    const sql = `SELECT count(*) AS count, group_concat(content, char(10)) AS lines, max(hex(key_1) || ' ' || hex(key_2) || ' ' || hex(key_3)) AS last
      FROM (${selects.join(' UNION ALL ')} ORDER BY 1, 2, 3 LIMIT ${rowsPerPage})`
    const values = sources.flatMap((source) => [...source.values, ...(after?.values ?? [])])
    const [row = {}] = await connection.all(sql, values)
    const count = integer(row, 'count')
    if (count > 0) yield { count, lines: text(row, 'lines') }
    if (count < rowsPerPage) return
    after = boundOf(text(row, 'last').split(' '))
  }
}

type Keys = readonly [string, string, string]

/** Where rows of the base are. */
interface Source {
  readonly table: string
  readonly keys: Keys
  readonly content: string
  readonly condition: string
  readonly values: readonly Value[]
}

/** The copies, and of a large table the rows that haven't changed since. */
async function sourcesOf(
  connection: Connection,
  { name, key, columns, isLarge }: ExplainedTable,
  { revision, generation }: Base,
): Promise<readonly Source[]> {
  // The index ends with the primary key, so a page of it is found without reading the copies of other generations.
  const table = 'base_rows INDEXED BY base_rows_by_generation'
  const copies = { table, keys: ['key_1', 'key_2', 'key_3'], content: 'content' } as const
  if (!isLarge) return [{ ...copies, condition: 'generation = ? AND name = ?', values: [generation, name] }]
  const content = `json_array(${columns.join(', ')})`
  const found = await connection.all('SELECT DISTINCT generation FROM base_rows WHERE generation >= ?', [generation])
  const condition = 'generation = ? AND name = ? AND revision <= ?'
  return [
    { table: name, keys: keysOf(key), content, condition: 'revision <= ?', values: [revision] },
    ...found.map((row) => ({ ...copies, condition, values: [integer(row, 'generation'), name, revision] })),
  ]
}

function selectOf({ table, keys, content, condition }: Source, after: KeyBound | undefined): string {
  const behind = after === undefined ? '' : `AND (${keys.join(', ')}) > (${after.sql})`
  const [first, second, third] = keys
  return `SELECT ${first} AS key_1, ${second} AS key_2, ${third} AS key_3, ${content} AS content FROM ${table} WHERE ${condition} ${behind}`
}

/** With the columns that they have in this file. */
export async function explainedTables(connection: Connection): Promise<readonly ExplainedTable[]> {
  const found: ExplainedTable[] = []
  for (const [name, explanation] of Object.entries(tables)) {
    if (explanation.by !== 'changes') continue
    const rows = await connection.all('SELECT name FROM pragma_table_info(?)', [name])
    const columns = rows.map((row) => text(row, 'name'))
    found.push({ name, key: explanation.key, isLarge: explanation.isLarge, columns })
  }
  return found
}

function keysOf([first = "''", second = "''", third = "''"]: ExplainedTable['key']): Keys {
  return [first === 'singleton' ? 'CAST(singleton AS TEXT)' : first, second, third]
}
