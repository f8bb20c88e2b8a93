/**
 * Which processes hold locks on a file, as Linux lists them: `1: POSIX ADVISORY WRITE <pid> <major>:<minor>:<inode> …`. There
 * is no list on other systems, and none of the processes of other containers.
 */

import { readdir, readFile, readlink, stat } from 'node:fs/promises'

export interface LockOwner {
  readonly pid: number
  /** It has a lock that only one process can have. */
  readonly isWriter: boolean
}

/** Empty where it isn't known. */
export async function lockOwners(file: string): Promise<readonly LockOwner[]> {
  try {
    const { dev, ino } = await stat(file, { bigint: true })
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
    const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
    const device = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':')
    const lines = (await readFile('/proc/locks', 'utf8')).split('\n').map((line) => line.split(/\s+/))
    const owners = lines.filter((words) => words[5] === `${device}:${ino}` && Number(words[4]) > 0)
    return owners.map((words) => ({ pid: Number(words[4]), isWriter: words[3] === 'WRITE' }))
  } catch {
    return []
  }
}

export interface OpenFile {
  /** With ` (deleted)` at its end, if it was. */
  readonly path: string
  /** Leads to the file itself, also if it has no path any more. */
  readonly handle: string
}

/** Empty where they aren't shown to this user. */
export async function openFilesOf(pid: number): Promise<readonly OpenFile[]> {
  const folder = `/proc/${pid}/fd`
  const handles = (await readdir(folder).catch(() => [])).map((name) => `${folder}/${name}`)
  return Promise.all(handles.map(async (handle) => ({ handle, path: await readlink(handle).catch(() => '') })))
}
