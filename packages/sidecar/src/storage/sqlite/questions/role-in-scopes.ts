/**
 * Who holds a role in the scopes that have a role set, and in which. It begins with the holders of the role, so its cost doesn't
 * depend on how many scopes have the set; they are read in the order of an index, so nothing is sorted.
 */

import { limits } from '@rolesets/core'
import type { RoleInScopes } from '../../../domain/scope-facts.ts'
import type { Connection } from '../connection.ts'
import { integer } from '../rows/columns.ts'
import { placeFrom, roleSetOfScope } from './scopes.ts'
import { isHeldInWhole, listed, shapes, type Listed } from './usage.ts'

/** `?1` the role, `?2` the set, `?3` the time. */
const isMeant = (table: Listed, row: string) =>
  `${row}.role_id = ?1 AND ${row}.scope <> '' AND ${shapes[table].isHolding(row)} AND ${roleSetOfScope(row)} = ?2`

/** What isn't in a table that comes before it: there it is counted already. */
const isNew = (table: Listed, isSame: (earlier: Listed) => string) =>
  ['true', ...listed.slice(0, listed.indexOf(table))]
    .map((earlier) => (earlier === 'true' ? earlier : `NOT EXISTS (${isSame(earlier as Listed)})`))
    .join(' AND ')

const inSamePlace = (table: Listed) => `
  SELECT 1 FROM ${table} AS earlier
  WHERE earlier.role_id = ?1 AND earlier.organization_id = holder.organization_id AND earlier.scope = holder.scope
    AND ${shapes[table].isHolding('earlier')}`

const inSameOrganization = (table: Listed) => `
  SELECT 1 FROM ${table} AS earlier
  WHERE earlier.organization_id = holder.organization_id AND ${isMeant(table, 'earlier')}`

const isWhole = isHeldInWhole({ organizationId: 'holder.organization_id', roleId: '?1', roleSetId: '?2', now: '?3' })

const byOrganization = (table: Listed) => `
SELECT '${shapes[table].counted}' AS counted, count(*) AS held,
  ${isNew(table, inSameOrganization)} AND NOT ${isWhole} AS is_new,
  count(DISTINCT CASE WHEN ${isNew(table, inSamePlace)} THEN scope END) AS places
FROM ${table} AS holder WHERE ${isMeant(table, 'holder')} GROUP BY organization_id`

const counts = `
SELECT coalesce(sum(held) FILTER (WHERE counted = 'members'), 0) AS members,
  coalesce(sum(held) FILTER (WHERE counted = 'invitations'), 0) AS invitations,
  coalesce(sum(is_new), 0) AS organizations, coalesce(sum(places), 0) AS places
FROM (${listed.map(byOrganization).join(' UNION ALL ')})`

const first = `ORDER BY organization_id, scope LIMIT ${limits.organizationsInImpactMax}`

const firstPlaces = `
${listed
  .map((table) => {
    const found = `SELECT DISTINCT organization_id, scope FROM ${table} AS holder WHERE ${isMeant(table, 'holder')}`
    return `SELECT * FROM (${found} ${first})`
  })
  .join(' UNION ')} ${first}`

export async function roleInScopes(
  connection: Connection,
  { roleId, roleSetId }: { readonly roleId: string; readonly roleSetId: string },
  now: number,
): Promise<RoleInScopes> {
  const values = [roleId, roleSetId, now]
  const [row = {}] = await connection.all(counts, values)
  const [members, invitations] = [integer(row, 'members'), integer(row, 'invitations')]
  const places = integer(row, 'places')
  return {
    usage: { roleId, members, invitations, organizations: integer(row, 'organizations') },
    places,
    firstPlaces: places === 0 ? [] : (await connection.all(firstPlaces, values)).map(placeFrom),
  }
}
