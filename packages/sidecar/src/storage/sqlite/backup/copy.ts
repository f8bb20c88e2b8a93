/**
 * Copies one committed state into a new file with `VACUUM INTO`: without a log and without free pages. The memory that it needs
 * doesn't depend on the size. Writes go on meanwhile; what is committed after the beginning isn't in the copy.
 */

import { open, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CopiedState, CopyOptions } from '../../backup.ts'
import { StoreError } from '../../store.ts'
import { Connection } from '../connection.ts'
import { checkSeals } from '../file/check-seals.ts'
import { unlessMalformed } from '../rows/columns.ts'
import { readPosition } from '../rows/history.ts'

const reportEveryMs = 500
/** An interruption that comes between two statements has no effect, so it is repeated. */
const interruptEveryMs = 20
/** Where the copy is on the disk of the database, this stays free for the writes that go on. */
const roomForWritesBytes = 64 << 20

/**
 * @param path of an empty file
 * @throws StoreError; `disk_full` before anything is written, if there is too little space
 */
export async function copyInto(connection: Connection, path: string, options: CopyOptions): Promise<CopiedState> {
  const { signal, report } = options
  const bytes = await dataBytesOf(connection)
  await checkRoom(connection.file, path, bytes)
  signal.throwIfAborted()
  const reporting = setInterval(() => void sizeOf(path).then((size) => report?.(size, bytes)), reportEveryMs)
  const stopInterrupting = interruptedBy(signal, connection)
  try {
    await connection.run('VACUUM INTO ?', [path])
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof StoreError && error.code === 'disk_full' ? diskFull(path, error) : error
  } finally {
    clearInterval(reporting)
    stopInterrupting()
  }
  signal.throwIfAborted()
  await makeDurable(path)
  return checkCopy(path)
}

/**
 * The cheap check of a file that nothing else has open: its pages, and its last change sets with their seals.
 *
 * @throws StoreError `corrupt`
 */
export async function checkCopy(path: string): Promise<CopiedState> {
  const connection = await Connection.openToRead(path, true)
  try {
    const [found] = await connection.all('PRAGMA integrity_check(1)')
    if (found?.['integrity_check'] !== 'ok') throw new Error(String(found?.['integrity_check']))
    await checkSeals(connection)
    const { revision, seal } = await unlessMalformed(path, () => readPosition(connection))
    return { revision, seal, bytes: await sizeOf(path) }
  } catch (error) {
    throw notSound(path, error)
  } finally {
    await connection.close()
  }
}

/** VACUUM INTO leaves it to its caller to wait for the disk. */
async function makeDurable(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

function interruptedBy(signal: AbortSignal, connection: Connection): () => void {
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    connection.interrupt()
    timer ??= setInterval(() => connection.interrupt(), interruptEveryMs)
  }
  signal.addEventListener('abort', begin, { once: true })
  return () => {
    signal.removeEventListener('abort', begin)
    clearInterval(timer)
  }
}

/** Without the pages that are free, which aren't copied. */
async function dataBytesOf(connection: Connection): Promise<number> {
  const [row] = await connection.all(
    `SELECT (page_count - freelist_count) * page_size AS bytes
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  )
  return Number(row?.['bytes'] ?? 0)
}

async function checkRoom(file: string, path: string, bytes: number): Promise<void> {
  const [{ dev }, target, { bavail, bsize }] = await Promise.all([stat(file), stat(path), statfs(dirname(path))])
  const needed = bytes + (dev === target.dev ? roomForWritesBytes : 0)
  if (bavail * bsize >= needed) return
  throw new StoreError(
    'disk_full',
    `The copy of ${file} needs ${needed} bytes of free space in ${dirname(path)}, which has ${bavail * bsize}. Free some space, then try again.`,
  )
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.size ?? 0
}

function diskFull(path: string, cause: StoreError): StoreError {
  return new StoreError(
    'disk_full',
    `The disk of ${dirname(path)} is full, so the copy couldn't be made. Free some space, then try again.`,
    { cause },
  )
}

/** It says nothing sure about the database itself, so it doesn't end the writes of a store. */
function notSound(path: string, cause: unknown): StoreError {
  const message = `The copy ${path} isn't sound: the database or the disk may be damaged. Run rolesets doctor on the database.`
  return new StoreError('corrupt', message, { cause, endsWrites: false })
}
