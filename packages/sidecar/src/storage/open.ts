/** The only file that knows which engine a URL selects. */

import type { CopiedState, CopyOptions, Restoring } from './backup.ts'
import type { Inspection } from './inspection.ts'
import type { StoreOptions } from './options.ts'
import { openSqliteStore } from './sqlite/engine.ts'
import { copyFileOfStore } from './sqlite/backup/file-copy.ts'
import { openSqliteRestore } from './sqlite/backup/restore.ts'
import { openAnyInspection } from './sqlite/inspection/former.ts'
import { StoreError, type Store } from './store.ts'

/**
 * Opens the store, or creates it if there is none.
 *
 * @param url `sqlite:<path>`, or `sqlite::memory:` for a store that ends with the process (a private folder for temporary
 *   files, removed on close)
 * @throws StoreError that says what to repair
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  return openSqliteStore(sqlitePathOf(url), options)
}

/**
 * Opens the file of a store to inspect it, also while a store has it open. Nothing is created or changed.
 *
 * @param url `sqlite:<path>`
 * @throws StoreError when the file can't be read
 */
export async function openInspection(url: string): Promise<Inspection> {
  const path = sqlitePathOf(url)
  if (path === ':memory:') throw unusable("A store in memory can't be inspected by another process")
  return openAnyInspection(path)
}

/**
 * Copies the file of a store into an empty file, also while a store has it open. Nothing else is created or changed.
 *
 * @param url `sqlite:<path>`
 * @throws StoreError
 */
export async function copyStore(url: string, target: string, options: CopyOptions): Promise<CopiedState> {
  const path = sqlitePathOf(url)
  if (path === ':memory:') throw unusable("A store in memory can't be copied by another process")
  return copyFileOfStore(path, target, options)
}

/**
 * Begins to restore a store, with its lock.
 *
 * @param url `sqlite:<path>`
 * @throws StoreError that says what to repair
 */
export async function openRestore(url: string): Promise<Restoring> {
  const path = sqlitePathOf(url)
  if (path === ':memory:') throw unusable("A store in memory can't be restored")
  return openSqliteRestore(path)
}

function sqlitePathOf(url: string): string {
  const [, scheme, path] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? []
  if (scheme === 'postgres' || scheme === 'postgresql') throw withoutPostgres()
  // The URL isn't repeated: it can hold a password.
  if (scheme !== 'sqlite') throw unusable('This version has no engine for the scheme of the database URL')
  if (!path || path.includes('\0')) throw unusable('The database URL names no file')
  if (/^\/\/[^/]/.test(path)) throw unusable(`sqlite:${path} looks like the address of a server, not a path`)
  return path
}

function withoutPostgres(): StoreError {
  return new StoreError('not_a_database', 'This version has no PostgreSQL engine. Give sqlite:<path>.')
}

function unusable(what: string): StoreError {
  return new StoreError('not_a_database', `${what}. Give sqlite:<path>, or sqlite::memory: for a store without a file.`)
}
