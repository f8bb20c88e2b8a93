/** The settings of the connections. They decide durability and memory use. */

import { dirname } from 'node:path'
import { StoreError } from '../store.ts'
import type { Connection } from './connection.ts'

/** Pages of 4 KiB in the log before they are copied into the database: 16 MiB. */
const checkpointPages = 4_000
/** The log is cut down to this size when it begins anew. */
export const logBytesKept = 64 << 20
const writerCacheKibibytes = 32 << 10
const readerCacheKibibytes = 16 << 10

/** @param isDurable false for a store that ends with its process */
export async function setUpWriter(connection: Connection, isDurable: boolean): Promise<void> {
  const [mode] = await connection.all('PRAGMA journal_mode = WAL')
  if (mode?.['journal_mode'] !== 'wal') throw withoutLog(connection.file)
  // FULL: a commit waits until the disk has it. NORMAL would lose the last writes when the power fails.
  await connection.all(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'OFF'}`)
  await connection.all('PRAGMA foreign_keys = ON')
  await connection.all(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  await connection.all(`PRAGMA journal_size_limit = ${logBytesKept}`)
  await connection.all(`PRAGMA cache_size = -${writerCacheKibibytes}`)
  await connection.all('PRAGMA cell_size_check = ON')
  // A change to millions of rows needs space for a list of them. It is put beside the database, in a folder that is known to
  // be writable; a container may have no /tmp. The setting holds for the whole process.
  await connection.all(`PRAGMA temp_store_directory = '${dirname(connection.file).replaceAll("'", "''")}'`)
}

export async function setUpReader(connection: Connection): Promise<void> {
  await connection.all('PRAGMA query_only = ON')
  await connection.all(`PRAGMA cache_size = -${readerCacheKibibytes}`)
  await connection.all('PRAGMA cell_size_check = ON')
}

function withoutLog(file: string): StoreError {
  return new StoreError(
    'failed',
    `The file system of ${file} doesn't support a write-ahead log. Give the path of a file on a local disk.`,
  )
}
