/** The store on SQLite. */

import type { StoreOptions } from '../options.ts'
import type { Store } from '../store.ts'
import { openTransactionalStore } from '../transactions/transactional-store.ts'
import { openConnections } from './connections.ts'
import { sqliteConnection } from './sqlite-connection.ts'

/**
 * @param path of the file, or `:memory:`
 * @throws StoreError when a person has to repair something before the file can be opened
 */
export async function openSqliteStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const { writer, readers, isNew, release } = await openConnections(path, options)
  const connections = { writer: sqliteConnection(writer), readers: readers.map(sqliteConnection), isNew, release }
  return openTransactionalStore(connections, options)
}
