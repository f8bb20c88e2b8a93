/**
 * One look at the path of the manifest: which files there are, and what is in them. Its facts tell a later look that nothing
 * has changed, without reading the files again. A mounted ConfigMap is a folder of links, and the kubelet exchanges the
 * folder behind them in one step; so the real path of each file belongs to the facts.
 */

import { createHash } from 'node:crypto'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { onOneLine } from '@rolesets/core'
import { FileError, readFileBounded } from '../bounded-file.ts'
import { folderFilesMax as filesMax, manifestNamesIn } from '../manifest/folder.ts'
import { manifestBytesMax } from '../manifest/parse.ts'
import { invalid, ManifestProblem, unreadable } from './problem.ts'

export interface FoundFile {
  /** A path that can be opened, for messages. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Found {
  /** In the order of their names. */
  readonly files: readonly FoundFile[]
  /** SHA-256 in hex: of the file; for a folder, of what `sha256sum` prints about its files. */
  readonly hash: string
}

export interface Look {
  /** Another text as soon as one of the files is another one, or was touched. */
  readonly facts: string
  /** When one of the files was touched last, in Unix milliseconds by the clock of the file system; 0: no file is there. */
  readonly touchedAt: number
  /** The problem says why nothing can be used. */
  readonly found: Found | ManifestProblem
}

export interface Listing extends Pick<Look, 'facts' | 'touchedAt'> {
  readonly isFolder: boolean
  readonly paths: readonly string[]
  readonly problem: ManifestProblem | undefined
}

interface Entry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  readonly bytes: number
  readonly touchedAt: number
  /** What tells it from the one that was here before. */
  readonly identity: readonly unknown[]
}

/** Facts and contents belong together: when something changes during the look, it begins again. */
export async function lookAt(path: string, signal: AbortSignal): Promise<Look> {
  for (;;) {
    signal.throwIfAborted()
    const listing = await list(path)
    const { facts, touchedAt, problem } = listing
    const found = problem ?? (await read(listing, signal))
    if ((await list(path)).facts === facts) return { facts, touchedAt, found }
  }
}

/** Whether two looks have found the same contents, or the same problem. */
export function isSameFound(a: Look['found'], b: Look['found']): boolean {
  if (a instanceof ManifestProblem) return b instanceof ManifestProblem && a.message === b.message
  return !(b instanceof ManifestProblem) && a.hash === b.hash
}

/** What is at the path, without reading it. */
export async function list(path: string): Promise<Listing> {
  try {
    const top = await entryAt(path)
    const isFolder = top.kind === 'folder'
    const entries = isFolder ? (await entriesIn(path)).filter(({ kind }) => kind !== 'folder') : [top]
    return {
      facts: JSON.stringify([isFolder, ...entries.map(({ identity }) => identity)]),
      touchedAt: Math.max(0, ...entries.map(({ touchedAt }) => touchedAt)),
      isFolder,
      paths: entries.map((entry) => entry.path),
      problem: problemIn(path, entries),
    }
  } catch (error) {
    const problem = unreadable(path, error)
    return { facts: problem.message, touchedAt: 0, isFolder: false, paths: [], problem }
  }
}

async function entryAt(path: string): Promise<Entry> {
  const real = await realpath(path)
  const found = await stat(real)
  const { dev, ino, size: bytes, mtimeMs, ctimeMs } = found
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  const touchedAt = Math.max(mtimeMs, ctimeMs)
  return { path, kind, bytes, touchedAt, identity: [path, real, dev, ino, bytes, mtimeMs, ctimeMs] }
}

async function entriesIn(folder: string): Promise<readonly Entry[]> {
  const names = manifestNamesIn(await readdir(folder))
  const entries: Entry[] = []
  // One after the other: many at once would take all threads, which the store needs. One too many is enough to refuse them.
  for (const name of names.slice(0, filesMax + 1)) entries.push(await entryAt(join(folder, name)))
  return entries
}

function problemIn(path: string, entries: readonly Entry[]): ManifestProblem | undefined {
  const other = entries.find(({ kind }) => kind === 'other')
  if (other) return invalid(`${onOneLine(other.path)} is not a regular file. Put a file there, or a folder with files.`)
  if (entries.length === 0)
    return invalid(`The folder ${onOneLine(path)} has no file whose name ends in .yaml, .yml or .json. Add one.`)
  if (entries.length > filesMax)
    return invalid(`The folder ${onOneLine(path)} has more than ${filesMax} files. Put the manifest into fewer.`)
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (bytes > manifestBytesMax)
    return invalid(`The manifest has ${bytes} bytes. At most ${manifestBytesMax} are allowed: describe less.`)
  return undefined
}

async function read({ paths, isFolder }: Listing, signal: AbortSignal): Promise<Look['found']> {
  try {
    const files: FoundFile[] = []
    for (const path of paths) {
      const bounds = { what: `The file ${onOneLine(path)}`, bytesMax: manifestBytesMax, signal }
      files.push({ name: path, bytes: await readFileBounded(path, bounds) })
    }
    return { files, hash: hashOf(files, isFolder) }
  } catch (error) {
    if (!(error instanceof FileError) || error.code === 'aborted') throw error
    return new ManifestProblem('unreadable_file', error.message, { cause: error })
  }
}

function hashOf(files: readonly FoundFile[], isFolder: boolean): string {
  const hashes = files.map(({ name, bytes }) => `${sha256(bytes)}  ${basename(name)}\n`)
  return isFolder ? sha256(hashes.join('')) : sha256(files[0]?.bytes ?? '')
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
