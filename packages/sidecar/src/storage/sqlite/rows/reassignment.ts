/**
 * Gives other roles to all members and pending invitations (the holders) that have certain roles. In the organizations of a
 * set, they are found from the organizations or from the holders, whichever are fewer.
 */

import type { Reassigned, Renamed } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { Connection, Value } from '../connection.ts'
import { isCurrentMember } from '../questions/current-members.ts'
import { scopesAmong, type Selection } from '../questions/scopes.ts'
import { cheaperSide, type Holders } from '../questions/usage.ts'

interface Shape {
  /** Which rows hold a role at the time of the write (`?2`). */
  readonly isHolding: string
  readonly key: readonly string[]
  /** The table that has the further roles of such rows by role. */
  readonly further: string
}

const shapes: Readonly<Record<Holders, Shape>> = {
  memberships: {
    isHolding: isCurrentMember('memberships', '?2'),
    key: ['organization_id', 'scope', 'user_id'],
    further: 'further_member_roles',
  },
  invitations: {
    isHolding: "invitations.status = 'pending' AND invitations.expires_at > ?2",
    key: ['id'],
    further: 'further_invitation_roles',
  },
}

const mapping =
  'mapping (from_role_id, to_role_id) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1))'

/** Those with one role. All mappings happen at the same time: SQLite finds all rows and their new roles before it changes the first. */
const ofOne = (holders: Holders, from: string, condition: string) => `
WITH ${mapping}
UPDATE ${holders} SET role_id = mapping.to_role_id, updated_at = ?2, revision = ?3
FROM ${from}
WHERE ${holders}.role_id = mapping.from_role_id AND ${holders}.further_role_ids = '[]' AND ${shapes[holders].isHolding}
  AND ${condition}`

/** The roles of a row after the mappings, each once and in their order, as JSON. */
const mappedRoles = (holders: Holders) => `
SELECT json_group_array(id ORDER BY position) FROM (
  SELECT coalesce(mapping.to_role_id, held.id) AS id, min(held.position) AS position
  FROM (
    SELECT ${holders}.role_id AS id, -1 AS position
    UNION ALL SELECT value, key FROM json_each(${holders}.further_role_ids)
  ) AS held LEFT JOIN mapping ON mapping.from_role_id = held.id
  GROUP BY 1
)`

/** The keys of those with several roles, few, found by each of them. */
const ofSeveralKeys = (holders: Holders) => {
  const { key, further } = shapes[holders]
  const keys = (table: string) => key.map((column) => `${table}.${column}`).join(', ')
  return `
  SELECT ${keys('first')} FROM mapping CROSS JOIN ${holders} AS first INDEXED BY ${holders}_of_several
  ON first.role_id = mapping.from_role_id AND first.further_role_ids <> '[]'${holders === 'invitations' ? " AND first.status = 'pending'" : ''}
  UNION
  SELECT ${keys('other')} FROM mapping CROSS JOIN ${further} AS other ON other.role_id = mapping.from_role_id`
}

const hasSeveral = (holders: Holders) => `
WITH ${mapping}
SELECT EXISTS (${ofSeveralKeys(holders)}) AS found`

/** A role that someone then has twice is kept once (rule 17). The list of keys makes the search begin with `changed`. */
const ofSeveral = (holders: Holders, condition: string) => {
  const { key, isHolding } = shapes[holders]
  const keys = key.map((column) => `${holders}.${column}`).join(', ')
  return `
WITH ${mapping},
holder (${key.join(', ')}) AS MATERIALIZED (${ofSeveralKeys(holders)}),
changed AS MATERIALIZED (
  SELECT ${keys}, (${mappedRoles(holders)}) AS roles
  FROM holder CROSS JOIN ${holders} ON ${key.map((column) => `${holders}.${column} = holder.${column}`).join(' AND ')}
  WHERE ${isHolding} AND ${condition}
)
UPDATE ${holders} SET role_id = changed.roles ->> 0, further_role_ids = json_remove(changed.roles, '$[0]'),
  updated_at = ?2, revision = ?3
FROM changed
WHERE (${keys}) IN (SELECT ${key.join(', ')} FROM changed)
  AND ${key.map((column) => `${holders}.${column} = changed.${column}`).join(' AND ')}`
}

