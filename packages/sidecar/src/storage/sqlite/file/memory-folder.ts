/**
 * The folder of a store in memory: its files are private, and go with the process. A process that was killed leaves its
 * folder behind, and the folder for temporary files of a container outlives the process. So a start removes the folders
 * of processes that are gone.
 */

import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { StoreError } from '../../store.ts'
import { acquireLock } from './lock.ts'

const prefix = 'rolesets-memory-'
const fileName = 'memory.db'

/** Between the folder and its lock a starting process needs milliseconds. */
const youngMs = 60_000

/** A start must not wait for a folder with thousands of them. */
const removedMax = 16

/** @param undo gets how to remove it @returns the path of the database @throws StoreError `folder_read_only` */
export async function makeMemoryFolder(undo: (() => Promise<void>)[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix)).catch((cause: unknown) => {
    const problem = `A store in memory keeps its files in the folder for temporary files, and ${tmpdir()} can't be written.`
    const remedy = 'Mount a writable folder there, or name another one in TMPDIR.'
    throw new StoreError('folder_read_only', `${problem} ${remedy}`, { cause })
  })
  undo.push(() => rm(folder, { recursive: true, force: true }))
  await removeLeft(folder)
  return join(folder, fileName)
}

/** What can't be looked at or removed stays: the next start tries again. */
async function removeLeft(own: string): Promise<void> {
  const parent = dirname(own)
  const { uid } = await lstat(own)
  const names = await readdir(parent).catch((): string[] => [])
  const found = names.filter((name) => name.startsWith(prefix)).slice(0, removedMax)
  for (const name of found) await removeIfLeft(join(parent, name), uid).catch(() => undefined)
}

/** The lock tells whether its process lives, also in another container: the system frees it when the process ends. */
async function removeIfLeft(folder: string, ownUid: number): Promise<void> {
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== ownUid || Date.now() - found.mtimeMs < youngMs) return
  const files = await readdir(folder)
  // Without a lock file it isn't known whose it is. Nothing else is ever in such a folder.
  if (!files.includes(`${fileName}.lock`) || !files.every((name) => name.startsWith(fileName))) return
  const lock = await acquireLock(join(folder, fileName))
  try {
    await rm(folder, { recursive: true, force: true })
  } finally {
    await lock.release()
  }
}
