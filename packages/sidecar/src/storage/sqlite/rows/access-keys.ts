/** The rows of access keys. There are few, so all are read at once. */

import type { AccessKey } from '@rolesets/core'
import type { Connection } from '../connection.ts'
import { accessKeyOf } from './things.ts'

/** In the order of their creation. */
export async function readAccessKeys(connection: Connection): Promise<readonly AccessKey[]> {
  return (await connection.all('SELECT * FROM access_keys ORDER BY rowid')).map(accessKeyOf)
}

export async function putAccessKey(connection: Connection, accessKey: AccessKey): Promise<void> {
  const { id, name, access, digest, revokedAt, createdAt, updatedAt, revision } = accessKey
  await connection.run(
    `INSERT INTO access_keys (id, name, access, digest, revoked_at, created_at, updated_at, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, access = excluded.access, digest = excluded.digest,
       revoked_at = excluded.revoked_at, created_at = excluded.created_at, updated_at = excluded.updated_at,
       revision = excluded.revision`,
    [id, name, access, digest, revokedAt, createdAt, updatedAt, revision],
  )
}