const isInPlace = (holders: Holders) => `${holders}.organization_id = ?4 AND ${holders}.scope = ?5`

const isInRoleSet = (holders: Holders) =>
  `${holders}.scope = '' AND (SELECT role_set_id FROM organizations WHERE organizations.id = ${holders}.organization_id) = ?4`

/** The same rows of organizations as a whole, found from either side. */
const inRoleSet = {
  organizations: (holders: Holders) =>
    ofOne(
      holders,
      'mapping, organizations',
      `${holders}.scope = '' AND ${holders}.organization_id = organizations.id AND organizations.role_set_id = ?4`,
    ),
  holders: (holders: Holders) => ofOne(holders, 'mapping', isInRoleSet(holders)),
}

/**
 * Up to four statements each for members and invitations, whatever their number: for those with one role and with several, in
 * scopes and in organizations as a whole. `stamp`: the revision and time that they get.
 */
export async function reassign(
  connection: Connection,
  { among, mappings }: Reassigned,
  stamp: Recorded,
): Promise<void> {
  const pairs = JSON.stringify(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
  const values: readonly Value[] = [pairs, stamp.at, stamp.revision]
  const inScopes = await canHaveScopes(connection, among)
  for (const holders of ['memberships', 'invitations'] as const) {
    const [several] = await connection.all(hasSeveral(holders), [pairs])
    const write = async (one: string, { sql, values: more }: Selection) => {
      await connection.run(one, [...values, ...more])
      if (several?.['found'] === 1) await connection.run(ofSeveral(holders, sql), [...values, ...more])
    }
    const scopes = scopesAmong(among, holders, values.length + 1)
    if (inScopes) await write(ofOne(holders, 'mapping', scopes.sql), scopes)
    if ('scope' in among || 'kind' in among) continue
    if ('organizationId' in among) {
      const inPlace = isInPlace(holders)
      await write(ofOne(holders, 'mapping', inPlace), { sql: inPlace, values: [among.organizationId, ''] })
      continue
    }
    const roleIds = mappings.map(({ fromRoleId }) => fromRoleId)
    const side = await cheaperSide(connection, { holders, roleIds, roleSetId: among.roleSetId })
    await write(inRoleSet[side](holders), { sql: isInRoleSet(holders), values: [among.roleSetId] })
  }
}

/** Where no kind is registered, no scope has a role set, and none follows its organization: so no index is read in vain. */
async function canHaveScopes(connection: Connection, among: Reassigned['among']): Promise<boolean> {
  if ('scope' in among || 'kind' in among) return true
  const [row] = await connection.all('SELECT EXISTS (SELECT 1 FROM scope_kinds) AS found')
  return row?.['found'] === 1
}

/**
 * Its members and invitations get the other key. The new one is free: who still has a row of it is a member there no longer
 * (rule 22), and the row makes room.
 */
export async function renameScope(
  connection: Connection,
  { organizationId, fromScope, toScope }: Renamed,
  stamp: Recorded,
): Promise<void> {
  await connection.run(
    `DELETE FROM memberships
     WHERE organization_id = ?1 AND scope = ?2 AND NOT ${isCurrentMember('memberships', '?3')}`,
    [organizationId, toScope, stamp.at],
  )
  const values = [toScope, stamp.at, stamp.revision, organizationId, fromScope]
  for (const table of ['memberships', 'invitations'])
    await connection.run(
      `UPDATE ${table} SET scope = ?, updated_at = ?, revision = ? WHERE organization_id = ? AND scope = ?`,
      values,
    )
}
