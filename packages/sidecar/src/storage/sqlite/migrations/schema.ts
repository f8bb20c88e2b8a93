/**
 * Compares the schema of a file with what the migrations make: an extra trigger, view or index can change what is written
 * or read, and a missing one can let something pass. SQLite's own tables (`sqlite_…`), which hold statistics and the like,
 * don't count.
 */

import { StoreError } from '../../store.ts'
import { Connection, type Row } from '../connection.ts'
import { migrate } from './migrate.ts'
import type { Migration } from './migration.ts'

/** Only what was made by others has a longer name. */
const nameCharactersMax = 100

/** A table, an index, a trigger or a view that isn't as the migrations make it. */
export interface SchemaDifference {
  /** For example `trigger spy`. */
  readonly what: string
  readonly problem: string
  /** The table that is missing or differs, or whose index or trigger is. */
  readonly table: string
  readonly isMissing: boolean
}

interface Part {
  readonly what: string
  readonly table: string
  readonly sql: string
}

/** @param applied the migrations that the file has had */
export async function schemaDifferences(
  connection: Connection,
  applied: readonly Migration[],
): Promise<readonly SchemaDifference[]> {
  const found = await readSchema(connection)
  const expected = await schemaOf(applied)
  const differences: SchemaDifference[] = []
  for (const [key, { what, table, sql }] of expected) {
    const actual = found.get(key)
    if (actual?.sql === sql && actual.table === table) continue
    const problem = actual === undefined ? 'missing: the migrations made it' : 'differs from what the migrations made'
    differences.push({ what, problem, table, isMissing: actual === undefined })
  }
  for (const [key, { what, table }] of found)
    if (!expected.has(key)) differences.push({ what, problem: 'no migration made it', table, isMissing: false })
  return differences
}

/** @throws StoreError `schema_altered` */
export async function checkSchema(connection: Connection, applied: readonly Migration[]): Promise<void> {
  const differences = await schemaDifferences(connection, applied)
  const lost = differences.filter(({ what, isMissing }) => isMissing && what.startsWith('table '))
  if (lost.length > 0) throw damaged(connection.file, lost)
  if (differences.length > 0) throw altered(connection.file, differences)
}

async function schemaOf(applied: readonly Migration[]): Promise<ReadonlyMap<string, Part>> {
  if (applied.length === 0) return new Map()
  const connection = await Connection.open(':memory:')
  try {
    await migrate(connection, applied, 0)
    return await readSchema(connection)
  } finally {
    await connection.close()
  }
}

/** By type and name. A part with a strange name or text is a part all the same. */
async function readSchema(connection: Connection): Promise<ReadonlyMap<string, Part>> {
  const sql = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid'
  const parts = new Map<string, Part>()
  for (const row of await connection.all(sql)) {
    if (isOfSqlite(row)) continue
    const what = `${String(row['type'])} ${String(row['name'])}`.slice(0, nameCharactersMax)
    const [table, text] = [String(row['tbl_name']), String(row['sql'])]
    // Only a file that was edited has two parts of one name.
    parts.set(parts.has(what) ? `${what} again` : what, { what, table, sql: text })
  }
  return parts
}

/** Its tables of statistics, and the indexes of keys, which have no text. */
function isOfSqlite({ type, name, tbl_name: table, sql }: Row): boolean {
  if (type === 'table') return /^sqlite_(stat[1-4]|sequence)$/.test(String(name))
  return type === 'index' && sql === null && String(name).startsWith(`sqlite_autoindex_${String(table)}_`)
}

function listed(differences: readonly SchemaDifference[]): string {
  const [first, ...others] = differences.map(({ what, problem }) => `${what} (${problem})`)
  return `${first ?? ''}${others.length > 0 ? `, and ${others.length} more` : ''}`
}

function damaged(file: string, lost: readonly SchemaDifference[]): StoreError {
  const names = lost.map(({ table }) => table).join(', ')
  const cause = new Error(`The database has no table ${names}.`)
  return new StoreError(
    'corrupt',
    `The database ${file} is damaged: it has no table ${names}. Stop, keep a copy of the file, and restore a backup.`,
    { cause },
  )
}

function altered(file: string, differences: readonly SchemaDifference[]): StoreError {
  return new StoreError(
    'schema_altered',
    `The schema of ${file} isn't the one that Rolesets made: ${listed(differences)}. Run rolesets doctor on the file, find out who changed it, and restore a backup from before.`,
  )
}
