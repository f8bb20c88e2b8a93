/**
 * Memberships and invitations of the scopes of an organization, with several roles, and memberships with an end. The first
 * role stays in the column `role_id`: nearly all have no other one, and their statements stay as quick as they were. The
 * further ones are a JSON list in the row, and triggers keep an index of them by role in a table of its own.
 *
 * A membership's key has three parts now, and so have the copies of rows of the base (see the migration `history-base`).
 * There are none to take over: the base of a file whose columns have changed begins anew.
 */

import { large, triggersOf } from './0006-history-base.ts'
import type { Migration } from './migration.ts'

const memberColumns = `organization_id, scope, user_id, id, role_id, further_role_ids, expires_at, public_metadata, private_metadata,
    created_at, updated_at, revision`
const [invitationKey, invitationColumns] = large.invitations

export const scopesOfMembers: Migration = {
  number: 11,
  name: 'scopes-of-members',
  sql: `
DROP TRIGGER memberships_changed;
DROP TRIGGER memberships_deleted;
DROP INDEX memberships_by_role;
DROP INDEX memberships_by_user;
ALTER TABLE memberships RENAME TO former_memberships;

CREATE TABLE memberships (
  organization_id TEXT NOT NULL REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
  -- Empty: the organization as a whole.
  scope TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  role_id TEXT NOT NULL REFERENCES roles DEFERRABLE INITIALLY DEFERRED,
  further_role_ids TEXT NOT NULL DEFAULT '[]',
  expires_at INTEGER,
  public_metadata TEXT NOT NULL,
  private_metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, scope, user_id)
) STRICT, WITHOUT ROWID;

INSERT INTO memberships
SELECT organization_id, '', user_id, id, role_id, '[]', NULL, public_metadata, private_metadata, created_at, updated_at, revision
FROM former_memberships;

DROP TABLE former_memberships;

-- Serves the holders of a role, those of a place with a role, and whether they have ended.
CREATE INDEX memberships_by_role ON memberships (role_id, organization_id, scope, user_id, expires_at);
CREATE INDEX memberships_by_user ON memberships (user_id);
-- Serves the few that have further roles, by their first one.
CREATE INDEX memberships_of_several ON memberships (role_id) WHERE further_role_ids <> '[]';

ALTER TABLE invitations ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN further_role_ids TEXT NOT NULL DEFAULT '[]';

DROP INDEX invitations_by_organization;
DROP INDEX invitations_by_role;
DROP INDEX invitations_pending;
CREATE INDEX invitations_by_organization ON invitations (organization_id, scope);
CREATE INDEX invitations_by_role ON invitations (role_id, organization_id, scope, expires_at) WHERE status = 'pending';
CREATE INDEX invitations_pending ON invitations (organization_id, scope, expires_at) WHERE status = 'pending';
CREATE INDEX invitations_of_several ON invitations (role_id) WHERE status = 'pending' AND further_role_ids <> '[]';

-- Holders by each of their roles but the first.
CREATE TABLE further_member_roles (
  role_id TEXT NOT NULL REFERENCES roles DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (role_id, organization_id, scope, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE further_invitation_roles (
  role_id TEXT NOT NULL,
  organization_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (role_id, organization_id, scope, id)
) STRICT, WITHOUT ROWID;
${indexOf({ table: 'memberships', index: 'further_member_roles', name: 'user_id' })}
${indexOf({ table: 'invitations', index: 'further_invitation_roles', name: 'id', condition: "status = 'pending'" })}

ALTER TABLE settings ADD COLUMN max_roles_per_member INTEGER NOT NULL DEFAULT 1
  CHECK (max_roles_per_member BETWEEN 1 AND 10);

DROP TABLE base_rows;
CREATE TABLE base_rows (
  name TEXT NOT NULL,
  key_1 TEXT NOT NULL,
  key_2 TEXT NOT NULL,
  key_3 TEXT NOT NULL DEFAULT '',
  generation INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  -- The JSON list of its columns.
  content TEXT NOT NULL,
  PRIMARY KEY (name, key_1, key_2, key_3, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX base_rows_by_generation ON base_rows (generation);

DROP TRIGGER invitations_changed;
DROP TRIGGER invitations_deleted;
${triggersOf('invitations', invitationKey, `${invitationColumns}, scope, further_role_ids`)}
${copyOf('UPDATE', 'changed')}
${copyOf('DELETE', 'deleted')}`,
}

interface Indexed {
  readonly table: string
  readonly index: string
  /** The last column of the key. */
  readonly name: string
  /** Which rows hold their roles. */
  readonly condition?: string
}

function indexOf({ table, index, name, condition = 'true' }: Indexed): string {
  const isHolding = (row: string) =>
    `${row}.further_role_ids <> '[]' AND ${condition.replace('status', `${row}.status`)}`
  const remove = `
  DELETE FROM ${index} WHERE role_id IN (SELECT value FROM json_each(OLD.further_role_ids))
    AND organization_id = OLD.organization_id AND scope = OLD.scope AND ${name} = OLD.${name};`
  const insert = `
  INSERT INTO ${index} (role_id, organization_id, scope, ${name}, expires_at)
  SELECT value, NEW.organization_id, NEW.scope, NEW.${name}, NEW.expires_at
  FROM json_each(NEW.further_role_ids) WHERE ${isHolding('NEW')};`
  return `
CREATE TRIGGER ${table}_roles_added AFTER INSERT ON ${table} WHEN ${isHolding('NEW')}
BEGIN${insert}
END;

CREATE TRIGGER ${table}_roles_changed AFTER UPDATE ON ${table}
WHEN OLD.further_role_ids <> '[]' OR NEW.further_role_ids <> '[]'
BEGIN${remove}${insert}
END;

CREATE TRIGGER ${table}_roles_removed AFTER DELETE ON ${table} WHEN OLD.further_role_ids <> '[]'
BEGIN${remove}
END;`
}

/** Of a membership. */
function copyOf(event: string, verb: string): string {
  const old = memberColumns.split(/,\s+/).map((column) => `OLD.${column}`)
  return `
CREATE TRIGGER memberships_${verb} AFTER ${event} ON memberships
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, key_3, generation, revision, content)
  SELECT 'memberships', OLD.organization_id, OLD.scope, OLD.user_id, next_generation, OLD.revision,
    json_array(${old.join(', ')})
  FROM history_base;
END;`
}
