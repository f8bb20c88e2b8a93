/**
 * Assignments: the role set of a scope of an organization. The assignment of an organization as a whole (the empty scope)
 * stays in its row: each organization has exactly one (I5).
 */

import type { Migration } from './migration.ts'

export const assignments: Migration = {
  number: 3,
  name: 'assignments',
  sql: `
CREATE TABLE assignments (
  organization_id TEXT NOT NULL REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
  scope TEXT NOT NULL CHECK (scope <> ''),
  role_set_id TEXT NOT NULL REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX assignments_by_role_set ON assignments (role_set_id);
`,
}
