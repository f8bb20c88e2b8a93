/**
 * Keeps a second process away from the file: two writers that don't know of each other would assign one revision twice. The
 * lock is SQLite's own, on an empty file beside the database. Nothing is written to that file, so nothing in it can be out of
 * date or damaged, and the system frees the lock when the process ends, for any reason.
 *
 * The file must not be opened by other means in this process: closing any handle of it would free the lock.
 */

import { readFile, stat } from 'node:fs/promises'
import { StoreError } from '../../store.ts'
import { Connection } from '../connection.ts'

export interface Lock {
  release(): Promise<void>
}

/** @throws StoreError `in_use` */
export async function acquireLock(file: string): Promise<Lock> {
  const lockFile = `${file}.lock`
  const connection = await Connection.open(lockFile)
  try {
    await connection.all('PRAGMA busy_timeout = 0')
    // Otherwise the first page would be prepared in a journal on the disk.
    await connection.all('PRAGMA journal_mode = MEMORY')
    await connection.run('BEGIN EXCLUSIVE')
  } catch (error) {
    await connection.close()
    if (error instanceof StoreError && error.code === 'in_use') throw await inUse(file, error)
    throw error
  }
  return { release: () => connection.close() }
}

async function inUse(file: string, cause: StoreError): Promise<StoreError> {
  const pid = await holderOf(`${file}.lock`)
  const holder = pid === undefined ? 'another process, perhaps in another container' : `the process ${pid}`
  return new StoreError(
    'in_use',
    `The database ${file} is in use by ${holder}. Stop it first, or give the path of another file.`,
    {
      cause,
    },
  )
}

/**
 * The process that has the lock, as Linux lists it: `1: POSIX ADVISORY WRITE <pid> <major>:<minor>:<inode> <start> <end>`.
 * Undefined where it isn't listed: on other systems, and across containers.
 */
async function holderOf(lockFile: string): Promise<number | undefined> {
  try {
    const { dev, ino } = await stat(lockFile, { bigint: true })
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
    const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
    const device = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':')
    const lines = (await readFile('/proc/locks', 'utf8')).split('\n').map((line) => line.split(/\s+/))
    const pid = Number(lines.find((words) => words[5] === `${device}:${ino}`)?.[4])
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
