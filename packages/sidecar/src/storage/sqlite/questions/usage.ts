/**
 * How many members and pending invitations (the holders) have a role. The holders in the organizations of a set can be found
 * from the organizations or from the holders. There may be millions of one and a few of the other, so the smaller side is
 * used. Nothing here sorts or keeps rows, so memory doesn't grow with their number.
 */

import { isHeld, type RoleUsage } from '../../../domain/decided.ts'
import type { Where } from '../../store.ts'
import type { Connection, Row, Value } from '../connection.ts'
import { count, integer, text } from '../rows/columns.ts'

/** The tables whose rows hold roles. */
export type Holders = 'memberships' | 'invitations'

type Side = 'organizations' | 'holders'

interface Shape {
  /** Which rows of the table hold a role at the time `?3`. */
  readonly isHolding: string
  /** The same without the time, as an index has it. */
  readonly isIndexed: string
  /**
   * Whether an organization that has `held` of them is to be counted: one with both is counted with its members.
   * @param scope which of these are meant
   */
  readonly isCounted: (organizationId: string, scope: string) => string
}

const shapes: Readonly<Record<Holders, Shape>> = {
  memberships: { isHolding: 'true', isIndexed: 'true', isCounted: () => 'held > 0' },
  invitations: {
    isHolding: "status = 'pending' AND expires_at > ?3",
    isIndexed: "status = 'pending'",
    isCounted: (id, scope) =>
      `held > 0 AND NOT EXISTS (SELECT 1 FROM memberships WHERE role_id = ?1 AND organization_id = ${id} AND ${scope})`,
  },
}

const columns = (isCounted: string) =>
  `SELECT coalesce(sum(held), 0) AS held, coalesce(sum(${isCounted}), 0) AS organizations`

const [ofWhole, ofAnyScope] = ["scope = ''", 'true']

/** `?1` the role. */
const byOrganization = (holders: Holders, scope: string) => `
SELECT organization_id, count(*) AS held FROM ${holders}
WHERE role_id = ?1 AND ${scope} AND ${shapes[holders].isHolding} GROUP BY organization_id`

/** `?1` the role, `?2` the set. */
const inRoleSet: Readonly<Record<Side, (holders: Holders) => string>> = {
  // The limit keeps SQLite from counting again wherever `held` stands.
  organizations: (holders) => `
${columns(shapes[holders].isCounted('counts.id', ofWhole))}
FROM (
  SELECT id, (
    SELECT count(*) FROM ${holders}
    WHERE role_id = ?1 AND organization_id = organizations.id AND ${ofWhole} AND ${shapes[holders].isHolding}
  ) AS held
  FROM organizations WHERE role_set_id = ?2 LIMIT -1
) AS counts`,
  holders: (holders) => `
${columns(shapes[holders].isCounted('holders.organization_id', ofWhole))}
FROM (${byOrganization(holders, ofWhole)}) AS holders
CROSS JOIN organizations ON organizations.id = holders.organization_id
WHERE organizations.role_set_id = ?2`,
}

const anywhere = (holders: Holders) => `
${columns(shapes[holders].isCounted('holders.organization_id', ofAnyScope))}
FROM (${byOrganization(holders, ofAnyScope)}) AS holders
WHERE ?2 IS NULL`

const used = (holders: Holders) => {
  const next = `SELECT min(role_id) FROM ${holders} WHERE ${shapes[holders].isIndexed}`
  return `${next} UNION ALL SELECT (${next} AND role_id > found.id) FROM used_by_${holders} AS found WHERE id IS NOT NULL`
}

/** All roles in use, found by one step in the index for each. */
const usedRoles = `
WITH RECURSIVE
  used_by_memberships (id) AS (${used('memberships')}),
  used_by_invitations (id) AS (${used('invitations')}),
  used (id) AS (SELECT id FROM used_by_memberships UNION SELECT id FROM used_by_invitations)`

const inPlace = `${usedRoles}
SELECT id AS role_id,
  (SELECT count(*) FROM memberships WHERE role_id = used.id AND organization_id = ?1 AND scope = ?3) AS members,
  (SELECT count(*) FROM invitations
   WHERE role_id = used.id AND organization_id = ?1 AND scope = ?3 AND status = 'pending' AND expires_at > ?2) AS invitations,
  1 AS organizations
FROM used WHERE id IS NOT NULL ORDER BY id`

export async function usageIn(
  connection: Connection,
  among: Where | { readonly roleSetId: string },
  now: number,
): Promise<readonly RoleUsage[]> {
  if ('organizationId' in among) {
    const rows = await connection.all(inPlace, [among.organizationId, now, among.scope ?? ''])
    return rows.map(usageFrom).filter(isHeld)
  }
  const rows = await connection.all(`${usedRoles} SELECT id FROM used WHERE id IS NOT NULL ORDER BY id`)
  const usages: RoleUsage[] = []
  for (const row of rows) usages.push(await usageOf(connection, { roleId: text(row, 'id'), among }, now))
  return usages.filter(isHeld)
}

export async function usageOf(
  connection: Connection,
  { roleId, among }: { readonly roleId: string; readonly among: { readonly roleSetId: string } | undefined },
  now: number,
): Promise<RoleUsage> {
  const found = { memberships: {} as Row, invitations: {} as Row }
  for (const holders of ['memberships', 'invitations'] as const) {
    const side = among && (await cheaperSide(connection, { holders, roleIds: [roleId], roleSetId: among.roleSetId }))
    const sql = side === undefined ? anywhere(holders) : inRoleSet[side](holders)
    const values: readonly Value[] = [roleId, among?.roleSetId ?? null]
    const [row] = await connection.all(sql, holders === 'invitations' ? [...values, now] : values)
    found[holders] = row ?? {}
  }
  return {
    roleId,
    members: integer(found.memberships, 'held'),
    invitations: integer(found.invitations, 'held'),
    organizations: integer(found.memberships, 'organizations') + integer(found.invitations, 'organizations'),
  }
}

/** From which side to look for the holders of some roles in a set. Costs no more than the smaller side. */
export async function cheaperSide(
  connection: Connection,
  at: { readonly holders: Holders; readonly roleIds: readonly string[]; readonly roleSetId: string },
): Promise<Side> {
  const organizations = await organizationCount(connection, at.roleSetId)
  const sql = `
SELECT count(*) AS held
FROM (
  SELECT 1 FROM ${at.holders}
  WHERE role_id IN (SELECT value FROM json_each(?)) AND ${shapes[at.holders].isIndexed} LIMIT ?
)`
  const held = count(await connection.all(sql, [JSON.stringify(at.roleIds), organizations]), 'held')
  return held < organizations ? 'holders' : 'organizations'
}

export async function organizationCount(connection: Connection, roleSetId: string): Promise<number> {
  const sql = 'SELECT organizations FROM organization_counts WHERE role_set_id = ?'
  const [row] = await connection.all(sql, [roleSetId])
  return row === undefined ? 0 : integer(row, 'organizations')
}

function usageFrom(row: Row): RoleUsage {
  return {
    roleId: text(row, 'role_id'),
    members: integer(row, 'members'),
    invitations: integer(row, 'invitations'),
    organizations: integer(row, 'organizations'),
  }
}
