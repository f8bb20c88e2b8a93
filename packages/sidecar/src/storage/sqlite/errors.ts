/**
 * The one translation from the driver's errors to the codes of the contract. What the driver says can hold SQL and values,
 * so it goes into `cause` only.
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
  sentence: (file) => `The database ${file} is damaged. Stop, keep a copy of the file, and restore a backup.`,
}

const meanings: Readonly<Record<string, Meaning>> = {
  SQLITE_FULL: {
    code: 'disk_full',
    sentence: (file) => `There is no room left for ${file}: nothing was written. Make room on its disk and try again.`,
  },
  SQLITE_BUSY: {
    code: 'in_use',
    sentence: (file) => `Another program holds ${file}. End its transaction or stop it, and try again.`,
  },
  SQLITE_CORRUPT: damage,
  SQLITE_NOTADB: {
    code: 'not_a_database',
    sentence: (file) => `${file} is no database of Rolesets. Name another file, or move this one away.`,
  },
  SQLITE_READONLY: {
    code: 'folder_read_only',
    sentence: (file) => `${file} can't be written. Give this user the right to write the file and its folder.`,
  },
  SQLITE_IOERR: {
    code: 'failed',
    sentence: (file) => `The disk failed a read or a write of ${file}. Look at the disk and at the system's log.`,
  },
  SQLITE_CANTOPEN: {
    code: 'failed',
    sentence: (file) =>
      `${file}, or a file beside it, can't be opened. Check the rights in its folder and the limit of open files.`,
  },
  SQLITE_CONSTRAINT: {
    code: 'failed',
    sentence: (file) =>
      `A write doesn't fit what is in ${file}: a key is taken, or what it refers to isn't there. Nothing of it was done.`,
  },
}

const anythingElse: Meaning = {
  code: 'failed',
  sentence: (file) => `The database ${file} failed in a way that wasn't foreseen. The log has the record.`,
}

/** Below this a disk counts as full when a write fails and the driver doesn't say why. */
const roomBytesMin = 1 << 20

export async function storeErrorOf(error: unknown, file: string): Promise<StoreError> {
  if (error instanceof StoreError) return error
  const code = driverCodeOf(error)
  const name = code === 'SQLITE_IOERR' && (await isFull(dirname(file))) ? 'SQLITE_FULL' : code
  const meaning = meanings[name] ?? anythingElse
  return new StoreError(meaning.code, meaning.sentence(file), { cause: error })
}

/** What was read can't have been written by this program. */
export function corruptError(file: string, cause: unknown): StoreError {
  return new StoreError(damage.code, damage.sentence(file), { cause })
}

function driverCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The extended code, which would say whether a failed write found no room, doesn't come through the driver. */
async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize < roomBytesMin
  } catch {
    return false
  }
}
