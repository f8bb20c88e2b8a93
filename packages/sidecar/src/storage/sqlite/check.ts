/**
 * Looks whether a file is sound, as far as that costs the same however large it is: its small tables whole, and its newest
 * change set. Damage elsewhere is found when it is read; a full check of millions of rows would take minutes at each start.
 */

import { StoreError } from '../store.ts'
import type { Connection } from './connection.ts'
import { corruptError } from './errors.ts'
import { readChangeSets, readHead } from './history.ts'

const smallTables = [
  'store',
  'migrations',
  'permissions',
  'roles',
  'role_permissions',
  'role_sets',
  'role_set_roles',
  'organization_counts',
]

/** @throws StoreError `corrupt` */
export async function checkSmallParts(connection: Connection): Promise<void> {
  for (const table of smallTables) {
    const found = await connection.all(`PRAGMA quick_check('${table}')`)
    const isSound = found.length === 1 && found[0]?.['quick_check'] === 'ok'
    if (!isSound)
      throw corruptError(connection.file, new StoreError('corrupt', `quick_check: ${JSON.stringify(found)}`))
  }
  const head = await readHead(connection)
  await readChangeSets(connection, head - 1, 1)
}
