/**
 * The roles that members of scopes, and pending invitations, had before a move. Moves before this migration are remembered for
 * members of organizations as a whole only.
 */

import type { Migration } from './migration.ts'

const columns = ['organization_id', 'id', 'role_ids', 'former', 'revision']

export const formerRolesOfScopes: Migration = {
  number: 16,
  name: 'former-roles-of-scopes',
  sql: `
CREATE TABLE former_invitation_roles (
  organization_id TEXT NOT NULL,
  id TEXT NOT NULL,
  -- As in former_roles.
  role_ids TEXT NOT NULL,
  former TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;

-- Mappings after this revision are remembered in scopes and for invitations.
ALTER TABLE former_roles_begin ADD COLUMN everywhere_revision INTEGER NOT NULL DEFAULT 0;

UPDATE former_roles_begin SET everywhere_revision =
  max(coalesce((SELECT max(revision) FROM change_sets), 0), coalesce((SELECT max(revision) FROM history_anchor), 0));
${copyOf('UPDATE', 'changed')}
${copyOf('DELETE', 'deleted')}`,
}

/** Keeps a copy of rows of the base, as the triggers of the migration `history-base` do. */
function copyOf(event: string, verb: string): string {
  return `
CREATE TRIGGER former_invitation_roles_${verb} AFTER ${event} ON former_invitation_roles
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, generation, revision, content)
  SELECT 'former_invitation_roles', OLD.organization_id, OLD.id, next_generation, OLD.revision,
    json_array(${columns.map((column) => `OLD.${column}`).join(', ')})
  FROM history_base;
END;`
}
