/**
 * How a new file takes the place of a database and its log, which no system call can exchange together. The new file, complete
 * and durable, first gets a name that says so. From that moment on the restore is done: whoever has the lock next, a start or
 * another restore, moves the old files away and the new one in, if that was cut off. Before that moment the old store is
 * untouched. So no process ever opens the new file with the old log.
 */

import { link, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { companions } from '../file/private.ts'
import { besides } from './unfinished.ts'

const pending = /^\.pending-restore-(\d{8}T\d{6}Z-[0-9a-f]{16})$/

/** The new file, under a name which says that it is complete. @param stamp part of the name of the old database, too */
export function pendingPath(file: string, stamp: string): string {
  return `${file}.pending-restore-${stamp}`
}

export interface Finished {
  /** Where the old database is now; undefined: there was none. */
  readonly replaced: string | undefined
}

/** To be called under the lock of the database. @returns undefined: no restore was pending */
export async function finishRestore(file: string): Promise<Finished | undefined> {
  let finished: Finished | undefined
  for (const { path, suffix } of await besides(file)) {
    const stamp = pending.exec(suffix)?.[1]
    if (stamp === undefined) continue
    const replaced = `${file}.replaced-${stamp}`
    await moveAway(file, replaced)
    await rename(path, file)
    await syncFolder(dirname(file))
    finished = { replaced: (await exists(replaced)) ? replaced : undefined }
  }
  return finished
}

async function moveAway(file: string, replaced: string): Promise<void> {
  const found = await Promise.all(companions.map(async (suffix) => [suffix, await exists(`${file}${suffix}`)] as const))
  const suffixes = found.filter(([, isThere]) => isThere).map(([suffix]) => suffix)
  // Without a log one call is enough: until it, the old database keeps its name.
  if (suffixes.length === 1 && suffixes[0] === '' && (await isLinked(file, replaced))) return
  for (const suffix of suffixes) await rename(`${file}${suffix}`, `${replaced}${suffix}`)
  await syncFolder(dirname(file))
}

/** Not every file system has hard links. */
async function isLinked(file: string, replaced: string): Promise<boolean> {
  try {
    await link(file, replaced)
    return true
  } catch {
    const [one, other] = await Promise.all([file, replaced].map((path) => stat(path).catch(() => undefined)))
    return one !== undefined && one.ino === other?.ino && one.dev === other.dev
  }
}

/** Names are durable once their folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch {
    // Some file systems have no such call.
  } finally {
    await handle.close()
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
