/** A copy of the store that this process has open, made beside its file, which is on a disk that can be written. */

import { open, rm } from 'node:fs/promises'
import type { CopyOptions, StoreCopy } from '../../backup.ts'
import { Connection } from '../connection.ts'
import { makePrivate } from '../file/private.ts'
import { copyInto } from './copy.ts'
import { unfinishedPath } from './unfinished.ts'

const chunkBytes = 256 << 10

export async function copyRunning(file: string, options: CopyOptions): Promise<StoreCopy> {
  const path = unfinishedPath(file, 'copy')
  await makePrivate(path)
  try {
    // SQLite counts the connections of a process: closing this one frees no lock of the others.
    const connection = await Connection.openToRead(file, false)
    const state = await copyInto(connection, path, options).finally(() => connection.close())
    const handle = await open(path, 'r')
    return {
      ...state,
      chunks: () => handle.createReadStream({ highWaterMark: chunkBytes, autoClose: false }),
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } finally {
    await rm(path, { force: true })
  }
}
