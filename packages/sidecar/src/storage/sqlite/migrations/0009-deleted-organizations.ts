/**
 * The ids of organizations that were deleted (rule 20). A row goes when an organization has the id again.
 *
 * A file of an earlier version has them in its history, as far as the history is kept. Only one call deleted organizations.
 * The triggers keep a copy of rows of the base, as those of the migration `history-base` do.
 */

import type { Migration } from './migration.ts'

export const deletedOrganizations: Migration = {
  number: 9,
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

CREATE TRIGGER deleted_organizations_changed AFTER UPDATE ON deleted_organizations
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, generation, revision, content)
  SELECT 'deleted_organizations', OLD.id, '', next_generation, OLD.revision, json_array(OLD.id, OLD.revision)
  FROM history_base;
END;

CREATE TRIGGER deleted_organizations_deleted AFTER DELETE ON deleted_organizations
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, generation, revision, content)
  SELECT 'deleted_organizations', OLD.id, '', next_generation, OLD.revision, json_array(OLD.id, OLD.revision)
  FROM history_base;
END;
`,
}
