/**
 * Copies the file of a store that another process may have open. It takes no lock that a sidecar would meet, and writes nothing
 * beside the file.
 */

import { stat, truncate } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CopiedState, CopyOptions } from '../../backup.ts'
import { StoreError } from '../../store.ts'
import { Connection } from '../connection.ts'
import { logSuffix } from '../file/private.ts'
import { migrations } from '../migrations/all.ts'
import { missingMigrations } from '../migrations/migrate.ts'
import { unlessMalformed } from '../rows/columns.ts'
import { copyInto } from './copy.ts'

/** A sidecar that starts or stops during a copy makes it worthless, so that it is made again. */
const attemptsMax = 5

/** @param target an empty file @throws StoreError */
export async function copyFileOfStore(path: string, target: string, options: CopyOptions): Promise<CopiedState> {
  const file = resolve(path)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true)
    throw new StoreError('not_a_database', `There is no file ${file}. Give the path of the database.`)
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await stampOf(file)
    const copied = await copyOnce(file, target, { ...options, isAlone: !before.hasLog })
    // With a log, SQLite itself keeps readers and writers apart.
    if (before.hasLog || before.stamp === (await stampOf(file)).stamp) return copied
    await truncate(target)
  }
  throw new StoreError('in_use', `Sidecars start and stop on ${file} again and again. Try again when one is running.`)
}

async function copyOnce(
  file: string,
  target: string,
  { isAlone, ...options }: CopyOptions & { readonly isAlone: boolean },
): Promise<CopiedState> {
  const connection = await Connection.openToRead(file, isAlone)
  try {
    const missing = await unlessMalformed(file, () => missingMigrations(connection, migrations))
    if (missing.length === migrations.length)
      throw new StoreError('not_a_database', `${file} is empty. Give the path of the database.`)
    return await copyInto(connection, target, options)
  } finally {
    await connection.close()
  }
}

/** While a store is open, its log is beside its file. A killed process leaves it there. */
async function stampOf(file: string): Promise<{ readonly hasLog: boolean; readonly stamp: string }> {
  const [found, log] = await Promise.all([
    stat(file, { bigint: true }),
    stat(`${file}${logSuffix}`).catch(() => undefined),
  ])
  const hasLog = log !== undefined
  return { hasLog, stamp: [hasLog, found.ino, found.size, found.mtimeNs].join(' ') }
}
