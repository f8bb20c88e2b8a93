/** Writes memberships. */

import type { Membership } from '@rolesets/core'
import type { Connection } from '../connection.ts'
import { membershipValues } from './things.ts'

const put = `
INSERT INTO memberships
  (organization_id, user_id, id, role_id, public_metadata, private_metadata, created_at, updated_at, revision)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
FROM json_each(?) WHERE true
ON CONFLICT (organization_id, user_id) DO UPDATE SET id = excluded.id, role_id = excluded.role_id,
  public_metadata = excluded.public_metadata, private_metadata = excluded.private_metadata,
  created_at = excluded.created_at, updated_at = excluded.updated_at, revision = excluded.revision`

const remove = `
DELETE FROM memberships
WHERE (organization_id, user_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`

export async function putMemberships(connection: Connection, memberships: readonly Membership[]): Promise<void> {
  await connection.run(put, [JSON.stringify(memberships.map(membershipValues))])
}

export async function deleteMemberships(connection: Connection, memberships: readonly Membership[]): Promise<void> {
  const keys = memberships.map(({ organizationId, userId }) => [organizationId, userId])
  await connection.run(remove, [JSON.stringify(keys)])
}
