/**
 * Scopes in SQL: which role set each has (rule 14; a test compares it with `roleSetOfPlace` of core), which of them a change
 * concerns, and who holds which roles in them. Statements are set-based: SQLite sorts on disk what doesn't fit into its cache.
 */

import { limits, type Among, type Place } from '@rolesets/core'
import type { Connection, Row, Value } from '../connection.ts'
import type { ListedScope, ScopesInUse, ScopeUsage, SomePlaces } from '../../../domain/scope-facts.ts'
import type { Page } from '../../store.ts'
import type { RowReader } from '../../transactions/connection.ts'
import { isCurrentMember } from './current-members.ts'
import { checkAtMost, rowsMax } from './search.ts'
import { isHeldInWhole } from './usage.ts'
import { count, integer, text } from '../rows/columns.ts'
import { assignmentCounts } from '../rows/counts.ts'

type ScopeReads = Pick<
  RowReader,
  'scopeUsage' | 'scopePlaces' | 'scopesOf' | 'scopeCount' | 'ownAssignmentCount' | 'scopesInUse'
>

export function scopeReadsOf(connection: Connection): ScopeReads {
  return {
    scopeUsage: (among, now, isWhole = false) => scopeUsage(connection, { among, now, isWhole }),
    scopePlaces: (among, now, except) => scopePlaces(connection, among, { now, except }),
    scopesOf: async (organizationId, page) => {
      checkAtMost(page.size, rowsMax, 'scopes')
      return scopesOf(connection, organizationId, page)
    },
    scopeCount: (organizationId) => scopeCount(connection, organizationId),
    ownAssignmentCount: (roleSetId) => assignmentCounts.of(connection, roleSetId),
    scopesInUse: (of, now) => scopesInUse(connection, of, now),
  }
}

/** The parts of the rule, for a row with the columns `organization_id` and `scope`. */
const own = (row: string) =>
  `(SELECT role_set_id FROM assignments AS own WHERE own.organization_id = ${row}.organization_id AND own.scope = ${row}.scope)`
const byDefault = (row: string) => `(SELECT role_set_id FROM scope_defaults AS given WHERE given.scope = ${row}.scope)`
const ofOrganization = (row: string) => `(SELECT role_set_id FROM organizations WHERE id = ${row}.organization_id)`
const ofKind = (row: string, value: string) =>
  `(SELECT ${value} FROM scope_kinds AS kinds WHERE kinds.kind = substr(${row}.scope, 1, instr(${row}.scope, ':') - 1))`

/** The id of the role set of a scope; NULL: it has none. */
export const roleSetOfScope = (row: string): string =>
  ofKind(
    row,
    `coalesce(${own(row)}, ${byDefault(row)},
      CASE kinds.fallback WHEN 'organization' THEN ${ofOrganization(row)} ELSE kinds.role_set_id END)`,
  )

/** A condition, and its values. */
export interface Selection {
  readonly sql: string
  readonly values: readonly Value[]
}

/**
 * Which scopes are among those of a change; organizations as a whole never are. `scope <> ''` stands everywhere, because the
 * indexes of scopes have only these rows.
 * @param first the number of the first value
 */
export function scopesAmong(among: Among, row: string, first: number): Selection {
  const isScope = `${row}.scope <> ''`
  const withoutOwn = `${own(row)} IS NULL`
  const withoutAny = `${withoutOwn} AND ${byDefault(row)} IS NULL`
  if ('roleSetId' in among)
    return { sql: `${isScope} AND ${roleSetOfScope(row)} = ?${first}`, values: [among.roleSetId] }
  if ('kind' in among) {
    const sql = `${isScope} AND ${row}.scope >= ?${first} AND ${row}.scope < ?${first + 1} AND ${withoutAny}`
    return { sql, values: boundsOfKind(among.kind) }
  }
  if (!('organizationId' in among))
    return { sql: `${isScope} AND ${row}.scope = ?${first} AND ${withoutOwn}`, values: [among.scope] }
  const isIn = `${isScope} AND ${row}.organization_id = ?${first}`
  if ('scope' in among)
    return { sql: `${isIn} AND ${row}.scope = ?${first + 1}`, values: [among.organizationId, among.scope] }
  const isFollowing = `${withoutAny} AND ${ofKind(row, 'kinds.fallback')} = 'organization'`
  return { sql: `${isIn} AND ${isFollowing}`, values: [among.organizationId] }
}

