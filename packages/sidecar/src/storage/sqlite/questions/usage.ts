/**
 * How many members and pending invitations (the holders) have a role. The holders in the organizations of a set can be found
 * from the organizations or from the holders. There may be millions of one and a few of the other, so the smaller side is
 * used. Nothing here sorts or keeps rows, so memory doesn't grow with their number.
 */

import { everyScope } from '@rolesets/core'
import { isHeld, type RoleUsage } from '../../../domain/decided.ts'
import type { Where } from '../../store.ts'
import type { Connection, Row } from '../connection.ts'
import { count, integer, text } from '../rows/columns.ts'
import { isCurrentMember } from './current-members.ts'
import { organizationCounts } from '../rows/counts.ts'

/** The tables whose rows hold their first role, and those that have the further ones by role. */
export type Holders = 'memberships' | 'invitations'
export type Listed = Holders | 'further_member_roles' | 'further_invitation_roles'

type Side = 'organizations' | 'holders'

interface Shape {
  readonly counted: 'members' | 'invitations'
  /** Whether a row of the table holds a role at the time `?3`. */
  readonly isHolding: (row: string) => string
  /** The same without the time, as an index has it. */
  readonly isIndexed: string
}

const pending = "status = 'pending'"

const isHoldingMember = (row: string) => isCurrentMember(row, '?3')

/** In this order: an organization with several of them is counted with the first. */
export const shapes: Readonly<Record<Listed, Shape>> = {
  memberships: { counted: 'members', isHolding: isHoldingMember, isIndexed: 'true' },
  further_member_roles: { counted: 'members', isHolding: isHoldingMember, isIndexed: 'true' },
  invitations: {
    counted: 'invitations',
    isHolding: (row) => `${row}.${pending} AND ${row}.expires_at > ?3`,
    isIndexed: pending,
  },
  further_invitation_roles: { counted: 'invitations', isHolding: (row) => `${row}.expires_at > ?3`, isIndexed: 'true' },
}

// The keys of the table.
export const listed = Object.keys(shapes) as readonly Listed[]

const [ofWhole, ofAnyScope] = ["scope = ''", 'true']

/** @param scope which of the scopes of an organization are meant */
const columns = (table: Listed, organizationId: string, scope: string) => {
  const earlier = listed.slice(0, listed.indexOf(table)).map(
    (each) => ` AND NOT EXISTS (
    SELECT 1 FROM ${each} WHERE role_id = ?1 AND organization_id = ${organizationId} AND ${scope} AND ${shapes[each].isHolding(each)})`,
  )
  return `SELECT coalesce(sum(held), 0) AS held, coalesce(sum(held > 0${earlier.join('')}), 0) AS organizations`
}

/** Where a statement has what `isHeldInWhole` speaks of. */
interface At {
  readonly organizationId: string
  readonly roleId: string
  readonly roleSetId: string
  readonly now: string
}

/** Whether an organization is on a set and has holders of a role as a whole. Then `usageOf` counts it. */
export const isHeldInWhole = ({ organizationId, roleId, roleSetId, now }: At): string => {
  const found = listed.map(
    (table) => `EXISTS (
    SELECT 1 FROM ${table} WHERE role_id = ${roleId} AND organization_id = ${organizationId} AND ${ofWhole}
      AND ${shapes[table].isHolding(table).replaceAll('?3', now)})`,
  )
  return `((SELECT role_set_id FROM organizations WHERE id = ${organizationId}) = ${roleSetId} AND (${found.join(' OR ')}))`
}

/** `?1` the role. */
const byOrganization = (table: Listed, scope: string) => `
SELECT organization_id, count(*) AS held FROM ${table}
WHERE role_id = ?1 AND ${scope} AND ${shapes[table].isHolding(table)} GROUP BY organization_id`

