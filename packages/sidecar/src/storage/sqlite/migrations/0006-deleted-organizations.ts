/**
 * The ids of organizations that were deleted (rule 20). A row goes when an organization has the id again.
 *
 * A file of an earlier version has them in its history, as far as the history is kept. Only one call deleted organizations.
 */

import type { Migration } from './migration.ts'

export const deletedOrganizations: Migration = {
  number: 6,
  name: 'deleted-organizations',
  sql: `
CREATE TABLE deleted_organizations (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT OR REPLACE INTO deleted_organizations (id, revision)
SELECT change.value ->> '$.before.id', change_sets.revision
FROM change_sets, json_each(CASE WHEN json_valid(change_sets.changes) THEN change_sets.changes ELSE '[]' END) AS change
WHERE change_sets.operation = 'DeleteOrganization'
  AND (change.value ->> '$.kind' = 'organization_deleted'
    OR (change.value ->> '$.thing' = 'organization' AND change.value ->> '$.verb' = 'deleted'))
  AND change.value ->> '$.before.id' NOT IN (SELECT id FROM organizations)
ORDER BY change_sets.revision;
`,
}