/** All keys of the kind are between them: `;` follows `:`. */
function boundsOfKind(kind: string): readonly [string, string] {
  return [`${kind}:`, `${kind};`]
}

const pending = "holder.status = 'pending' AND holder.expires_at > ?1"
const current = isCurrentMember('holder', '?1')

/** Those with several roles. Of many organizations they are found by an index of their own: there are few of them. */
const severalOf = (table: 'memberships' | 'invitations', among: Among) =>
  `${table} AS holder ${'organizationId' in among ? '' : `INDEXED BY ${table}_of_several`}`

/** `?1` the time; the condition has values from `?2` on. */
const held = (among: Among, condition: string) => `
  SELECT role_id, organization_id, true AS is_member FROM memberships AS holder WHERE ${current} AND ${condition}
  UNION ALL
  SELECT further.value, organization_id, true
  FROM ${severalOf('memberships', among)} CROSS JOIN json_each(holder.further_role_ids) AS further
  WHERE ${current} AND holder.further_role_ids <> '[]' AND ${condition}
  UNION ALL
  SELECT role_id, organization_id, false FROM invitations AS holder WHERE ${pending} AND ${condition}
  UNION ALL
  SELECT further.value, organization_id, false
  FROM ${severalOf('invitations', among)} CROSS JOIN json_each(holder.further_role_ids) AS further
  WHERE ${pending} AND holder.further_role_ids <> '[]' AND ${condition}`

/** Of the scopes that have a set, an organization on the set with holders as a whole isn't counted: there it is already. */
const isOfWhole = isHeldInWhole({
  ...{ organizationId: 'held.organization_id', roleId: 'held.role_id' },
  ...{ roleSetId: '?2', now: '?1' },
})

const counts = (among: Among) => `sum(held.is_member) AS members, sum(NOT held.is_member) AS invitations,
  count(DISTINCT held.organization_id)${'roleSetId' in among ? ` FILTER (WHERE NOT ${isOfWhole})` : ''} AS organizations`

const usage = {
  byOrganization: (among: Among, held: string) => `
SELECT held.role_id, organizations.role_set_id AS organization_role_set_id, ${counts(among)}
FROM (${held}) AS held JOIN organizations ON organizations.id = held.organization_id
WHERE ?1 IS NOT NULL
GROUP BY held.role_id, organizations.role_set_id ORDER BY held.role_id, organizations.role_set_id`,
  whole: (among: Among, held: string) => `
SELECT held.role_id, '' AS organization_role_set_id, ${counts(among)}
FROM (${held}) AS held WHERE ?1 IS NOT NULL GROUP BY held.role_id ORDER BY held.role_id`,
} as const

async function scopeUsage(
  connection: Connection,
  { among, now, isWhole }: { readonly among: Among; readonly now: number; readonly isWhole: boolean },
): Promise<readonly ScopeUsage[]> {
  const { sql, values } = scopesAmong(among, 'holder', 2)
  const grouped = usage[isWhole ? 'whole' : 'byOrganization'](among, held(among, sql))
  return (await connection.all(grouped, [now, ...values])).map(usageFrom)
}

function usageFrom(row: Row): ScopeUsage {
  return {
    roleId: text(row, 'role_id'),
    organizationRoleSetId: text(row, 'organization_role_set_id'),
    ...{ members: integer(row, 'members'), invitations: integer(row, 'invitations') },
    organizations: integer(row, 'organizations'),
  }
}

/** The places of a table, as an index has them, so that they are neither sorted nor kept. */
const placesIn = (table: string, condition: string) =>
  `SELECT organization_id, scope FROM ${table} AS holder WHERE ${condition} GROUP BY scope, organization_id`

const isNot = (table: string, condition: string) => `NOT EXISTS (
  SELECT 1 FROM ${table} AS holder
  WHERE holder.organization_id = place.organization_id AND holder.scope = place.scope AND ${condition})`

/** Those with a member, a pending invitation, a name or a role set of their own; each is counted where it is found first. */
const placeCount = (condition: string) => `
SELECT (SELECT count(*) FROM (${placesIn('memberships', `${current} AND ${condition}`)}))
  + (SELECT count(*) FROM (${placesIn('invitations', `${pending} AND ${condition}`)}) AS place WHERE ${isNot('memberships', current)})
  + (SELECT count(*) FROM (${placesIn('assignments', condition)}) AS place
     WHERE ${isNot('memberships', current)} AND ${isNot('invitations', pending)}) AS places
WHERE ?1 IS NOT NULL`

