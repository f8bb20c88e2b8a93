/**
 * Opens a file step by step: its place, its lock, its content, its version. When a step fails, what was opened before is
 * closed again in reverse order.
 */

import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { migrations as allMigrations } from './migrations/all.ts'
import type { Migration } from './migrations/migration.ts'
import type { StoreOptions } from '../options.ts'
import { finishRestore } from './backup/exchange.ts'
import { removeUnfinished } from './backup/unfinished.ts'
import type { Store } from '../store.ts'
import { checkSmallParts } from './file/check.ts'
import { checkRows, checkWhole, examinedBytes, keepLog, type ExaminedBytes } from './file/check-start.ts'
import { checkSeals } from './file/check-seals.ts'
import { Connection } from './connection.ts'
import { plantBase } from './rows/base.ts'
import { plantAnchor } from './rows/history.ts'
import { locate } from './file/location.ts'
import { diskUsageOf } from './file/disk-usage.ts'
import { checkLog } from './file/check-log.ts'
import { guardFiles, type FileGuard } from './file/guard.ts'
import { acquireLock } from './file/lock.ts'
import { makeMemoryFolder } from './file/memory-folder.ts'
import { companions, makePrivate, narrow } from './file/private.ts'
import { migrate, missingMigrations } from './migrations/migrate.ts'
import { checkSchema } from './migrations/schema.ts'
import { logBytesKept, setUpReader, setUpWriter } from './pragmas.ts'
import { text, unlessMalformed } from './rows/columns.ts'

export interface Connections {
  readonly writer: Connection
  readonly readers: readonly Connection[]
  /** The file had no store before. */
  readonly isNew: boolean
  /** Undefined for a store that ends with its process. */
  readonly guard: FileGuard | undefined
  readonly diskUsage: Store['diskUsage']
  /** Closes all of it and frees the lock. */
  readonly release: () => Promise<void>
}

export interface ConnectionsOptions extends StoreOptions {
  readonly migrations?: readonly Migration[]
  /** Only tests set it: to have damage found by a read that comes later. */
  readonly examined?: ExaminedBytes
}

const readersCount = 2
const epochCharacters = 16

/**
 * @param path of the file, or `:memory:`
 * @throws StoreError
 */
export async function openConnections(path: string, options: ConnectionsOptions = {}): Promise<Connections> {
  const undo: (() => Promise<void>)[] = []
  const release = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const isInMemory = path === ':memory:'
    // A private folder serves as memory, so that the same code runs.
    const opened = await open(isInMemory ? await makeMemoryFolder(undo) : path, { ...options, isInMemory, undo })
    return { ...opened, release }
  } catch (error) {
    await release()
    throw error
  }
}

interface Opening extends ConnectionsOptions {
  readonly isInMemory: boolean
  /** How to close what was opened, in the order of the opening. */
  readonly undo: (() => Promise<void>)[]
}

async function open(path: string, opening: Opening): Promise<Omit<Connections, 'release'>> {
  const { undo, isInMemory, migrations = allMigrations, now = Date.now, examined = examinedBytes } = opening
  const { file, folder, isDoubtful } = await locate(path)
  if (isDoubtful) opening.onEvent?.({ kind: 'file_system_doubtful', folder })
  const lock = await acquireLock(file)
  undo.push(() => lock.release())
  const finished = await finishRestore(file)
  if (finished !== undefined) opening.onEvent?.({ kind: 'restore_finished', file, ...finished })
  await removeUnfinished(file)
  await checkLog(file)
  await makePrivate(file)
  const narrowed = [...lock.narrowed, ...(await narrow(companions.map((suffix) => `${file}${suffix}`)))]
  if (narrowed.length > 0) opening.onEvent?.({ kind: 'files_narrowed', files: narrowed })
  await lock.checkAlone()
  const letLogGo = await keepLog(file, undo)
  const writer = await connect(file, undo)
  const stopHearing = interruptedBy(opening.signal, writer)
  undo.push(stopHearing)
  await unlessMalformed(file, () => writer.all('PRAGMA schema_version'))
  await lock.checkAlone()
  const missing = await unlessMalformed(file, () => missingMigrations(writer, migrations))
  await checkSchema(writer, migrations.slice(0, migrations.length - missing.length))
  const unexamined = await checkWhole(writer, examined)
  if (unexamined !== undefined) opening.onEvent?.({ kind: 'file_examined_in_part', file, ...unexamined })
  await setUpWriter(writer, !isInMemory)
  await migrate(writer, missing, now())
  await checkSmallParts(writer)
  await checkSeals(writer)
  const isNew = await plantEpoch(writer)
  await plantAnchor(writer, await readEpoch(writer))
  await plantBase(writer, migrations.length)
  await checkRows(writer, examined)
  await letLogGo()
  const readers: Connection[] = []
  for (let count = 0; count < readersCount; count++) {
    const reader = await connect(file, undo)
    await setUpReader(reader)
    readers.push(reader)
  }
  await stopHearing()
  const guard = isInMemory ? undefined : await guardFiles(file, resolve(path), logBytesKept)
  return { writer, readers, isNew, guard, diskUsage: () => diskUsageOf(file) }
}

/** @returns what makes the signal of no effect */
function interruptedBy(signal: AbortSignal | undefined, connection: Connection): () => Promise<void> {
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  if (signal?.aborted === true) interrupt()
  return async () => signal?.removeEventListener('abort', interrupt)
}

/** The writer is opened first and so closed last, when it moves the log into the database. */
async function connect(file: string, undo: (() => Promise<void>)[]): Promise<Connection> {
  const connection = await Connection.open(file)
  undo.push(() => connection.close())
  return connection
}

/** The epoch is made once, with the file. @returns whether it was made now */
async function plantEpoch(connection: Connection): Promise<boolean> {
  return (await connection.run('INSERT OR IGNORE INTO store (singleton, epoch) VALUES (1, ?)', [newEpoch()])) > 0
}

async function readEpoch(connection: Connection): Promise<string> {
  const [row] = await connection.all('SELECT epoch FROM store')
  return text(row ?? {}, 'epoch')
}

function newEpoch(): string {
  return Array.from({ length: epochCharacters }, () => randomInt(36).toString(36)).join('')
}
