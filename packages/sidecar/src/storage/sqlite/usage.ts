/**
 * Who holds which role. The holders of a role in the organizations of a set can be found from the organizations or from
 * the holders; there may be millions of the one and a handful of the other, so the smaller side is taken.
 */

import type { RoleUsage } from '../../domain/decided.ts'
import type { Connection, Row } from './connection.ts'
import { integer, text } from './rows.ts'

const ofRole = `
SELECT coalesce(sum(held), 0) AS members, count(*) AS organizations
FROM (SELECT count(*) AS held FROM memberships WHERE role_id = ? GROUP BY organization_id)`

const ofRoleInSet = {
  organizations: `
SELECT coalesce(sum(held), 0) AS members, count(*) AS organizations
FROM (
  SELECT (
    SELECT count(*) FROM memberships WHERE role_id = ?1 AND organization_id = organizations.id
  ) AS held
  FROM organizations WHERE role_set_id = ?2
)
WHERE held > 0`,
  members: `
SELECT coalesce(sum(held), 0) AS members, count(*) AS organizations
FROM (
  SELECT organization_id, count(*) AS held FROM memberships WHERE role_id = ?1 GROUP BY organization_id
) AS holders
CROSS JOIN organizations ON organizations.id = holders.organization_id
WHERE organizations.role_set_id = ?2`,
}

const inOrganization = `
SELECT role_id, count(*) AS members, 1 AS organizations FROM memberships
WHERE organization_id = ? GROUP BY role_id ORDER BY role_id`

const inRoleSet = `
SELECT role_id, sum(held) AS members, count(*) AS organizations
FROM (
  SELECT memberships.role_id AS role_id, count(*) AS held
  FROM organizations CROSS JOIN memberships ON memberships.organization_id = organizations.id
  WHERE organizations.role_set_id = ?
  GROUP BY organizations.id, memberships.role_id
)
GROUP BY role_id ORDER BY role_id`

export async function usageIn(
  connection: Connection,
  scope: { readonly organizationId: string } | { readonly roleSetId: string },
): Promise<readonly RoleUsage[]> {
  const rows =
    'organizationId' in scope
      ? await connection.all(inOrganization, [scope.organizationId])
      : await connection.all(inRoleSet, [scope.roleSetId])
  return rows.map((row) => usageFrom(row, text(row, 'role_id')))
}

export async function usageOf(
  connection: Connection,
  roleId: string,
  scope: { readonly roleSetId: string } | undefined,
): Promise<RoleUsage> {
  const rows =
    scope === undefined
      ? await connection.all(ofRole, [roleId])
      : await connection.all(ofRoleInSet[await cheaperSide(connection, [roleId], scope.roleSetId)], [
          roleId,
          scope.roleSetId,
        ])
  return usageFrom(rows[0] ?? {}, roleId)
}

/** From which side to look for the holders of some roles in a set. Costs no more than the smaller side. */
export async function cheaperSide(
  connection: Connection,
  roleIds: readonly string[],
  roleSetId: string,
): Promise<'organizations' | 'members'> {
  const organizations = await organizationCount(connection, roleSetId)
  const sql = `
SELECT count(*) AS members
FROM (SELECT 1 FROM memberships WHERE role_id IN (SELECT value FROM json_each(?)) LIMIT ?)`
  const [row] = await connection.all(sql, [JSON.stringify(roleIds), organizations])
  return integer(row ?? {}, 'members') < organizations ? 'members' : 'organizations'
}

export async function organizationCount(connection: Connection, roleSetId: string): Promise<number> {
  const sql = 'SELECT organizations FROM organization_counts WHERE role_set_id = ?'
  const [row] = await connection.all(sql, [roleSetId])
  return row === undefined ? 0 : integer(row, 'organizations')
}

/** This version has no invitations. */
function usageFrom(row: Row, roleId: string): RoleUsage {
  return { roleId, members: integer(row, 'members'), invitations: 0, organizations: integer(row, 'organizations') }
}
