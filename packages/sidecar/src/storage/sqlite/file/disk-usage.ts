/** What the files of a store take of their disk. */

import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Store } from '../../store.ts'
import { logSuffix } from './private.ts'

/** A file that is gone takes nothing: the guard of the files reports the loss. */
export async function diskUsageOf(file: string): ReturnType<Store['diskUsage']> {
  const [database, log, { bavail, bsize }] = await Promise.all([
    bytesOf(file),
    bytesOf(`${file}${logSuffix}`),
    statfs(dirname(file)),
  ])
  return { database, log, free: bavail * bsize }
}

async function bytesOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
