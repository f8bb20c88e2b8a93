/** How memberships are written. */

import type { MembershipChange } from '../../domain/change.ts'
import type { Membership } from '../../domain/model.ts'
import type { Connection } from './connection.ts'
import { membershipValues } from './rows.ts'
import { cheaperSide } from './usage.ts'

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

/** All mappings happen at once: SQLite finds all rows with their new roles before it changes the first. */
const mapping = `
WITH mapping (from_role_id, to_role_id) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
UPDATE memberships SET role_id = mapping.to_role_id, updated_at = ?2, revision = ?3`

const reassignInOrganization = `${mapping}
FROM mapping
WHERE memberships.role_id = mapping.from_role_id AND memberships.organization_id = ?4`

/** The same rows, found from either side. */
const reassignInRoleSet = {
  organizations: `${mapping}
FROM mapping, organizations
WHERE memberships.role_id = mapping.from_role_id
  AND memberships.organization_id = organizations.id AND organizations.role_set_id = ?4`,
  members: `${mapping}
FROM mapping
WHERE memberships.role_id = mapping.from_role_id
  AND (SELECT role_set_id FROM organizations WHERE organizations.id = memberships.organization_id) = ?4`,
}

export async function putMemberships(connection: Connection, memberships: readonly Membership[]): Promise<void> {
  await connection.run(put, [JSON.stringify(memberships.map(membershipValues))])
}

export async function deleteMemberships(connection: Connection, memberships: readonly Membership[]): Promise<void> {
  const keys = memberships.map(({ organizationId, userId }) => [organizationId, userId])
  await connection.run(remove, [JSON.stringify(keys)])
}

/** One statement reassigns all, whatever their number. `stamp`: the revision and the time that they get. */
export async function reassignMembers(
  connection: Connection,
  { scope, mappings }: Extract<MembershipChange, { kind: 'members_reassigned' }>,
  stamp: { readonly revision: number; readonly at: number },
): Promise<void> {
  const pairs = JSON.stringify(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
  const values = [pairs, stamp.at, stamp.revision]
  if ('organizationId' in scope) {
    await connection.run(reassignInOrganization, [...values, scope.organizationId])
    return
  }
  const roleIds = mappings.map(({ fromRoleId }) => fromRoleId)
  const side = await cheaperSide(connection, roleIds, scope.roleSetId)
  await connection.run(reassignInRoleSet[side], [...values, scope.roleSetId])
}
