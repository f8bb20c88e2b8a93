/**
 * The roles that mappings took from members, for a move that gives them back. They are written with a mapping of a move, by
 * three statements for any number of members, and not with the replacement of a single role, which leaves its set.
 *
 * Before a mapping, the roles of all whom it can concern are noted; after it, the note of those whom it left as they were is
 * removed. So nothing here repeats how a mapping finds its members.
 */

import type { Membership, Reassigned } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { Connection, Row, Value } from '../connection.ts'
import type { Restorable } from '../../../domain/former-roles.ts'
import type { FormerRolesOf } from '../../store.ts'
import { isCurrentMemberOfWhole } from '../questions/current-members.ts'
import { text, unlessNoJson } from './columns.ts'
import { memberships } from './things.ts'

/** More are not kept: the oldest goes. */
const formerMax = 10

/** The roles of a membership as a JSON list. */
const list = (row: string) => `CASE ${row}.further_role_ids WHEN '[]' THEN json_array(${row}.role_id)
  ELSE '[' || json_quote(${row}.role_id) || ',' || substr(${row}.further_role_ids, 2) END`

/**
 * Which rows of a table a mapping can concern: only those of organizations as a whole, because no move gives roles back in
 * scopes. `?2` is the organization, or the role set of several.
 */
const concerned = {
  organizationId: (row: string) => `${row}.organization_id = ?2 AND ${row}.scope = ''`,
  roleSetId: (row: string) => `${row}.scope = ''
    AND ${row}.organization_id IN (SELECT id FROM organizations WHERE role_set_id = ?2)`,
} as const

type Side = keyof typeof concerned

const members = (side: Side) => `
SELECT organization_id, scope, user_id FROM memberships
WHERE role_id IN (SELECT value FROM json_each(?1)) AND ${concerned[side]('memberships')}
UNION
SELECT organization_id, scope, user_id FROM further_member_roles
WHERE role_id IN (SELECT value FROM json_each(?1)) AND ${concerned[side]('further_member_roles')}`

const note = (side: Side) => `
INSERT INTO former_roles (organization_id, scope, user_id, role_ids, former, revision)
SELECT held.organization_id, held.scope, held.user_id, '', json_array(json(${list('held')})), ?3
FROM (${members(side)}) AS meant CROSS JOIN memberships AS held USING (organization_id, scope, user_id)
WHERE true
ON CONFLICT (organization_id, scope, user_id) DO UPDATE SET role_ids = '', revision = excluded.revision,
  former = CASE
    -- Something else has given the member other roles since: what was before doesn't count any more.
    WHEN former_roles.role_ids <> excluded.former -> 0 THEN excluded.former
    WHEN json_array_length(former_roles.former) < ${formerMax}
      THEN json_insert(former_roles.former, '$[#]', json(excluded.former -> 0))
    ELSE json_insert(json_remove(former_roles.former, '$[0]'), '$[#]', json(excluded.former -> 0))
  END`

const settle = (side: Side) => `
UPDATE former_roles SET role_ids = now.list,
  former = CASE WHEN former -> '$[#-1]' = now.list THEN json_remove(former, '$[#-1]') ELSE former END
FROM (SELECT organization_id, scope, user_id, ${list('memberships')} AS list FROM memberships) AS now
WHERE former_roles.role_ids = '' AND former_roles.revision = ?3 AND ${concerned[side]('former_roles')}
  AND now.organization_id = former_roles.organization_id AND now.scope = former_roles.scope
  AND now.user_id = former_roles.user_id AND ?1 IS NOT NULL`

const forgetUnchanged = (side: Side) => `
DELETE FROM former_roles WHERE former = '[]' AND revision = ?3 AND ${concerned[side]('former_roles')} AND ?1 IS NOT NULL`

/** Carries out a mapping, and remembers what it takes if it is one of a move. */
export async function remembering(
  connection: Connection,
  change: { readonly reassigned: Reassigned; readonly stamp: Recorded },
  reassign: () => Promise<void>,
): Promise<void> {
  const { reassigned, stamp } = change
  const roleIds = JSON.stringify(reassigned.mappings.map(({ fromRoleId }) => fromRoleId))
  const among = wholesOf(reassigned.among)
  if (among === undefined) return reassign()
  const [side, id] = sideOf(among)
  if (!(await isRemembered(connection, { side, id, roleIds, revision: stamp.revision }))) return reassign()
  const values: readonly Value[] = [roleIds, id, stamp.revision]
  await connection.run(note(side), values)
  await reassign()
  await connection.run(settle(side), values)
  await connection.run(forgetUnchanged(side), values)
}

