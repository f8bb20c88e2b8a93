/** A restore: the lock of the database, the new file beside it, and the exchange. */

import { randomBytes } from 'node:crypto'
import { chown, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Restoring } from '../../backup.ts'
import { StoreError } from '../../store.ts'
import { locate } from '../file/location.ts'
import { acquireLock, type Lock } from '../file/lock.ts'
import { companions, makePrivate } from '../file/private.ts'
import { exists, finishRestore, pendingPath, syncFolder } from './exchange.ts'
import { removeUnfinished, unfinishedPath } from './unfinished.ts'

const magic = 'SQLite format 3\0'
/** Of SQLite's header: how large a page is, and how many there are. */
const headerBytes = 100

/** @throws StoreError `in_use`, `network_file_system`, `folder_missing`, `folder_read_only`, `not_a_database` */
export async function openSqliteRestore(path: string): Promise<Restoring> {
  const { file } = await locate(path)
  const isFirst = !(await exists(`${file}.lock`))
  const lock = await acquireLock(file)
  try {
    await finishRestore(file)
    await removeUnfinished(file)
    const found = await Promise.all(companions.map((suffix) => exists(`${file}${suffix}`)))
    if (found[0]) await lock.checkAlone()
    const partial = unfinishedPath(file, 'restore')
    await makePrivate(partial)
    for (const made of isFirst ? [`${file}.lock`, partial] : [partial]) await giveToOwner(made, file)
    return new SqliteRestore({ file, partial, lock, isTaken: found.some(Boolean), isFirst })
  } catch (error) {
    await lock.release({ remove: isFirst })
    throw error
  }
}

interface Begun {
  readonly file: string
  readonly partial: string
  readonly lock: Lock
  readonly isTaken: boolean
  /** There was no lock file before: it goes again, unless there is a database to which it belongs. */
  readonly isFirst: boolean
}

class SqliteRestore implements Restoring {
  readonly file: string
  readonly isTaken: boolean
  readonly url: string
  readonly #partial: string
  readonly #lock: Lock
  #removesLock: boolean

  constructor({ file, partial, lock, isTaken, isFirst }: Begun) {
    this.file = file
    this.isTaken = isTaken
    this.url = `sqlite:${partial}`
    this.#partial = partial
    this.#lock = lock
    this.#removesLock = isFirst
  }

  async fill(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const handle = await open(this.#partial, 'r+')
    try {
      await write(handle, chunks)
      await handle.sync()
    } catch (error) {
      throw isDiskFull(error) ? diskFull(this.file, error) : error
    } finally {
      await handle.close()
    }
  }

  async commit(): Promise<string | undefined> {
    this.#removesLock = false
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    await rename(this.#partial, pendingPath(this.file, `${time}-${randomBytes(8).toString('hex')}`))
    await syncFolder(dirname(this.file))
    return (await finishRestore(this.file))?.replaced
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#partial, { force: true })
    await this.#lock.release({ remove: this.#removesLock })
  }
}

/** A stream without an end isn't written to the disk: what it is shows at its beginning. */
async function write(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let head = Buffer.alloc(0)
  let bytes = 0
  for await (const chunk of chunks) {
    if (head.length < headerBytes) {
      head = Buffer.concat([head, chunk]).subarray(0, headerBytes)
      if (!magic.startsWith(head.toString('latin1', 0, magic.length))) throw foreign()
    }
    await handle.writev([chunk])
    bytes += chunk.length
  }
  if (head.length < headerBytes) throw bytes === 0 ? empty() : cutOff(bytes)
  const page = head.readUInt16BE(16)
  const declared = (page === 1 ? 65_536 : page) * head.readUInt32BE(28)
  if (bytes < declared) throw cutOff(bytes, declared)
}

/** Only root makes a file for another user: for the one whose database is replaced, or who has the key beside it. */
async function giveToOwner(made: string, file: string): Promise<void> {
  const owners = [file, `${file}.key`, dirname(file)].map((path) => stat(path).catch(() => undefined))
  const owner = (await Promise.all(owners)).find((found) => found !== undefined)
  const { uid, gid } = await stat(made)
  if (owner === undefined || uid !== 0 || (owner.uid === uid && owner.gid === gid)) return
  await chown(made, owner.uid, owner.gid)
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

function diskFull(file: string, cause: unknown): StoreError {
  return new StoreError('disk_full', `The disk of ${dirname(file)} is full. Free some space, then try again.`, {
    cause,
  })
}

function foreign(): StoreError {
  return new StoreError('not_a_database', 'It is not a SQLite database.')
}

function empty(): StoreError {
  return new StoreError('not_a_database', 'It is empty.')
}

function cutOff(bytes: number, declared?: number): StoreError {
  const of = declared === undefined ? '' : `, and its header says ${declared}`
  return new StoreError('corrupt', `It was cut off: it has ${bytes} bytes${of}.`)
}
