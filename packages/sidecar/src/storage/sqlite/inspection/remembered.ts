/** Checks what is remembered of deleted things (rule 20) against the history that is kept, in both directions. */

import { editOf, type ChangeSet } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection } from '../connection.ts'
import { integer, text } from '../rows/columns.ts'

const forgottenOrganizations = `
SELECT value AS id FROM json_each(?)
WHERE value NOT IN (SELECT id FROM deleted_organizations) AND value NOT IN (SELECT id FROM organizations)`

/** The empty key says that more were retired than are kept. */
const forgottenKeys = `
SELECT value AS key FROM json_each(?)
WHERE value NOT IN (SELECT key FROM retired_permission_keys) AND value NOT IN (SELECT key FROM permissions)
  AND '' NOT IN (SELECT key FROM retired_permission_keys)`

/** What these change sets ended must be remembered, unless it is there again. */
export async function* checkEndsAreRemembered(
  connection: Connection,
  changeSets: readonly ChangeSet[],
): AsyncGenerator<Finding> {
  const changes = changeSets.flatMap((changeSet) => changeSet.changes)
  const ended = changes.flatMap((change) => {
    const { before, after } = editOf(change, 'organization') ?? {}
    return before && after === null ? [before.id] : []
  })
  const keys = changes.flatMap((change) => {
    const { before, after } = editOf(change, 'permission') ?? {}
    return before && before.key !== after?.key ? [before.key] : []
  })
  if (ended.length > 0)
    for (const row of await connection.all(forgottenOrganizations, [JSON.stringify([...new Set(ended)])]))
      yield { what: `organization ${text(row, 'id')}`, problem: 'was deleted, but is not remembered as deleted' }
  if (keys.length > 0)
    for (const row of await connection.all(forgottenKeys, [JSON.stringify([...new Set(keys)])]))
      yield { what: `permission key ${text(row, 'key')}`, problem: 'was retired, but is not remembered as retired' }
}

/** What is remembered must have been there, as far as the history is kept, and must not be there now. */
export async function* checkRemembered(connection: Connection, anchor: number): AsyncGenerator<Finding> {
  // One whose deletion is in the kept history is found by it.
  const present = 'SELECT id FROM deleted_organizations WHERE revision <= ? AND id IN (SELECT id FROM organizations)'
  for (const row of await connection.all(present, [anchor]))
    yield { what: `organization ${text(row, 'id')}`, problem: 'is remembered as deleted, but is there' }
  const strange = `SELECT id, revision FROM deleted_organizations AS deleted WHERE revision > ? AND NOT EXISTS
    (SELECT 1 FROM change_subjects WHERE subject = deleted.id AND change_subjects.revision = deleted.revision)`
  for (const row of await connection.all(strange, [anchor])) {
    const problem = `is remembered as deleted by revision ${integer(row, 'revision')}, which doesn't name it`
    yield { what: `organization ${text(row, 'id')}`, problem }
  }
  const held = 'SELECT key FROM retired_permission_keys WHERE key IN (SELECT key FROM permissions)'
  for (const row of await connection.all(held))
    yield { what: `permission key ${text(row, 'key')}`, problem: 'is remembered as retired, but a permission has it' }
  if (anchor > 0) return
  const unknown = `SELECT key FROM retired_permission_keys
    WHERE key <> '' AND key NOT IN (SELECT subject FROM change_subjects)`
  for (const row of await connection.all(unknown))
    yield { what: `permission key ${text(row, 'key')}`, problem: 'is remembered as retired, but no permission had it' }
}
