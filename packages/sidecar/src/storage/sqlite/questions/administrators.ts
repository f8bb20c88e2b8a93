/**
 * Which organizations have no administrator once some members leave: members of the organization as a whole. Each
 * organization is answered by steps in the index of members by role, never by reading its members. Of a role set, the smaller
 * side is used: its organizations or the holders of the roles.
 *
 * Who is over is no administrator, and one whose membership has an end is none in place of one whose has none: otherwise time
 * would take the last one.
 */

import type { Departure, WithoutAdministrator } from '../../../domain/decided.ts'
import type { Connection, Value } from '../connection.ts'
import { count, text } from '../rows/columns.ts'
import { isCurrentMemberOfWhole } from './current-members.ts'
import { cheaperSide } from './usage.ts'

/** Members by their first role, and by each of the others. */
const sources = ['memberships AS %s INDEXED BY memberships_by_role', 'further_member_roles AS %s'].map(
  (source) => (name: string) => source.replace('%s', name),
)

const isCurrent = (row: string) => isCurrentMemberOfWhole(row, '?3')

/** `?1` the remaining roles, `?3` the time. @param id the organization */
const isWithoutOthers = (id: string, condition = 'true') =>
  sources
    .map((source) => {
      const others = `json_each(?1) AS remaining CROSS JOIN ${source('others')}`
      const isOne = `others.role_id = remaining.value AND others.organization_id = ${id} AND others.scope = '' AND ${isCurrent('others')}`
      return `NOT EXISTS (SELECT 1 FROM ${others} WHERE ${isOne} AND ${condition})`
    })
    .join(' AND ')

/** `?2` the roles of those who leave. */
const someLeave = (id: string, condition: string) =>
  sources
    .map((source) => {
      const leaving = `json_each(?2) AS lost CROSS JOIN ${source('leaving')}`
      const isOne = `leaving.role_id = lost.value AND leaving.organization_id = ${id} AND leaving.scope = ''`
      return `EXISTS (SELECT 1 FROM ${leaving} WHERE ${isOne} AND ${condition})`
    })
    .join(' OR ')

/** What a question counts: all memberships, or only those without an end. */
interface Counted {
  readonly leaving: string
  readonly others: string
  /** Who can be an administrator in place of `leaving`, by the ends of both. */
  readonly lastsFor: string
  /** The parts are in this order because an organization can have many who leave, and nearly none has members with an end. */
  readonly isLeft: (id: string) => string
}

const all: Counted = {
  leaving: isCurrent('leaving'),
  others: 'true',
  lastsFor: '(others.expires_at IS NULL OR leaving.expires_at IS NOT NULL)',
  isLeft: (id) => `(${someLeave(id, isCurrent('leaving'))})
  AND (${isWithoutOthers(id)} OR ${isWithoutOthers(id, 'others.expires_at IS NULL')}
    AND (${someLeave(id, 'leaving.expires_at IS NULL')}))`,
}

const lasting: Counted = {
  leaving: 'leaving.expires_at IS NULL',
  others: 'others.expires_at IS NULL',
  lastsFor: 'others.expires_at IS NULL',
  isLeft: (id) =>
    `(${someLeave(id, 'leaving.expires_at IS NULL')}) AND ${isWithoutOthers(id, 'others.expires_at IS NULL')}`,
}

/** `?2` as above. @param condition on `leaving.organization_id` */
const byHolders = (counted: Counted, condition: string) =>
  sources
    .map(
      (source) => `
SELECT DISTINCT leaving.organization_id AS id
FROM json_each(?2) AS lost CROSS JOIN ${source('leaving')}
WHERE leaving.role_id = lost.value AND leaving.scope = '' AND ${counted.leaving} AND ${condition}
  AND ${isWithoutOthers('leaving.organization_id', counted.lastsFor)}`,
    )
    .join(' UNION ')

const selectionsOf = (counted: Counted) => ({
  // ?2: lists of organization, user and end. Those who are over are not among them.
  members: `
WITH leaving (organization_id, user_id, expires_at) AS MATERIALIZED (
  SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2)
)
SELECT DISTINCT organization_id AS id FROM leaving
WHERE ${counted === lasting ? counted.leaving : 'true'} AND ${isWithoutOthers(
    'leaving.organization_id',
    `(others.organization_id, others.user_id) NOT IN (SELECT organization_id, user_id FROM leaving)
      AND ${counted.lastsFor}`,
  )}`,
  // ?2: organizations.
  organizations: `
SELECT id FROM organizations
WHERE id IN (SELECT value FROM json_each(?2)) AND ${isWithoutOthers('organizations.id', counted.others)}`,
  everywhere: byHolders(counted, 'true'),
  inOrganization: byHolders(counted, 'leaving.organization_id = ?4'),
  inRoleSet: {
    organizations: `
SELECT id FROM organizations
WHERE role_set_id = ?4 AND ${counted.isLeft('organizations.id')}`,
    holders: byHolders(
      counted,
      '(SELECT role_set_id FROM organizations WHERE organizations.id = leaving.organization_id) = ?4',
    ),
  },
})

const selectionsByEnds = { all: selectionsOf(all), lasting: selectionsOf(lasting) } as const

export async function withoutAdministrator(
  connection: Connection,
  departure: Departure,
  { limit, now }: { readonly limit: number; readonly now: number },
): Promise<WithoutAdministrator> {
  const { sql, values } = await selectionOf(connection, departure, now)
  const place = `?${values.length + 1}`
  const rows = await connection.all(`SELECT id FROM (${sql}) ORDER BY id LIMIT ${place}`, [...values, limit + 1])
  const organizationIds = rows.slice(0, limit).map((row) => text(row, 'id'))
  if (rows.length <= limit) return { organizations: rows.length, organizationIds }
  const organizations = count(await connection.all(`SELECT count(*) AS found FROM (${sql})`, values), 'found')
  return { organizations, organizationIds }
}

async function selectionOf(
  connection: Connection,
  { leaving, remainingRoleIds, onlyLasting }: Departure,
  now: number,
): Promise<{ readonly sql: string; readonly values: readonly Value[] }> {
  const selections = selectionsByEnds[onlyLasting ? 'lasting' : 'all']
  const remaining = JSON.stringify(remainingRoleIds)
  if ('members' in leaving) {
    const members = leaving.members.map(({ organizationId, userId, expiresAt }) => [organizationId, userId, expiresAt])
    return { sql: selections.members, values: [remaining, JSON.stringify(members), now] }
  }
  if ('organizationIds' in leaving)
    return { sql: selections.organizations, values: [remaining, JSON.stringify(leaving.organizationIds), now] }
  const { roleIds, among } = leaving
  const values = [remaining, JSON.stringify(roleIds), now]
  if (among === undefined) return { sql: selections.everywhere, values }
  // In scopes there are no administrators of an organization.
  if ('scope' in among || 'kind' in among) return { sql: selections.organizations, values: [remaining, '[]', now] }
  if ('organizationId' in among) return { sql: selections.inOrganization, values: [...values, among.organizationId] }
  const side = await cheaperSide(connection, { holders: 'memberships', roleIds, roleSetId: among.roleSetId })
  return { sql: selections.inRoleSet[side], values: [...values, among.roleSetId] }
}
