/**
 * Translates the driver's errors to the codes of the contract. The driver's messages can contain SQL and values, so they are
 * only in `cause`.
 */

import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StoreError, type StoreErrorCode } from '../store.ts'

interface Meaning {
  readonly code: StoreErrorCode
  readonly sentence: (file: string) => string
}

const damage: Meaning = {
  code: 'corrupt',
  sentence: (file) =>
    `A read of the database ${file} found damage. Stop the sidecar and run rolesets doctor --database sqlite:${file}. If it finds the file sound, the error has passed: start again. If not, keep a copy of the file and restore a backup.`,
}

const meanings: Readonly<Record<string, Meaning>> = {
  SQLITE_FULL: {
    code: 'disk_full',
    sentence: (file) =>
      `The disk is full, so nothing was written to ${file}. Free some space on the disk, then try again.`,
  },
  SQLITE_BUSY: {
    code: 'in_use',
    sentence: (file) => `Another program has locked ${file}. End its transaction or stop it, then try again.`,
  },
  SQLITE_CORRUPT: damage,
  SQLITE_NOTADB: {
    code: 'not_a_database',
    sentence: (file) => `${file} is not a Rolesets database. Give the path of another file, or move this file away.`,
  },
  SQLITE_READONLY: {
    code: 'folder_read_only',
    sentence: (file) => `${file} can't be written. Give this user write permission for the file and its folder.`,
  },
  SQLITE_IOERR: {
    code: 'failed',
    sentence: (file) => `A read or write of ${file} failed on the disk. Check the disk and the system's log.`,
  },
  SQLITE_CANTOPEN: {
    code: 'failed',
    sentence: (file) =>
      `${file}, or a file beside it, can't be opened. Check the permissions of its folder and the limit on open files.`,
  },
  SQLITE_CONSTRAINT: {
    code: 'failed',
    sentence: (file) =>
      `A write contradicts the data in ${file}: a key exists already, or something that it refers to doesn't exist. Nothing was written.`,
  },
}

const anythingElse: Meaning = {
  code: 'failed',
  sentence: (file) => `The database ${file} failed unexpectedly. See the log.`,
}

/** With less free space than this, a disk counts as full when a write fails and the driver gives no reason. */
const roomBytesMin = 1 << 20

export async function storeErrorOf(error: unknown, file: string): Promise<StoreError> {
  if (error instanceof StoreError) return error
  const code = driverCodeOf(error)
  const name = code === 'SQLITE_IOERR' && (await isFull(dirname(file))) ? 'SQLITE_FULL' : code
  const meaning = meanings[name] ?? anythingElse
  return new StoreError(meaning.code, meaning.sentence(file), { cause: error })
}

/** The file contains something that this program never writes. */
export function corruptError(file: string, cause: unknown): StoreError {
  return new StoreError(damage.code, damage.sentence(file), { cause })
}

function driverCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The driver doesn't pass on the extended code, which would say whether the disk was full. */
async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize < roomBytesMin
  } catch {
    return false
  }
}
