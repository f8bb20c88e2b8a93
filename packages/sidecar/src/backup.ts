/**
 * Backups of the file of a store without a sidecar: a copy of the file, and a copy that takes the place of the file. A copy is
 * examined as doctor does it before it takes any place.
 */

import { examine, UnreadableFile, type Examined } from './doctor.ts'
import type { CopiedState, CopyOptions } from './storage/backup.ts'
import { copyStore, openRestore } from './storage/open.ts'
import { StoreError } from './storage/store.ts'

export type { CopiedState }

/**
 * @param url `sqlite:<path>`; a sidecar may have it open
 * @param target an empty file
 * @throws UnreadableFile
 */
export function copyOfStore(url: string, target: string, options: CopyOptions): Promise<CopiedState> {
  return translated(() => copyStore(url, target, options))
}

export interface RestoreOptions {
  /** Names the backup in messages. */
  readonly source: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** An existing database is moved aside; else it is a reason to refuse. */
  readonly replace: boolean
  /** Unix milliseconds. */
  readonly now: number
  readonly report: (what: string) => void
  readonly signal: AbortSignal
  readonly findingsMax: number
}

export interface Restored {
  /** With findings, nothing was restored. */
  readonly examined: Examined
  /** The path of the database. */
  readonly file: string
  /** Where the database before it is now; undefined: there was none. */
  readonly replaced: string | undefined
}

/**
 * @param url `sqlite:<path>`; no sidecar may have it open
 * @throws UnreadableFile; `database_exists` where there is one and it isn't to be replaced
 */
export function restoreStore(url: string, options: RestoreOptions): Promise<Restored> {
  return translated(async () => {
    const { source, chunks, replace, report, signal, ...how } = options
    const restoring = await openRestore(url)
    try {
      const { file } = restoring
      if (restoring.isTaken && !replace) throw exists(file)
      report('copying the backup')
      await about(source, restoring.url, () => restoring.fill(chunks))
      const examined = await about(source, restoring.url, () => examine(restoring.url, { ...how, report, signal }))
      signal.throwIfAborted()
      const replaced = examined.findings.length === 0 ? await restoring.commit() : undefined
      return { examined, file, replaced }
    } finally {
      await restoring[Symbol.asyncDispose]()
    }
  })
}

/** What is said of the new file is said of the backup, which the user knows. */
async function about<T>(source: string, url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof UnreadableFile)) throw error
    const { code, message } = error
    const path = url.slice('sqlite:'.length)
    const told = message.includes(path) ? message.replaceAll(path, source) : `${source} can't be restored: ${message}`
    throw new UnreadableFile({ code, message: told }, { cause: error })
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof StoreError ? new UnreadableFile(error, { cause: error }) : error
  }
}

function exists(file: string): UnreadableFile {
  const message = `There is a database at ${file}. To put the backup in its place, add --replace: the database is then moved aside and kept.`
  return new UnreadableFile({ code: 'database_exists', message })
}
