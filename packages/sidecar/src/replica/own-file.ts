/**
 * The file of a replica is a copy: where it can't be used, it is removed and fetched again, and never repaired. A small file
 * beside it marks it as such, so that the file of an authority is never taken for a copy, and a copy never for an authority's.
 */

import { access, rm, writeFile } from 'node:fs/promises'
import { StoreError, upstreamBookmark, type Store, type StoreErrorCode } from '../storage/store.ts'

/** The file of the database isn't one that this sidecar may use; the operator has to correct the settings. */
export class ReplicaFileError extends Error {
  override readonly name = 'ReplicaFileError'
  readonly code = 'replica_file'
}

export interface OwnFileOptions {
  /** Undefined: in memory. */
  readonly path: string | undefined
  readonly open: () => Promise<Store>
  readonly onDiscarded: (error: unknown) => void
}

/** What is wrong is the file itself: another one, made from a snapshot, is as good. */
const ofTheFile: ReadonlySet<StoreErrorCode> = new Set([
  'corrupt',
  'failed',
  'migration_edited',
  'migration_unknown',
  'not_a_database',
  'schema_altered',
  'too_new',
])

/** @throws ReplicaFileError when the file is an authority's; StoreError when the folder can't be used */
export async function openReplicaStore({ path, open, onDiscarded }: OwnFileOptions): Promise<Store> {
  if (path === undefined) return open()
  if (!(await isMarked(path))) {
    if (await isThere(path)) throw authoritysFile(path)
    await writeFile(markOf(path), mark, { mode: 0o600 })
  }
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof StoreError) || !ofTheFile.has(error.code)) throw error
    onDiscarded(error)
    for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true })
    return open()
  }
}

/** @throws ReplicaFileError when the file is a replica's, which lacks the members of all organizations */
export async function checkAuthorityFile(path: string | undefined, store: Store): Promise<void> {
  const isCopy =
    (path !== undefined && (await isMarked(path))) || (await store.bookmark(upstreamBookmark)) !== undefined
  if (!isCopy) return
  throw new ReplicaFileError(
    `${path ?? 'The store'} is the copy that a replica keeps, without the members of any organization, and ROLESETS_UPSTREAM isn't set. Set it, or give the path of another database, or restore a backup of the authority to another path.`,
  )
}

const markOf = (path: string) => `${path}.replica`

const mark =
  'The database beside this file is the copy of a replica. Both may be deleted while the sidecar is stopped: it fetches the copy again.\n'

const isMarked = (path: string) => isThere(markOf(path))

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function authoritysFile(path: string): ReplicaFileError {
  return new ReplicaFileError(
    `${path} is the database of an authority, and ROLESETS_UPSTREAM is set. A replica would replace all of it: give the path of another file, or leave ROLESETS_UPSTREAM out.`,
  )
}
