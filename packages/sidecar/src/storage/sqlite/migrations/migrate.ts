/**
 * Brings a file to the schema of this version, or says why it can't be used. A file is only migrated forward, and its earlier
 * migrations must be exactly those of this version.
 */

import { createHash } from 'node:crypto'
import type { Migration } from './migration.ts'
import { StoreError } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { integer, text } from '../rows/columns.ts'

interface Applied {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

/** Marks a file as one of Rolesets: the letters RLST in SQLite's application id. */
const applicationId = 0x524c5354

/**
 * Only reads: a file that is refused stays as it was.
 *
 * @returns the migrations that the file still needs
 * @throws StoreError `not_a_database`, `too_new`, `migration_unknown`, `migration_edited`
 */
export async function missingMigrations(
  connection: Connection,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const applied = await readApplied(connection)
  checkApplied(connection.file, applied, migrations)
  return migrations.slice(applied.length)
}

/** Each in a transaction of its own. @param now Unix milliseconds */
export async function migrate(connection: Connection, migrations: readonly Migration[], now: number): Promise<void> {
  for (const migration of migrations) await apply(connection, migration, now)
}

export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex')
}

async function readApplied(connection: Connection): Promise<readonly Applied[]> {
  const [marked] = await connection.all('PRAGMA application_id')
  const tables = await connection.all('SELECT name FROM sqlite_schema')
  if (tables.length === 0) return []
  if (marked?.['application_id'] !== applicationId) throw ofAnotherProgram(connection.file)
  if (!tables.some((row) => row['name'] === 'migrations')) throw withoutMigrations(connection.file)
  const rows = await connection.all('SELECT number, name, checksum FROM migrations ORDER BY number')
  return rows.map((row) => ({
    number: integer(row, 'number'),
    name: text(row, 'name'),
    checksum: text(row, 'checksum'),
  }))
}

function checkApplied(file: string, applied: readonly Applied[], migrations: readonly Migration[]): void {
  const newest = applied.at(-1)
  if (newest && newest.number > migrations.length) throw tooNew(file, newest, migrations.length)
  applied.forEach((found, index) => {
    const known = migrations[index]
    if (known?.number !== found.number || known.name !== found.name) throw unknown(file, found)
    if (checksumOf(known) !== found.checksum) throw edited(file, found)
  })
}

async function apply(connection: Connection, migration: Migration, now: number): Promise<void> {
  const { number, name, sql } = migration
  await connection.run('BEGIN IMMEDIATE')
  try {
    await connection.script(`
      PRAGMA application_id = ${applicationId};
      CREATE TABLE IF NOT EXISTS migrations (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at INTEGER NOT NULL
      ) STRICT;`)
    await connection.script(sql)
    await connection.run('INSERT INTO migrations VALUES (?, ?, ?, ?)', [number, name, checksumOf(migration), now])
    await connection.run('COMMIT')
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

function ofAnotherProgram(file: string): StoreError {
  return new StoreError(
    'not_a_database',
    `${file} is a SQLite database of another program. Give the path of another file, or move this file away.`,
  )
}

function withoutMigrations(file: string): StoreError {
  const cause = new Error('The database has no table migrations.')
  return corruptError(file, cause)
}

function tooNew(file: string, newest: Applied, known: number): StoreError {
  return new StoreError(
    'too_new',
    `${file} was written by a newer version (migration ${newest.number}, ${newest.name}; this version knows ${known}). Run that version, or restore a backup from before it.`,
  )
}

function unknown(file: string, found: Applied): StoreError {
  return new StoreError(
    'migration_unknown',
    `${file} has a migration that this version doesn't know (${found.number}, ${found.name}). Run the version that wrote it, or restore a backup.`,
  )
}

function edited(file: string, found: Applied): StoreError {
  return new StoreError(
    'migration_edited',
    `Migration ${found.number} (${found.name}) of ${file} differs from that of this version. Run the version that wrote it, or restore a backup.`,
  )
}
