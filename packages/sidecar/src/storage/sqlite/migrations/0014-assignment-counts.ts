/** How many scopes have each role set as their own, so that an edit of a set doesn't count them. */

import type { Migration } from './migration.ts'

export const assignmentCounts: Migration = {
  number: 14,
  name: 'assignment-counts',
  sql: `
-- As organization_counts, without a reference to the set: a count can come before its set and go after it.
CREATE TABLE assignment_counts (
  role_set_id TEXT PRIMARY KEY,
  assignments INTEGER NOT NULL CHECK (assignments >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO assignment_counts (role_set_id, assignments)
SELECT role_set_id, count(*) FROM assignments WHERE role_set_id IS NOT NULL GROUP BY role_set_id;
`,
}
