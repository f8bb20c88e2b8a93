/**
 * The roles that mappings took from members and pending invitations, for a move that gives them back. They are written with a
 * mapping of a move, by three statements for any number of holders. The replacement of a single role leaves its set, and the
 * default or the kind of scopes changes in many organizations at once: these are not remembered.
 *
 * Before a mapping, the roles of all whom it can concern are noted; after it, the note of those whom it left as they were is
 * removed. So nothing here repeats how a mapping finds its holders.
 */

import type { Invitation, Membership, Reassigned } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { Connection, Row, Value } from '../connection.ts'
import type { AllRestorable, Restorable } from '../../../domain/former-roles.ts'
import type { FormerRolesOf } from '../../store.ts'
import { isCurrentMember } from '../questions/current-members.ts'
import { scopesAmong } from '../questions/scopes.ts'
import { text, unlessNoJson } from './columns.ts'
import { invitations, memberships } from './things.ts'

/** More are not kept: the oldest goes. */
const formerMax = 10

/** Who holds roles, and where the former ones are. */
interface Holders {
  readonly table: string
  /** Their further roles by role. */
  readonly further: string
  readonly former: string
  /** Of the row of the former roles; also columns of the other two tables. */
  readonly key: readonly string[]
  /** Which rows of the table are in its index by role. */
  readonly indexed: string
  /** Which rows hold a role at the time `?2`. */
  readonly isHolding: string
}

const members: Holders = {
  table: 'memberships',
  further: 'further_member_roles',
  former: 'former_roles',
  key: ['organization_id', 'scope', 'user_id'],
  indexed: 'true',
  isHolding: isCurrentMember('held', '?2'),
}

const invited: Holders = {
  table: 'invitations',
  further: 'further_invitation_roles',
  former: 'former_invitation_roles',
  key: ['organization_id', 'id'],
  indexed: "invitations.status = 'pending'",
  isHolding: "held.status = 'pending' AND held.expires_at > ?2",
}

const keyOf = ({ key }: Holders, row: string) => key.map((column) => `${row}.${column}`).join(', ')
const isSame = ({ key }: Holders, one: string, other: string) =>
  key.map((column) => `${one}.${column} = ${other}.${column}`).join(' AND ')

/** The roles of a row as a JSON list. */
const list = (row: string) => `CASE ${row}.further_role_ids WHEN '[]' THEN json_array(${row}.role_id)
  ELSE '[' || json_quote(${row}.role_id) || ',' || substr(${row}.further_role_ids, 2) END`

interface Condition {
  readonly sql: (row: string) => string
  readonly values: readonly Value[]
}

/**
 * Which rows a mapping can concern, as conditions of which one holds: each finds its rows by an index of its own.
 * @param first the number of the first value
 */
function concernedBy(among: FormerRolesOf['among'], isEverywhere: boolean, first: number): readonly Condition[] {
  const scopes = (at: number): Condition => {
    return { sql: (row) => scopesAmong(among, row, at).sql, values: scopesAmong(among, '', at).values }
  }
  if ('scope' in among) return [scopes(first)]
  const whole: Condition =
    'organizationId' in among
      ? { sql: (row) => `${row}.organization_id = ?${first} AND ${row}.scope = ''`, values: [among.organizationId] }
      : {
          sql: (row) => `${row}.scope = ''
            AND ${row}.organization_id IN (SELECT id FROM organizations WHERE role_set_id = ?${first})`,
          values: [among.roleSetId],
        }
  return isEverywhere ? [whole, scopes(first + 1)] : [whole]
}

/** `?1` the roles, `?2` the revision; the conditions follow. */
function note(holders: Holders, conditions: readonly Condition[]): string {
  const { table, further, former, key, indexed } = holders
  const from = (source: string, condition: string) => `
      SELECT ${keyOf(holders, source)} FROM ${source}
      WHERE ${source}.role_id IN (SELECT value FROM json_each(?1)) AND ${condition}`
  const among = conditions.flatMap(({ sql }) => [
    from(table, `${indexed} AND ${sql(table)}`),
    from(further, sql(further)),
  ])
  return `
INSERT INTO ${former} (${key.join(', ')}, role_ids, former, revision)
SELECT ${keyOf(holders, 'held')}, '', json_array(json(${list('held')})), ?2
FROM (${among.join(' UNION ')}) AS meant CROSS JOIN ${table} AS held USING (${key.join(', ')})
WHERE true
ON CONFLICT (${key.join(', ')}) DO UPDATE SET role_ids = '', revision = excluded.revision,
  former = CASE
    -- Something else has given the holder other roles since: what was before doesn't count any more.
    WHEN ${former}.role_ids <> excluded.former -> 0 THEN excluded.former
    WHEN json_array_length(${former}.former) < ${formerMax}
      THEN json_insert(${former}.former, '$[#]', json(excluded.former -> 0))
    ELSE json_insert(json_remove(${former}.former, '$[0]'), '$[#]', json(excluded.former -> 0))
  END`
}

