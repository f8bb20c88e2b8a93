/** The store on SQLite. */

import type { CopyOptions } from '../backup.ts'
import type { Store } from '../store.ts'
import type { Position } from '../transactions/connection.ts'
import { openTransactionalStore } from '../transactions/transactional-store.ts'
import { copyRunning } from './backup/running-copy.ts'
import { openConnections, type ConnectionsOptions } from './connections.ts'
import { reexamine } from './file/reexamine.ts'
import { sqliteConnection } from './sqlite-connection.ts'

/**
 * @param path of the file, or `:memory:`
 * @throws StoreError when a person has to repair something before the file can be opened
 */
export async function openSqliteStore(path: string, options: ConnectionsOptions = {}): Promise<Store> {
  const { writer, readers, isNew, guard, diskUsage, release } = await openConnections(path, options)
  const connections = {
    writer: sqliteConnection(writer, guard),
    readers: readers.map((reader) => sqliteConnection(reader)),
    isNew,
    watch: guard?.watch,
    reexamine: (position: Position) => reexamine([writer, ...readers], position),
    copy: (how: CopyOptions) => copyRunning(writer.file, how),
    diskUsage,
    release,
  }
  return openTransactionalStore(connections, options)
}
