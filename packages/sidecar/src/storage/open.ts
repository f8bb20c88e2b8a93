/** The one place that knows which engine a URL asks for. */

import type { StoreOptions } from './options.ts'
import { openSqliteStore } from './sqlite/engine.ts'
import { StoreError, type Store } from './store.ts'

/**
 * Opens the store, and makes it where there is none.
 *
 * @param url `sqlite:<path>`, or `sqlite::memory:` for a store that ends with the process (a private folder for temporary
 *   files, removed on close)
 * @throws StoreError with what a person has to mend
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const [, scheme, path] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? []
  if (scheme === 'postgres' || scheme === 'postgresql') throw withoutPostgres()
  // The URL isn't repeated: it can hold a password.
  if (scheme !== 'sqlite') throw unusable('The URL of the database names no engine that this version has')
  if (!path || path.includes('\0')) throw unusable('The URL of the database names no file')
  if (/^\/\/[^/]/.test(path)) throw unusable(`sqlite:${path} looks like the name of a server`)
  return openSqliteStore(path, options)
}

function withoutPostgres(): StoreError {
  return new StoreError('not_a_database', 'This version has no PostgreSQL engine. Give sqlite:<path>.')
}

function unusable(what: string): StoreError {
  return new StoreError('not_a_database', `${what}. Give sqlite:<path>, or sqlite::memory: for a store without a file.`)
}