/** Only the noted ones have no roles. `?1` the revision, `?2` the organization, if the mapping is about one. */
const settle = (holders: Holders, isOfOne: boolean) => `
UPDATE ${holders.former} SET role_ids = now.list,
  former = CASE WHEN former -> '$[#-1]' = now.list THEN json_remove(former, '$[#-1]') ELSE former END
FROM (SELECT ${keyOf(holders, holders.table)}, ${list(holders.table)} AS list FROM ${holders.table}) AS now
WHERE ${holders.former}.role_ids = '' AND ${noted(holders, isOfOne)} AND ${isSame(holders, 'now', holders.former)}`

const forgetUnchanged = (holders: Holders, isOfOne: boolean) => `
DELETE FROM ${holders.former} WHERE former = '[]' AND ${noted(holders, isOfOne)}`

const noted = ({ former }: Holders, isOfOne: boolean) =>
  `${former}.revision = ?1${isOfOne ? ` AND ${former}.organization_id = ?2` : ''}`

/** Carries out a mapping, and remembers what it takes if it is one of a move. */
export async function remembering(
  connection: Connection,
  change: { readonly reassigned: Reassigned; readonly stamp: Recorded },
  reassign: () => Promise<void>,
): Promise<void> {
  const { reassigned, stamp } = change
  const roleIds = JSON.stringify(reassigned.mappings.map(({ fromRoleId }) => fromRoleId))
  const among = movedPlaces(reassigned.among)
  if (among === undefined) return reassign()
  const begun = await begunFor(connection, { among, roleIds, revision: stamp.revision })
  if (!begun.isRemembered || ('scope' in among && !begun.isEverywhere)) return reassign()
  const noted = begun.isEverywhere ? [members, invited] : [members]
  const conditions = concernedBy(among, begun.isEverywhere && begun.hasScopes, 3)
  const values: readonly Value[] = [roleIds, stamp.revision, ...conditions.flatMap((condition) => condition.values)]
  for (const holders of noted) await connection.run(note(holders, conditions), values)
  await reassign()
  const isOfOne = 'organizationId' in among
  const own: readonly Value[] = [stamp.revision, ...(isOfOne ? [among.organizationId] : [])]
  for (const holders of noted) {
    await connection.run(settle(holders, isOfOne), own)
    await connection.run(forgetUnchanged(holders, isOfOne), own)
  }
}

/** Undefined: it is about scopes of many organizations, by their default or their kind. */
function movedPlaces(among: Reassigned['among']): FormerRolesOf['among'] | undefined {
  return 'organizationId' in among || 'roleSetId' in among ? among : undefined
}

interface Begun {
  readonly isRemembered: boolean
  /** Also in scopes, and for invitations. */
  readonly isEverywhere: boolean
  readonly hasScopes: boolean
}

/** A role that is replaced has left its set before; a set that is replaced has all of its roles. */
async function begunFor(
  connection: Connection,
  asked: { readonly among: FormerRolesOf['among']; readonly roleIds: string; readonly revision: number },
): Promise<Begun> {
  const { among, roleIds, revision } = asked
  const inSet =
    'EXISTS (SELECT 1 FROM role_set_roles WHERE role_set_id = ?2 AND role_id IN (SELECT value FROM json_each(?3)))'
  const sql = `SELECT revision < ?1 AS remembers, everywhere_revision < ?1 AS everywhere,
    EXISTS (SELECT 1 FROM scope_kinds) AS scopes${'roleSetId' in among ? `, ${inSet} AS moves` : ', 1 AS moves'}
    FROM former_roles_begin`
  const [row = {}] = await connection.all(sql, 'roleSetId' in among ? [revision, among.roleSetId, roleIds] : [revision])
  const is = (column: string) => row[column] === 1
  return { isRemembered: is('remembers') && is('moves'), isEverywhere: is('everywhere'), hasScopes: is('scopes') }
}

/** Who was given other roles one by one: what was before the present roles stays remembered. */
const giveBack = ({ former, key }: Holders) => `
UPDATE ${former} SET role_ids = asked.list, revision = asked.revision,
  former = coalesce((
    SELECT json_group_array(json(value)) FROM json_each(${former}.former)
    WHERE key < (SELECT min(key) FROM json_each(${former}.former) WHERE value = asked.list)
  ), '[]')
FROM (
  SELECT ${key.map((column, place) => `value ->> ${place} AS ${column}`).join(', ')},
    value -> ${key.length} AS list, value ->> ${key.length + 1} AS revision
  FROM json_each(?)
) AS asked
WHERE ${key.map((column) => `asked.${column} = ${former}.${column}`).join(' AND ')}`

