/**
 * Notices that the files of a running store were deleted, replaced or truncated, or that their folder was renamed. The
 * process would go on writing to files that have no name any more, and everything would be lost when it ends. So a commit is
 * acknowledged only if the files that it went to are still in place.
 */

import { stat } from 'node:fs/promises'
import { StoreError } from '../../store.ts'
import { logSuffix } from './private.ts'

export interface FileGuard {
  /** Before a write. @throws StoreError `file_lost`, which ends all writes */
  verify(): Promise<void>
  /** After its commit, which may have moved the log into the database, and ends it. @throws StoreError `file_lost` */
  verifyCommitted(): Promise<void>
  /** It was rolled back. */
  end(): void
  /** Verifies from time to time, until the returned function is called. */
  readonly watch: (onLost: (error: StoreError) => void) => () => void
}

const everyMs = 2_000

interface Guarded {
  readonly path: string
  readonly device: bigint
  readonly inode: bigint
  /** It may only grow, up to what SQLite itself cuts it down to. */
  bytes: bigint
  readonly bytesKept: bigint
}

/**
 * @param path as it was given: a symbolic link that leads elsewhere by now is noticed as well
 * @param logBytesKept SQLite may cut the log down to this size
 */
export async function guardFiles(file: string, path: string, logBytesKept: number): Promise<FileGuard> {
  const guarded = await Promise.all([
    look(file, 0),
    look(path, 0),
    look(`${file}${logSuffix}`, logBytesKept),
    look(`${file}-shm`, 0),
  ])
  const verify = async () => {
    const problems = await Promise.all(guarded.map(problemOf))
    const problem = problems.find((each) => each !== undefined)
    if (problem !== undefined) throw lost(file, problem)
  }
  // Only a commit of this process writes to the database itself: a copy that is written over it changes its time.
  let [changedAt, writes, isWriting] = [await changeTimeOf(file), 0, false]
  const verifyUnchanged = async () => {
    const before = writes
    const found = await changeTimeOf(file)
    if (before === writes && !isWriting && found !== changedAt)
      throw lost(file, `${file} was written by another program`)
  }
  const verifyIdle = async () => {
    await verify()
    await verifyUnchanged()
  }
  return {
    verify: async () => {
      await verifyIdle()
      isWriting = true
      writes++
    },
    verifyCommitted: async () => {
      await verify()
      changedAt = await changeTimeOf(file)
      isWriting = false
    },
    end: () => void (isWriting = false),
    watch: (onLost) => {
      const timer = setInterval(() => {
        verifyIdle().catch((error: unknown) => {
          if (!(error instanceof StoreError)) return
          clearInterval(timer)
          onLost(error)
        })
      }, everyMs)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}

async function look(path: string, bytesKept: number): Promise<Guarded> {
  const { dev, ino, size } = await stat(path, { bigint: true })
  return { path, device: dev, inode: ino, bytes: size, bytesKept: BigInt(bytesKept) }
}

/** 0: it isn't there, which is noticed otherwise. */
async function changeTimeOf(file: string): Promise<bigint> {
  const found = await stat(file, { bigint: true }).catch(() => undefined)
  return found?.mtimeNs ?? 0n
}

async function problemOf(guarded: Guarded): Promise<string | undefined> {
  const { path, device, inode, bytesKept } = guarded
  const found = await stat(path, { bigint: true }).catch((error: unknown) => error)
  if (found instanceof Error)
    return 'code' in found && found.code === 'ENOENT'
      ? `${path} isn't there any more: it was deleted, or its folder was renamed`
      : `${path} can't be found any more (${'code' in found ? String(found.code) : found.message})`
  const { dev, ino, size } = found as { dev: bigint; ino: bigint; size: bigint }
  if (dev !== device || ino !== inode) return `${path} was replaced by another file`
  const least = guarded.bytes < bytesKept || bytesKept === 0n ? guarded.bytes : bytesKept
  if (size < least) return `${path} was truncated from ${guarded.bytes} to ${size} bytes`
  guarded.bytes = size
  return undefined
}

function lost(file: string, problem: string): StoreError {
  return new StoreError(
    'file_lost',
    `${problem}, while the sidecar had it open. It accepts no more writes, because they would be lost. The last writes may be lost already. Put the file back, or make sure that ${file} is the one that you want, and restart the sidecar.`,
  )
}
