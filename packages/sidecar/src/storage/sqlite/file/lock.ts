/**
 * Keeps a second process away from the file: two writers that don't know of each other would assign one revision twice. The
 * lock is SQLite's own, on an empty file beside the database. Nothing is written to that file, so nothing in it can be out of
 * date or damaged, and the system frees the lock when the process ends, for any reason.
 *
 * It is the lock of a writer that readers don't keep out: whoever only reads the lock file can't keep the sidecar from
 * starting.
 *
 * A hard link gives the database another name and so another lock file. So the file itself is compared, too: by device and
 * inode, with those that this process has open and with those that another sidecar has open under the other name.
 *
 * The file must not be opened by other means in this process: closing any handle of it would free the lock.
 */

import { rm, stat } from 'node:fs/promises'
import { pid as ownPid } from 'node:process'
import { StoreError } from '../../store.ts'
import { Connection } from '../connection.ts'
import { lockOwners, openFilesOf } from './lock-owners.ts'
import { makePrivate, narrow } from './private.ts'

export interface Lock {
  /** Other users could open the lock file until now. */
  readonly narrowed: readonly string[]
  /**
   * No other sidecar may have the database open under another name. To be called before it is opened, and when it is open:
   * of two that start at the same time, one sees the other then.
   * @throws StoreError `in_use`
   */
  checkAlone(): Promise<void>
  /** @param how `remove`: the lock file goes, too, because there was none before */
  release(how?: { readonly remove: boolean }): Promise<void>
}

const lockSuffix = '.lock'

/** Databases that this process has open, by device and inode. */
const openHere = new Set<string>()

/** @throws StoreError `in_use` */
export async function acquireLock(file: string): Promise<Lock> {
  const lockFile = `${file}${lockSuffix}`
  const { connection, narrowed } = await lockInPlace(lockFile).catch(async (error: unknown) => {
    throw error instanceof StoreError && error.code === 'in_use' ? await heldByAnother(file, error) : error
  })
  let held: string | undefined
  return {
    narrowed,
    checkAlone: async () => {
      const identity = await identityOf(file)
      const isOpenHere = held !== identity && openHere.has(identity)
      const holder = isOpenHere ? ownPid : await otherSidecar(file, identity)
      if (holder !== undefined) throw inUse(file, `the process ${holder}, which has it open under another name`)
      openHere.add((held = identity))
    },
    release: async ({ remove } = { remove: false }) => {
      if (held !== undefined) openHere.delete(held)
      // While it is locked: nobody else has it then.
      if (remove) await rm(lockFile, { force: true })
      await connection.close()
    },
  }
}

/**
 * A lock file can be replaced or removed while it is being opened. Then the lock would be on a file without a name, and
 * keep nobody away: so the file must be the same before it is opened and after it is locked.
 */
async function lockInPlace(lockFile: string): Promise<{ connection: Connection; narrowed: readonly string[] }> {
  for (;;) {
    await makePrivate(lockFile)
    const narrowed = await narrow([lockFile])
    const before = await identityOf(lockFile).catch(() => undefined)
    const connection = await lockOrReplace(lockFile)
    const after = await identityOf(lockFile).catch(() => undefined)
    if (before !== undefined && before === after) return { connection, narrowed }
    await connection.close()
  }
}

/** A process that only reads can lock the bytes that SQLite's lock needs. Then the lock file is replaced by a new one. */
async function lockOrReplace(lockFile: string): Promise<Connection> {
  try {
    return await lock(lockFile)
  } catch (error) {
    const owners = await lockOwners(lockFile)
    if (owners.length === 0 || owners.some(({ isWriter }) => isWriter)) throw error
    await rm(lockFile, { force: true })
    await makePrivate(lockFile)
    return lock(lockFile)
  }
}

async function lock(lockFile: string): Promise<Connection> {
  const connection = await Connection.open(lockFile)
  try {
    await connection.all('PRAGMA busy_timeout = 0')
    // Otherwise the first page would be prepared in a journal on the disk.
    await connection.all('PRAGMA journal_mode = MEMORY')
    await connection.run('BEGIN IMMEDIATE')
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function identityOf(file: string): Promise<string> {
  const { dev, ino } = await stat(file, { bigint: true })
  return `${dev}:${ino}`
}

/** The process that has this database open, and the lock of a database that is the same file. */
async function otherSidecar(file: string, identity: string): Promise<number | undefined> {
  for (const { pid } of await lockOwners(file))
    for (const { path, handle } of pid === ownPid ? [] : await openFilesOf(pid)) {
      // The lock file of another sidecar may have been replaced while it started.
      const name = path.replace(/ \(deleted\)$/, '')
      if (!name.endsWith(lockSuffix)) continue
      const database = await identityOf(name.slice(0, -lockSuffix.length)).catch(() => undefined)
      const owners = database === identity ? await lockOwners(handle) : []
      if (owners.some((owner) => owner.pid === pid && owner.isWriter)) return pid
    }
  return undefined
}

async function heldByAnother(file: string, cause: StoreError): Promise<StoreError> {
  const writer = (await lockOwners(`${file}${lockSuffix}`)).find(({ isWriter }) => isWriter)
  const holder = writer === undefined ? 'another process, perhaps in another container' : `the process ${writer.pid}`
  return inUse(file, holder, cause)
}

function inUse(file: string, holder: string, cause?: StoreError): StoreError {
  const message = `The database ${file} is in use by ${holder}. Stop it first, or give the path of another file.`
  return new StoreError('in_use', message, { cause })
}
