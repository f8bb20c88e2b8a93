/**
 * The roles that members had before their organization moved to another role set, so that a later move can give them back. A
 * mapping is one fact for any number of members, so the history alone doesn't say who had which role.
 *
 * Moves before this migration are not remembered: `former_roles_begin` says where that ends, for whoever makes the rows again
 * from the history.
 */

import type { Migration } from './migration.ts'

const columns = ['organization_id', 'scope', 'user_id', 'role_ids', 'former', 'revision']

export const formerRoles: Migration = {
  number: 12,
  name: 'former-roles',
  sql: `
CREATE TABLE former_roles (
  organization_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  user_id TEXT NOT NULL,
  -- The JSON list of the roles that the last mapping left. A member who has others now was changed since.
  role_ids TEXT NOT NULL,
  -- The JSON list of the lists of roles that mappings took, the oldest first.
  former TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, scope, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_roles_begin (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  -- Mappings after this revision are remembered.
  revision INTEGER NOT NULL
) STRICT;

INSERT INTO former_roles_begin (singleton, revision)
SELECT 1, max(coalesce((SELECT max(revision) FROM change_sets), 0), coalesce((SELECT max(revision) FROM history_anchor), 0));
${copyOf('UPDATE', 'changed')}
${copyOf('DELETE', 'deleted')}`,
}

/** Keeps a copy of rows of the base, as the triggers of the migration `history-base` do. */
function copyOf(event: string, verb: string): string {
  return `
CREATE TRIGGER former_roles_${verb} AFTER ${event} ON former_roles
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, key_3, generation, revision, content)
  SELECT 'former_roles', OLD.organization_id, OLD.scope, OLD.user_id, next_generation, OLD.revision,
    json_array(${columns.map((column) => `OLD.${column}`).join(', ')})
  FROM history_base;
END;`
}
