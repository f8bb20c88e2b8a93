/**
 * Which role set a place has. The assignment of an organization as a whole is a part of the organization's row; the other
 * scopes have rows of their own.
 */

import { keyOfPlace, type Assignment, type Place } from '@rolesets/core'
import type { PlacesPage } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { assignmentCounts } from './counts.ts'
import { assignments } from './things.ts'

const whole = `SELECT id AS organization_id, '' AS scope, '' AS name, role_set_id, updated_at, revision FROM organizations`

export async function readAssignment(connection: Connection, place: Place): Promise<Assignment | undefined> {
  const { organizationId, scope } = place
  if (scope !== '') return assignments.find(connection, organizationId, scope)
  return (await assignments.select(connection, `${whole} WHERE id = ?`, [organizationId]))[0]
}

const concerned = (places: readonly Place[]) => ({
  condition: '(organization_id, scope) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))',
  values: [JSON.stringify(places.map(({ organizationId, scope }) => [organizationId, scope]))],
})

/** Of scopes. */
export async function putAssignments(connection: Connection, after: readonly Assignment[]): Promise<void> {
  await assignmentCounts.takeOut(connection, concerned(after))
  await assignments.putAll(connection, after)
  await assignmentCounts.putIn(connection, concerned(after))
}

/** Of scopes. */
export async function deleteAssignments(connection: Connection, before: readonly Assignment[]): Promise<void> {
  await assignmentCounts.takeOut(connection, concerned(before))
  await assignments.deleteAll(
    connection,
    before.map(({ organizationId, scope }) => [organizationId, scope]),
  )
}

/** Of scopes, ordered by organization and scope. */
export async function listAssignments(
  connection: Connection,
  { size, after }: PlacesPage,
): Promise<readonly Assignment[]> {
  const sql =
    'SELECT * FROM assignments WHERE (organization_id, scope) > (?, ?) ORDER BY organization_id, scope LIMIT ?'
  return assignments.select(connection, sql, [after?.organizationId ?? '', after?.scope ?? '', size])
}

/** By the keys of the places. */
export async function roleSetIdsOf(
  connection: Connection,
  places: readonly Place[],
): Promise<ReadonlyMap<string, string>> {
  const scoped = places.flatMap(({ organizationId, scope }) => (scope === '' ? [] : [[organizationId, scope]]))
  const ids = places.flatMap(({ organizationId, scope }) => (scope === '' ? [organizationId] : []))
  const wholesById = `${whole} WHERE id IN (SELECT value FROM json_each(?))`
  const found = [
    ...(ids.length > 0 ? await assignments.select(connection, wholesById, [JSON.stringify(ids)]) : []),
    ...(scoped.length > 0 ? await assignments.findAll(connection, JSON.stringify(scoped)) : []),
  ]
  return new Map(found.flatMap((each) => (each.roleSetId === null ? [] : [[keyOfPlace(each), each.roleSetId]])))
}
