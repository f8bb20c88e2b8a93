/** Examines the whole file of a running store from the disk, after a read has found damage. */

import { stat } from 'node:fs/promises'
import type { Position } from '../../transactions/connection.ts'
import { Connection } from '../connection.ts'
import { setUpReader } from '../pragmas.ts'
import { readPosition } from '../rows/history.ts'
import { unlessMalformed } from '../rows/columns.ts'
import { checkSmallParts } from './check.ts'

/** Of a larger file the examination would take too long; it stays as it is until a person has looked. */
const fileBytesMax = 1 << 30

/** @param connections that may have what the failed read brought in memory */
export async function reexamine(connections: readonly Connection[], expected: Position): Promise<boolean> {
  const file = connections[0]?.file ?? ''
  if ((await stat(file)).size > fileBytesMax) return false
  for (const each of connections) await each.all('PRAGMA shrink_memory')
  const fresh = await Connection.open(file)
  try {
    await setUpReader(fresh)
    const [found] = await fresh.all('PRAGMA integrity_check(1)')
    if (found?.['integrity_check'] !== 'ok') return false
    await checkSmallParts(fresh)
    const { epoch, revision, seal } = await unlessMalformed(file, () => readPosition(fresh))
    return epoch === expected.epoch && revision === expected.revision && seal === expected.seal
  } finally {
    await fresh.close()
  }
}
