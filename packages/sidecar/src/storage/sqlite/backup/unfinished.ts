/**
 * Files beside the database that a copy or a restore has not finished. Their names begin with the database's, and are such
 * as no person gives. Whoever holds the lock of the database may remove them: nothing else can be at work on them.
 */

import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const unfinished = /^\.unfinished-(copy|restore)-[0-9a-f]{16}(-journal)?$/

export function unfinishedPath(file: string, kind: 'copy' | 'restore'): string {
  return `${file}.unfinished-${kind}-${randomBytes(8).toString('hex')}`
}

/** To be called under the lock of the database. */
export async function removeUnfinished(file: string): Promise<void> {
  for (const { path, suffix } of await besides(file)) if (unfinished.test(suffix)) await rm(path, { force: true })
}

interface Beside {
  readonly path: string
  /** What follows the name of the database. */
  readonly suffix: string
}

/** The files whose names begin with the database's, in the order of their names. */
export async function besides(file: string): Promise<readonly Beside[]> {
  const [folder, name] = [dirname(file), basename(file)]
  const found = (await readdir(folder)).filter((each) => each.startsWith(name) && each !== name).sort()
  return found.map((each) => ({ path: join(folder, each), suffix: each.slice(name.length) }))
}