const firstPlaces = (condition: string) => `
SELECT organization_id, scope FROM memberships AS holder WHERE ${current} AND ${condition}
UNION SELECT organization_id, scope FROM invitations AS holder WHERE ${pending} AND ${condition}
UNION SELECT organization_id, scope FROM assignments AS holder WHERE ${condition}
ORDER BY organization_id, scope LIMIT ${limits.organizationsInImpactMax}`

async function scopePlaces(
  connection: Connection,
  among: Among,
  { now, except }: { readonly now: number; readonly except: { readonly organizationsOn: string } | undefined },
): Promise<SomePlaces> {
  const { sql, values } = scopesAmong(among, 'holder', 2)
  const isOnAnother = `(SELECT role_set_id FROM organizations WHERE id = holder.organization_id) <> ?${values.length + 2}`
  const isMeant = except === undefined ? sql : `${sql} AND ${isOnAnother}`
  const all = [now, ...values, ...(except === undefined ? [] : [except.organizationsOn])]
  const places = count(await connection.all(placeCount(isMeant), all), 'places')
  if (places === 0) return { places, firstPlaces: [] }
  return { places, firstPlaces: (await connection.all(firstPlaces(isMeant), all)).map(placeFrom) }
}

export function placeFrom(row: Row): Place {
  return { organizationId: text(row, 'organization_id'), scope: text(row, 'scope') }
}

const listed = `
SELECT found.scope, coalesce(assignments.name, '') AS name, assignments.role_set_id,
  (
    SELECT count(*) FROM memberships AS member
    WHERE organization_id = ?1 AND member.scope = found.scope AND ${isCurrentMember('member', '?4')}
  ) AS members
FROM (
  SELECT scope FROM assignments WHERE organization_id = ?1 AND scope > ?2
  UNION SELECT DISTINCT scope FROM memberships AS member
  WHERE organization_id = ?1 AND scope > ?2 AND ${isCurrentMember('member', '?4')}
  ORDER BY scope LIMIT ?3
) AS found
LEFT JOIN assignments ON assignments.organization_id = ?1 AND assignments.scope = found.scope
ORDER BY found.scope`

/** Named ones, those with a role set of their own, and those with members; ordered by key. */
async function scopesOf(
  connection: Connection,
  organizationId: string,
  { size, after = '', now }: Page & { readonly now: number },
): Promise<readonly ListedScope[]> {
  const rows = await connection.all(listed, [organizationId, after, size, now])
  return rows.map((row) => ({
    ...{ organizationId, scope: text(row, 'scope'), name: text(row, 'name') },
    own: row['role_set_id'] === null ? null : text(row, 'role_set_id'),
    members: integer(row, 'members'),
  }))
}

async function scopeCount(connection: Connection, organizationId: string): Promise<number> {
  const sql = 'SELECT count(*) AS scopes FROM assignments WHERE organization_id = ?'
  return count(await connection.all(sql, [organizationId]), 'scopes')
}

const inUse = (condition: string) => `
SELECT (SELECT count(*) FROM memberships AS holder WHERE scope <> '' AND ${condition} AND ${current}) AS members,
  (SELECT count(*) FROM invitations WHERE scope <> '' AND ${condition} AND status = 'pending' AND expires_at > ?1) AS invitations,
  (SELECT count(*) FROM assignments WHERE ${condition}) AS assignments`

/** What there is of a kind, or of one scope. */
async function scopesInUse(
  connection: Connection,
  of: { readonly kind: string } | Place,
  now: number,
): Promise<ScopesInUse> {
  const [sql, values] =
    'kind' in of
      ? [inUse('scope >= ?2 AND scope < ?3'), boundsOfKind(of.kind)]
      : [inUse('organization_id = ?2 AND scope = ?3'), [of.organizationId, of.scope]]
  const [row = {}] = await connection.all(sql, [now, ...values])
  return {
    ...{ members: integer(row, 'members'), invitations: integer(row, 'invitations') },
    assignments: integer(row, 'assignments'),
  }
}