/** The rows of former roles with one of the keys of a list. */
const isAsked = ({ key }: Holders) =>
  `(${key.join(', ')}) IN (SELECT ${key.map((_, place) => `value ->> ${place}`).join(', ')} FROM json_each(?))`

type PutOf<Thing> = { readonly after: Thing; readonly before: Thing | null }

export async function putFormerRoles(
  connection: Connection,
  changes: readonly (PutOf<Membership> | PutOf<Invitation>)[],
): Promise<void> {
  const changed = changes.filter(({ after, before }) => before !== null && !isSameList(before.roleIds, after.roleIds))
  for (const holders of [members, invited]) {
    const rows = changed.flatMap(({ after }) => {
      return ('userId' in after ? members : invited) === holders
        ? [[...valuesOf(after), after.roleIds, after.revision]]
        : []
    })
    if (rows.length === 0) continue
    await connection.run(giveBack(holders), [JSON.stringify(rows)])
    const empty = `DELETE FROM ${holders.former} WHERE former = '[]' AND ${isAsked(holders)}`
    await connection.run(empty, [JSON.stringify(rows)])
  }
}

/** With the memberships. */
export async function deleteFormerRoles(connection: Connection, before: readonly Membership[]): Promise<void> {
  const keys = JSON.stringify(before.map(valuesOf))
  await connection.run(`DELETE FROM ${members.former} WHERE ${isAsked(members)}`, [keys])
}

/** With the memberships of a scope. What is left at the new key is of members whose time is over, and makes room as they do. */
export async function renameFormerRoles(
  connection: Connection,
  renamed: { readonly organizationId: string; readonly fromScope: string; readonly toScope: string },
  { revision }: Pick<Recorded, 'revision'>,
): Promise<void> {
  const { organizationId, fromScope, toScope } = renamed
  const isIn = 'organization_id = ? AND scope = ?'
  await connection.run(`DELETE FROM ${members.former} WHERE ${isIn}`, [organizationId, toScope])
  const sql = `UPDATE ${members.former} SET scope = ?, revision = ? WHERE ${isIn}`
  await connection.run(sql, [toScope, revision, organizationId, fromScope])
}

/** Who still has what a mapping left, and had only roles of the list `?1` at one time. */
const restorable = (holders: Holders, conditions: readonly Condition[]) => `
SELECT held.*, remembered.former AS former
FROM ${holders.former} AS remembered CROSS JOIN ${holders.table} AS held USING (${holders.key.join(', ')})
WHERE (${conditions.map(({ sql }) => `(${sql('held')})`).join(' OR ')}) AND ${holders.isHolding}
  AND remembered.role_ids = ${list('held')} AND EXISTS (
    SELECT 1 FROM json_each(remembered.former) AS each
    WHERE NOT EXISTS (SELECT 1 FROM json_each(each.value) AS role WHERE role.value NOT IN (SELECT value FROM json_each(?1)))
  )
ORDER BY ${keyOf(holders, 'held')} LIMIT ?3`

export async function readFormerRoles(connection: Connection, asked: FormerRolesOf): Promise<AllRestorable> {
  const { among, roleIds, now, limit } = asked
  const conditions = concernedBy(among, true, 4)
  const values = [JSON.stringify(roleIds), now, limit, ...conditions.flatMap((condition) => condition.values)]
  const rowsOf = (holders: Holders) => connection.all(restorable(holders, conditions), values)
  const found = <Thing>(rows: readonly Row[], thingOf: (row: Row) => Thing): readonly Restorable<Thing>[] =>
    rows.map((row) => ({ holder: thingOf(row), former: formerOf(row) }))
  return {
    members: found(await rowsOf(members), (row) => memberships.thingOf(row)),
    invitations: found(await rowsOf(invited), (row) => invitations.thingOf(row)),
  }
}

function formerOf(row: Row): Restorable<unknown>['former'] {
  const former = text(row, 'former')
  // This module wrote it.
  return unlessNoJson('former', () => JSON.parse(former) as Restorable<unknown>['former'])
}

function valuesOf(holder: Membership | Invitation): readonly string[] {
  const { organizationId } = holder
  return 'userId' in holder ? [organizationId, holder.scope, holder.userId] : [organizationId, holder.id]
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((roleId, place) => roleId === others[place])
}