/** The organizations as a whole that a mapping is about; undefined: it is about scopes only. */
function wholesOf(among: Reassigned['among']): FormerRolesOf['among'] | undefined {
  return 'scope' in among || 'kind' in among ? undefined : among
}

function sideOf(among: FormerRolesOf['among']): readonly [Side, string] {
  return 'organizationId' in among ? ['organizationId', among.organizationId] : ['roleSetId', among.roleSetId]
}

interface Remembering {
  readonly side: Side
  readonly id: string
  readonly roleIds: string
  readonly revision: number
}

/** A role that is replaced has left its set before; a set that is replaced has all of its roles. */
async function isRemembered(connection: Connection, { side, id, roleIds, revision }: Remembering): Promise<boolean> {
  const inSet =
    'EXISTS (SELECT 1 FROM role_set_roles WHERE role_set_id = ?2 AND role_id IN (SELECT value FROM json_each(?1)))'
  const sql = `SELECT ${side === 'roleSetId' ? inSet : '?1 <> ?2'} AS remembers FROM former_roles_begin WHERE revision < ?3`
  const [row] = await connection.all(sql, [roleIds, id, revision])
  return row?.['remembers'] === 1
}

/** A member who was given other roles one by one: what was before the roles that the member has now stays remembered. */
const giveBack = `
UPDATE former_roles SET role_ids = asked.list, revision = asked.revision,
  former = coalesce((
    SELECT json_group_array(json(value)) FROM json_each(former_roles.former)
    WHERE key < (SELECT min(key) FROM json_each(former_roles.former) WHERE value = asked.list)
  ), '[]')
FROM (
  SELECT value ->> 0 AS organization_id, value ->> 1 AS scope, value ->> 2 AS user_id, value -> 3 AS list, value ->> 4 AS revision
  FROM json_each(?)
) AS asked
WHERE asked.organization_id = former_roles.organization_id AND asked.scope = former_roles.scope
  AND asked.user_id = former_roles.user_id`

const keysOfAsked = 'SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)'

export async function putFormerRoles(
  connection: Connection,
  changes: readonly { readonly after: Membership; readonly before: Membership | null }[],
): Promise<void> {
  const changed = changes.filter(({ after, before }) => before !== null && !isSameList(before.roleIds, after.roleIds))
  if (changed.length === 0) return
  const keys = changed.map(({ after }) => [...keyOf(after), after.roleIds, after.revision])
  await connection.run(giveBack, [JSON.stringify(keys)])
  const empty = `DELETE FROM former_roles WHERE former = '[]' AND (organization_id, scope, user_id) IN (${keysOfAsked})`
  await connection.run(empty, [JSON.stringify(keys)])
}

/** With the memberships. */
export async function deleteFormerRoles(connection: Connection, before: readonly Membership[]): Promise<void> {
  const sql = `DELETE FROM former_roles WHERE (organization_id, scope, user_id) IN (${keysOfAsked})`
  await connection.run(sql, [JSON.stringify(before.map(keyOf))])
}

/** Members who still have what a mapping left, and had only roles of the list `?1` at one time. */
const restorable = (side: Side) => `
SELECT held.*, remembered.former AS former
FROM former_roles AS remembered CROSS JOIN memberships AS held USING (organization_id, scope, user_id)
WHERE ${concerned[side]('remembered')} AND ${isCurrentMemberOfWhole('held', '?4')} AND remembered.role_ids = ${list('held')} AND EXISTS (
  SELECT 1 FROM json_each(remembered.former) AS each
  WHERE NOT EXISTS (SELECT 1 FROM json_each(each.value) AS role WHERE role.value NOT IN (SELECT value FROM json_each(?1)))
)
ORDER BY organization_id, scope, user_id LIMIT ?3`

export async function readFormerRoles(
  connection: Connection,
  { among, roleIds, limit, now }: FormerRolesOf,
): Promise<readonly Restorable[]> {
  const [side, id] = sideOf(among)
  const rows = await connection.all(restorable(side), [JSON.stringify(roleIds), id, limit, now])
  return rows.map((row) => ({ membership: memberships.thingOf(row), former: formerOf(row) }))
}

function formerOf(row: Row): Restorable['former'] {
  const former = text(row, 'former')
  // This module wrote it.
  return unlessNoJson('former', () => JSON.parse(former) as Restorable['former'])
}

function keyOf({ organizationId, scope, userId }: Membership): readonly string[] {
  return [organizationId, scope, userId]
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((roleId, place) => roleId === others[place])
}
