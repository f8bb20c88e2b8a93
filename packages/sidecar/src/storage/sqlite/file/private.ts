/**
 * The files of a store belong to the user that runs the sidecar: mode 0600 from the moment at which they are made. SQLite
 * gives the log and its index the mode of the database.
 */

import { chmod, open, stat } from 'node:fs/promises'

/** The files beside the database that SQLite makes. */
export const logSuffix = '-wal'
export const companions = ['', logSuffix, '-shm', '-journal'] as const

const othersMask = 0o077

/**
 * Makes the file if it doesn't exist, so that SQLite doesn't make it under the umask of the process. Nothing else in this
 * process may have the file open: closing a handle would free SQLite's locks on it.
 */
export async function makePrivate(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** @returns the files that other users could open until now; those that can't be changed are left as they are */
export async function narrow(files: readonly string[]): Promise<readonly string[]> {
  const narrowed: string[] = []
  for (const file of files) {
    const found = await stat(file).catch(() => undefined)
    if (found === undefined || !found.isFile() || (found.mode & othersMask) === 0) continue
    const isDone = await chmod(file, found.mode & 0o700 & ~0o100).then(
      () => true,
      () => false,
    )
    if (isDone) narrowed.push(file)
  }
  return narrowed
}
