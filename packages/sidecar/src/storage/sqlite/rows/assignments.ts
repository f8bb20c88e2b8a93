/**
 * Which role set a place has. The assignment of an organization as a whole is a part of the organization's row; the other
 * scopes have rows of their own.
 */

import { keyOfPlace, type Assignment, type Place } from '@rolesets/core'
import type { Connection, Row } from '../connection.ts'
import { integer, text } from './things.ts'

const put = `
INSERT OR REPLACE INTO assignments (organization_id, scope, role_set_id, updated_at, revision)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`

const remove = `
DELETE FROM assignments WHERE (organization_id, scope) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`

const whole = `SELECT id AS organization_id, '' AS scope, role_set_id, updated_at, revision FROM organizations`
const wholesById = `${whole} WHERE id IN (SELECT value FROM json_each(?))`
const byPlace = `
SELECT assignments.* FROM json_each(?) AS asked CROSS JOIN assignments
  ON organization_id = asked.value ->> 0 AND scope = asked.value ->> 1`

export async function putAssignments(connection: Connection, assignments: readonly Assignment[]): Promise<void> {
  const rows = assignments.map((each) => [
    ...[each.organizationId, each.scope, each.roleSetId],
    ...[each.updatedAt, each.revision],
  ])
  await connection.run(put, [JSON.stringify(rows)])
}

export async function deleteAssignments(connection: Connection, places: readonly Place[]): Promise<void> {
  await connection.run(remove, [jsonOf(places)])
}

export async function readAssignment(connection: Connection, place: Place): Promise<Assignment | undefined> {
  const { organizationId, scope } = place
  const [row] =
    scope === ''
      ? await connection.all(`${whole} WHERE id = ?`, [organizationId])
      : await connection.all('SELECT * FROM assignments WHERE organization_id = ? AND scope = ?', [
          organizationId,
          scope,
        ])
  return row && assignmentOf(row)
}

/** By the keys of the places. */
export async function roleSetIdsOf(
  connection: Connection,
  places: readonly Place[],
): Promise<ReadonlyMap<string, string>> {
  const scoped = places.filter(({ scope }) => scope !== '')
  const ids = places.flatMap(({ organizationId, scope }) => (scope === '' ? [organizationId] : []))
  const rows = [
    ...(ids.length > 0 ? await connection.all(wholesById, [JSON.stringify(ids)]) : []),
    ...(scoped.length > 0 ? await connection.all(byPlace, [jsonOf(scoped)]) : []),
  ]
  return new Map(rows.map(assignmentOf).map((each) => [keyOfPlace(each), each.roleSetId]))
}

function jsonOf(places: readonly Place[]): string {
  return JSON.stringify(places.map(({ organizationId, scope }) => [organizationId, scope]))
}

function assignmentOf(row: Row): Assignment {
  return {
    organizationId: text(row, 'organization_id'),
    scope: text(row, 'scope'),
    roleSetId: text(row, 'role_set_id'),
    updatedAt: integer(row, 'updated_at'),
    revision: integer(row, 'revision'),
  }
}
