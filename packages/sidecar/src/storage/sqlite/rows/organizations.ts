/** Writes organizations, and the numbers of those that use each role set. */

import type { Organization, Moved } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { DeletedOrganization, Page } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { integer, text } from './columns.ts'
import { assignmentCounts, organizationCounts } from './counts.ts'
import { organizations } from './things.ts'

const listed = '(SELECT value FROM json_each(?))'

/** Which of these ids are of organizations that were deleted. */
export async function deletedOrganizations(
  connection: Connection,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const sql = `SELECT id FROM deleted_organizations WHERE id IN ${listed}`
  return new Set((await connection.all(sql, [JSON.stringify(ids)])).map((row) => text(row, 'id')))
}

export async function deletedOrganizationsAfter(
  connection: Connection,
  { size, after = '' }: Page,
): Promise<readonly DeletedOrganization[]> {
  const sql = 'SELECT id, revision FROM deleted_organizations WHERE id > ? ORDER BY id LIMIT ?'
  const rows = await connection.all(sql, [after, size])
  return rows.map((row) => ({ id: text(row, 'id'), revision: integer(row, 'revision') }))
}

export async function putDeletedOrganizations(
  connection: Connection,
  deleted: readonly DeletedOrganization[],
): Promise<void> {
  const sql = `INSERT INTO deleted_organizations (id, revision) SELECT value ->> 0, value ->> 1 FROM json_each(?)
    WHERE true ON CONFLICT (id) DO UPDATE SET revision = excluded.revision`
  await connection.run(sql, [JSON.stringify(deleted.map(({ id, revision }) => [id, revision]))])
}

export async function putOrganizations(connection: Connection, after: readonly Organization[]): Promise<void> {
  const ids = JSON.stringify(after.map(({ id }) => id))
  const concerned = { condition: `id IN ${listed}`, values: [ids] }
  await organizationCounts.takeOut(connection, concerned)
  await connection.run(`DELETE FROM deleted_organizations WHERE id IN ${listed}`, [ids])
  await organizations.putAll(connection, after)
  await organizationCounts.putIn(connection, concerned)
}

/** Their memberships, invitations and assignments go with them. Their ids are remembered (rule 20). */
export async function deleteOrganizations(
  connection: Connection,
  before: readonly Organization[],
  stamps: readonly Pick<Recorded, 'revision'>[],
): Promise<void> {
  const ids = JSON.stringify(before.map(({ id }) => id))
  await assignmentCounts.takeOut(connection, { condition: `organization_id IN ${listed}`, values: [ids] })
  for (const table of ['former_roles', 'former_invitation_roles', 'memberships', 'invitations', 'assignments'])
    await connection.run(`DELETE FROM ${table} WHERE organization_id IN ${listed}`, [ids])
  await organizationCounts.takeOut(connection, { condition: `id IN ${listed}`, values: [ids] })
  await connection.run(`DELETE FROM organizations WHERE id IN ${listed}`, [ids])
  await putDeletedOrganizations(
    connection,
    before.map(({ id }, index) => ({ id, revision: stamps[index]?.revision ?? 0 })),
  )
}

/** One statement moves all organizations, and one all other places. `stamp`: the revision and the time that they get. */
export async function moveOrganizations(connection: Connection, move: Moved, stamp: Recorded): Promise<void> {
  for (const [table, counts] of [
    ['organizations', organizationCounts],
    ['assignments', assignmentCounts],
  ] as const) {
    const sql = `UPDATE ${table} SET role_set_id = ?, updated_at = ?, revision = ? WHERE role_set_id = ?`
    const moved = await connection.run(sql, [move.toRoleSetId, stamp.at, stamp.revision, move.fromRoleSetId])
    await counts.move(connection, move, moved)
  }
}
