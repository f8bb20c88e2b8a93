/**
 * Scopes (rule 14): their kinds and defaults in the catalogue; a scope can have a name, also without a role set of its own; and
 * a role set can be without a creator role.
 *
 * SQLite can't loosen a column, so both tables are made again. Their references are checked at the commit, when the rows are
 * back. Dropping a table drops its indexes and triggers: they are made again as well.
 */

import { triggersOf } from './0006-history-base.ts'
import type { Migration } from './migration.ts'

const roleSetColumns = `id, key, name, description, type, default_role_id, creator_role_id, created_at, updated_at, revision`

export const scopes: Migration = {
  number: 10,
  name: 'scopes',
  sql: `
CREATE TEMP TABLE kept_role_sets AS SELECT rowid AS kept_rowid, ${roleSetColumns} FROM role_sets;
DROP TABLE role_sets;

CREATE TABLE role_sets (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('initial', 'custom')),
  default_role_id TEXT NOT NULL,
  -- NULL: the set is for scopes only.
  creator_role_id TEXT CHECK (creator_role_id IS NOT NULL OR type = 'custom'),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  FOREIGN KEY (id, default_role_id) REFERENCES role_set_roles (role_set_id, role_id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (id, creator_role_id) REFERENCES role_set_roles (role_set_id, role_id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

INSERT INTO role_sets (rowid, ${roleSetColumns})
SELECT kept_rowid, ${roleSetColumns} FROM kept_role_sets ORDER BY kept_rowid;
DROP TABLE kept_role_sets;

CREATE UNIQUE INDEX role_sets_initial ON role_sets (type) WHERE type = 'initial';

CREATE TEMP TABLE kept_assignments AS SELECT organization_id, scope, role_set_id, updated_at, revision FROM assignments;
DROP TABLE assignments;

CREATE TABLE assignments (
  organization_id TEXT NOT NULL REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
  scope TEXT NOT NULL CHECK (scope <> ''),
  name TEXT NOT NULL,
  -- NULL: the scope has a name, and no role set of its own.
  role_set_id TEXT REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, scope)
) STRICT, WITHOUT ROWID;

INSERT INTO assignments (organization_id, scope, name, role_set_id, updated_at, revision)
SELECT organization_id, scope, '', role_set_id, updated_at, revision FROM kept_assignments;
DROP TABLE kept_assignments;

CREATE INDEX assignments_by_role_set ON assignments (role_set_id, organization_id, scope) WHERE role_set_id IS NOT NULL;
-- Serves the scopes of one key, and those of a kind, in all organizations.
CREATE INDEX assignments_by_scope ON assignments (scope, organization_id);
${triggersOf('assignments', ['organization_id', 'scope'], 'organization_id, scope, name, role_set_id, updated_at, revision')}
CREATE TABLE scope_kinds (
  kind TEXT NOT NULL PRIMARY KEY CHECK (kind <> ''),
  fallback TEXT NOT NULL CHECK (fallback IN ('organization', 'role_set', 'none')),
  role_set_id TEXT REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  CHECK ((fallback = 'role_set') = (role_set_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX scope_kinds_by_role_set ON scope_kinds (role_set_id) WHERE role_set_id IS NOT NULL;

CREATE TABLE scope_defaults (
  scope TEXT NOT NULL PRIMARY KEY CHECK (scope <> ''),
  role_set_id TEXT NOT NULL REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX scope_defaults_by_role_set ON scope_defaults (role_set_id);
`,
}
