/**
 * Checks the parts of a file whose size doesn't grow with it: its small tables, and its newest change set. A full check of
 * millions of rows would take minutes at each start; check-start.ts makes one where the file is small.
 */

import type { StoreError } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { unlessMalformed } from '../rows/columns.ts'
import { changeSetOf } from '../rows/things.ts'
import { tableNames } from '../tables.ts'

/** Their size grows with the data. */
const largeTables = ['organizations', 'memberships', 'invitations', 'assignments', 'change_sets', 'change_subjects']

const smallTables = tableNames.filter((name) => !largeTables.includes(name))

/** @throws StoreError `corrupt` */
export async function checkSmallParts(connection: Connection): Promise<void> {
  for (const table of smallTables) {
    const found = await connection.all(`PRAGMA quick_check('${table}')`)
    const isSound = found.length === 1 && found[0]?.['quick_check'] === 'ok'
    if (!isSound) throw damaged(connection, `The check of ${table} found: ${JSON.stringify(found)}`)
  }
  const newest = await connection.all('SELECT * FROM change_sets ORDER BY revision DESC LIMIT 1')
  await unlessMalformed(connection.file, async () => newest.map(changeSetOf))
}

function damaged(connection: Connection, finding: string): StoreError {
  return corruptError(connection.file, new Error(finding))
}
