/** The one place that knows which engine a URL asks for. */

import type { Inspection } from './inspection.ts'
import type { StoreOptions } from './options.ts'
import { openSqliteStore } from './sqlite/engine.ts'
import { openSqliteInspection } from './sqlite/inspection/inspection.ts'
import { StoreError, type Store } from './store.ts'

/**
 * Opens the store, and makes it where there is none.
 *
 * @param url `sqlite:<path>`, or `sqlite::memory:` for a store that ends with the process (a private folder for temporary
 *   files, removed on close)
 * @throws StoreError with what a person has to mend
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  return openSqliteStore(sqlitePathOf(url), options)
}

/**
 * Opens the file of a store for a look at everything in it, also while a store has it open. Nothing is made or changed.
 *
 * @param url `sqlite:<path>`
 * @throws StoreError when there is nothing that can be read
 */
export async function openInspection(url: string): Promise<Inspection> {
  const path = sqlitePathOf(url)
  if (path === ':memory:') throw unusable("A store without a file can't be looked at from outside")
  return openSqliteInspection(path)
}

function sqlitePathOf(url: string): string {
  const [, scheme, path] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? []
  if (scheme === 'postgres' || scheme === 'postgresql') throw withoutPostgres()
  // The URL isn't repeated: it can hold a password.
  if (scheme !== 'sqlite') throw unusable('The URL of the database names no engine that this version has')
  if (!path || path.includes('\0')) throw unusable('The URL of the database names no file')
  if (/^\/\/[^/]/.test(path)) throw unusable(`sqlite:${path} looks like the name of a server`)
  return path
}

function withoutPostgres(): StoreError {
  return new StoreError('not_a_database', 'This version has no PostgreSQL engine. Give sqlite:<path>.')
}

function unusable(what: string): StoreError {
  return new StoreError('not_a_database', `${what}. Give sqlite:<path>, or sqlite::memory: for a store without a file.`)
}
