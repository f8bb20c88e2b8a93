/**
 * A file that comes into place when it is complete and on the disk, and only then: a command that is cut off leaves at most a
 * file whose name says that it is a part. Only its owner can read it, whatever the umask is.
 */

import { randomBytes } from 'node:crypto'
import { link, lstat, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from './failure.ts'

interface Placement {
  /** Takes the place of a file that is there. */
  readonly replace: boolean
  /** The database that is read: neither it nor a file that belongs to it is replaced. */
  readonly apartFrom?: string | undefined
}

/** What belongs to a database. */
const companions = ['', '-wal', '-shm', '-journal', '.lock', '.key'] as const

export class NewFile {
  readonly path: string
  /** Where it is until it is complete. */
  readonly partial: string
  readonly #placement: Placement

  private constructor(path: string, placement: Placement) {
    this.path = path
    this.partial = `${path}.partial-${randomBytes(4).toString('hex')}`
    this.#placement = placement
  }

  /** Makes the partial file, empty. @throws UsageError where no file can be made */
  static async at(path: string, placement: Placement): Promise<NewFile> {
    const found = await lstat(path).catch(() => undefined)
    if (found !== undefined && !placement.replace) throw taken(path)
    const target = found === undefined ? undefined : await stat(path).catch(() => undefined)
    // A device or a pipe must not be replaced by a file.
    if (found !== undefined && target?.isFile() !== true)
      throw new UsageError(`${path} is not a regular file. Give another path, or - for standard output.`)
    await checkApart(path, placement.apartFrom)
    const file = new NewFile(target === undefined ? resolve(path) : await realpath(path), placement)
    try {
      await (await open(file.partial, 'wx', 0o600)).close()
    } catch (error) {
      throw new UsageError(
        `The file ${path} can't be written (${reasonOf(error)}). Correct the path, or make its folder writable.`,
      )
    }
    return file
  }

  /** @throws UsageError where another file has taken the path meanwhile */
  async commit(): Promise<void> {
    await synced(this.partial, 'r+')
    if (this.#placement.replace) await rename(this.partial, this.path)
    else await this.#placeOnce()
    // Not every file system can make a name durable.
    await synced(dirname(this.path), 'r').catch(() => undefined)
  }

  async discard(): Promise<void> {
    await rm(this.partial, { force: true })
  }

  /** A link is made only where nothing is, which a renaming can't promise. */
  async #placeOnce(): Promise<void> {
    try {
      await link(this.partial, this.path)
    } catch (error) {
      if ((await lstat(this.path).catch(() => undefined)) !== undefined) throw taken(this.path)
      if (!isWithoutLinks(error)) throw error
      await rename(this.partial, this.path)
    }
    await rm(this.partial, { force: true })
  }
}

async function checkApart(path: string, database: string | undefined): Promise<void> {
  if (database === undefined) return
  const paths = companions.map((suffix) => `${database}${suffix}`)
  const [own, ...others] = await Promise.all([path, ...paths].map((each) => stat(each).catch(() => undefined)))
  const isOne = others.some((other) => own !== undefined && other?.ino === own.ino && other.dev === own.dev)
  if (isOne || paths.some((each) => resolve(each) === resolve(path)))
    throw new UsageError(`${path} belongs to the database itself. Give another path for the backup.`)
}

async function synced(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle: FileHandle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isWithoutLinks(error: unknown): boolean {
  const codes: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES']
  return error instanceof Error && 'code' in error && codes.includes(error.code)
}

function taken(path: string): UsageError {
  return new UsageError(
    `${path} exists. Give another path, or add --replace to replace it when the new file is complete.`,
  )
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/,.*$/s, '') : String(error)
}
