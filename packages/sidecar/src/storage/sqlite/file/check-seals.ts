/**
 * Compares the last change sets with their seals at a start, so that a history that was altered on the disk isn't continued.
 * The whole file is for `rolesets doctor`.
 */

import type { Connection } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { sealOf } from '../../transactions/seal.ts'
import { integer, unlessMalformed } from '../rows/columns.ts'
import { readAnchor } from '../rows/history.ts'
import { changeSetOf } from '../rows/things.ts'

const sealsMax = 50
/** Of the records of these change sets together. */
const sealedBytesMax = 4 << 20

/** From the last one back, as far as the bound allows. @throws StoreError `corrupt` */
export async function checkSeals(connection: Connection): Promise<void> {
  const sizes = await connection.all(
    'SELECT revision, length(changes) AS bytes FROM change_sets ORDER BY revision DESC LIMIT ?',
    [sealsMax + 1],
  )
  let bytes = 0
  const fitting = sizes.filter((row, place) => (bytes += integer(row, 'bytes')) <= sealedBytesMax || place === 0)
  const first = fitting.at(-1)
  if (first === undefined) return
  const sql = 'SELECT * FROM change_sets WHERE revision >= ? ORDER BY revision'
  const rows = await connection.all(sql, [integer(first, 'revision')])
  const changeSets = await unlessMalformed(connection.file, async () => rows.map(changeSetOf))
  const anchor = await readAnchor(connection)
  // Of the oldest one, the seal that it follows is known only if the history begins with it.
  let previous = changeSets[0]?.revision === anchor.revision + 1 ? anchor.seal : undefined
  for (const changeSet of changeSets) {
    if (previous !== undefined && sealOf(previous, changeSet) !== changeSet.seal)
      throw damaged(connection, `The seal of revision ${changeSet.revision} doesn't fit its change set.`)
    previous = changeSet.seal
  }
}

function damaged(connection: Connection, finding: string) {
  return corruptError(connection.file, new Error(finding))
}