/** `?1` the role, `?2` the set. */
const inRoleSet: Readonly<Record<Side, (table: Listed) => string>> = {
  // The limit keeps SQLite from counting again wherever `held` stands.
  organizations: (table) => `
${columns(table, 'counts.id', ofWhole)}
FROM (
  SELECT id, (
    SELECT count(*) FROM ${table}
    WHERE role_id = ?1 AND organization_id = organizations.id AND ${ofWhole} AND ${shapes[table].isHolding(table)}
  ) AS held
  FROM organizations WHERE role_set_id = ?2 LIMIT -1
) AS counts`,
  holders: (table) => `
${columns(table, 'holders.organization_id', ofWhole)}
FROM (${byOrganization(table, ofWhole)}) AS holders
CROSS JOIN organizations ON organizations.id = holders.organization_id
WHERE organizations.role_set_id = ?2`,
}

const anywhere = (table: Listed) => `
${columns(table, 'holders.organization_id', ofAnyScope)}
FROM (${byOrganization(table, ofAnyScope)}) AS holders
WHERE ?2 IS NULL`

const used = (table: Listed) => {
  const next = `SELECT min(role_id) FROM ${table} WHERE ${shapes[table].isIndexed}`
  return `used_by_${table} (id) AS (
    ${next} UNION ALL SELECT (${next} AND role_id > found.id) FROM used_by_${table} AS found WHERE id IS NOT NULL)`
}

/** All roles in use, found by one step in the index for each. */
const usedRoles = `
WITH RECURSIVE ${listed.map(used).join(',\n  ')},
  used (id) AS (${listed.map((table) => `SELECT id FROM used_by_${table}`).join(' UNION ')})`

const countedInPlace = (counted: Shape['counted'], scope: string) =>
  listed
    .filter((table) => shapes[table].counted === counted)
    .map((table) => {
      const isHolding = shapes[table].isHolding(table)
      return `(SELECT count(*) FROM ${table} WHERE role_id = used.id AND organization_id = ?1 AND ${scope} AND ${isHolding})`
    })
    .join(' + ')

/** `?1` the organization, `?3` the time. @param scope which of its scopes are meant; `?2` is the scope of the question */
const inPlaces = (scope: string) => `${usedRoles}
SELECT id AS role_id, ${countedInPlace('members', scope)} AS members, ${countedInPlace('invitations', scope)} AS invitations,
  1 AS organizations
FROM used WHERE id IS NOT NULL ORDER BY id`
const [inPlace, inAllPlaces] = [inPlaces('scope = ?2'), inPlaces(ofAnyScope)]

export async function usageIn(
  connection: Connection,
  among: Where | { readonly roleSetId: string },
  now: number,
): Promise<readonly RoleUsage[]> {
  if ('organizationId' in among) {
    const { organizationId, scope = '' } = among
    const rows = await connection.all(scope === everyScope ? inAllPlaces : inPlace, [organizationId, scope, now])
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
  const usage = { roleId, members: 0, invitations: 0, organizations: 0 }
  for (const table of listed) {
    const side =
      among && (await cheaperSide(connection, { holders: table, roleIds: [roleId], roleSetId: among.roleSetId }))
    const sql = side === undefined ? anywhere(table) : inRoleSet[side](table)
    const [row = {}] = await connection.all(sql, [roleId, among?.roleSetId ?? null, now])
    usage[shapes[table].counted] += integer(row, 'held')
    usage.organizations += integer(row, 'organizations')
  }
  return usage
}

/** From which side to look for the holders of some roles in a set. Costs no more than the smaller side. */
export async function cheaperSide(
  connection: Connection,
  at: { readonly holders: Listed; readonly roleIds: readonly string[]; readonly roleSetId: string },
): Promise<Side> {
  const organizations = await organizationCounts.of(connection, at.roleSetId)
  const sql = `
SELECT count(*) AS held
FROM (
  SELECT 1 FROM ${at.holders}
  WHERE role_id IN (SELECT value FROM json_each(?)) AND ${shapes[at.holders].isIndexed} LIMIT ?
)`
  const held = count(await connection.all(sql, [JSON.stringify(at.roleIds), organizations]), 'held')
  return held < organizations ? 'holders' : 'organizations'
}

function usageFrom(row: Row): RoleUsage {
  return {
    roleId: text(row, 'role_id'),
    members: integer(row, 'members'),
    invitations: integer(row, 'invitations'),
    organizations: integer(row, 'organizations'),
  }
}
