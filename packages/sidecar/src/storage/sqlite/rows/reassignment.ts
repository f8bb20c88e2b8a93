/**
 * Gives other roles to all members and pending invitations (the holders) that have certain roles. In the organizations of a
 * set, they are found from the organizations or from the holders, whichever are fewer.
 */

import type { Reassigned, Renamed } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { Connection, Value } from '../connection.ts'
import { scopesAmong } from '../questions/scopes.ts'
import { cheaperSide, type Holders } from '../questions/usage.ts'

/** Which rows hold a role at the time of the write (`?2`). */
const isHolding: Readonly<Record<Holders, string>> = {
  memberships: 'true',
  invitations: "invitations.status = 'pending' AND invitations.expires_at > ?2",
}

/** All mappings happen at the same time: SQLite finds all rows and their new roles before it changes the first. */
const mapping = (holders: Holders) => `
WITH mapping (from_role_id, to_role_id) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1))
UPDATE ${holders} SET role_id = mapping.to_role_id, updated_at = ?2, revision = ?3`

const inPlace = (holders: Holders) => `${mapping(holders)}
FROM mapping
WHERE ${holders}.role_id = mapping.from_role_id AND ${holders}.organization_id = ?4 AND ${holders}.scope = ?5
  AND ${isHolding[holders]}`

/** The same rows of organizations as a whole, found from either side. */
const inRoleSet = {
  organizations: (holders: Holders) => `${mapping(holders)}
FROM mapping, organizations
WHERE ${holders}.role_id = mapping.from_role_id AND ${holders}.scope = '' AND ${isHolding[holders]}
  AND ${holders}.organization_id = organizations.id AND organizations.role_set_id = ?4`,
  holders: (holders: Holders) => `${mapping(holders)}
FROM mapping
WHERE ${holders}.role_id = mapping.from_role_id AND ${holders}.scope = '' AND ${isHolding[holders]}
  AND (SELECT role_set_id FROM organizations WHERE organizations.id = ${holders}.organization_id) = ?4`,
}

/** In the scopes that a change concerns. */
const inScopes = (holders: Holders, condition: string) => `${mapping(holders)}
FROM mapping
WHERE ${holders}.role_id = mapping.from_role_id AND ${isHolding[holders]} AND ${condition}`

/** One statement each for members and invitations, whatever their number. `stamp`: the revision and time that they get. */
export async function reassign(
  connection: Connection,
  { among, mappings }: Reassigned,
  stamp: Recorded,
): Promise<void> {
  const pairs = JSON.stringify(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
  const values: readonly Value[] = [pairs, stamp.at, stamp.revision]
  for (const holders of ['memberships', 'invitations'] as const) {
    const scopes = scopesAmong(among, holders, values.length + 1)
    await connection.run(inScopes(holders, scopes.sql), [...values, ...scopes.values])
    if ('scope' in among || 'kind' in among) continue
    if ('organizationId' in among) {
      await connection.run(inPlace(holders), [...values, among.organizationId, ''])
      continue
    }
    const roleIds = mappings.map(({ fromRoleId }) => fromRoleId)
    const side = await cheaperSide(connection, { holders, roleIds, roleSetId: among.roleSetId })
    await connection.run(inRoleSet[side](holders), [...values, among.roleSetId])
  }
}

/** Its members and invitations get the other key. */
export async function renameScope(
  connection: Connection,
  { organizationId, fromScope, toScope }: Renamed,
  stamp: Recorded,
): Promise<void> {
  const values = [toScope, stamp.at, stamp.revision, organizationId, fromScope]
  for (const table of ['memberships', 'invitations'])
    await connection.run(
      `UPDATE ${table} SET scope = ?, updated_at = ?, revision = ? WHERE organization_id = ? AND scope = ?`,
      values,
    )
}
