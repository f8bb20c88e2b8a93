/**
 * Writes permissions, and the keys that permissions don't have any more (rule 20). The rows come to the same keys as the
 * catalogue in memory does (`RetiredKeys` of core).
 */

import { limits, RetiredKeys, type Permission } from '@rolesets/core'
import type { Connection } from '../connection.ts'
import { text } from './columns.ts'
import { permissions } from './things.ts'

/** No permission has this key. Its row says that more keys were retired than are kept. */
const incomplete = ''

const retire = `
INSERT OR IGNORE INTO retired_permission_keys (key)
SELECT CASE
  WHEN key IN (SELECT key FROM retired_permission_keys) THEN key
  WHEN (SELECT count(*) FROM retired_permission_keys WHERE key <> '') < ${limits.retiredPermissionKeysMax} THEN key
  ELSE '' END
FROM permissions WHERE id = ? AND key <> ?`

export async function putPermission(connection: Connection, permission: Permission): Promise<void> {
  const { id, key } = permission
  await connection.run('DELETE FROM retired_permission_keys WHERE key = ?', [key])
  await connection.run(retire, [id, key])
  await permissions.put(connection, permission)
}

export async function deletePermission(connection: Connection, { id }: Permission): Promise<void> {
  await connection.run(retire, [id, incomplete])
  await permissions.deleteAll(connection, [[id]])
}

export async function readRetiredKeys(connection: Connection): Promise<RetiredKeys> {
  const rows = await connection.all('SELECT key FROM retired_permission_keys ORDER BY rowid')
  const keys = rows.map((row) => text(row, 'key'))
  return new RetiredKeys(
    keys.filter((key) => key !== incomplete),
    !keys.includes(incomplete),
  )
}

export async function putRetiredKeys(connection: Connection, { keys, isComplete }: RetiredKeys): Promise<void> {
  const all = [...keys, ...(isComplete ? [] : [incomplete])]
  const sql = 'INSERT INTO retired_permission_keys (key) SELECT value FROM json_each(?)'
  await connection.run(sql, [JSON.stringify(all)])
}
