/**
 * What the rows are explained from when the history before is gone: the base. It is the state of all rows at one revision,
 * and `doctor` derives today's rows from it and from the changes after it. A row that hasn't changed since is where it
 * always is. Of large tables, triggers keep a copy of each row before its first change after the base, whatever changes it.
 * The other tables are copied as a whole when a base begins.
 */

import type { Migration } from './migration.ts'

export const large = {
  organizations: [
    ['id'],
    `id, name, slug, role_set_id, created_by, max_allowed_memberships, admin_delete_enabled, public_metadata,
    private_metadata, created_at, updated_at, revision`,
  ],
  memberships: [
    ['organization_id', 'user_id'],
    'organization_id, user_id, id, role_id, public_metadata, private_metadata, created_at, updated_at, revision',
  ],
  invitations: [
    ['id'],
    `id, organization_id, email_address, role_id, inviter_user_id, status, expires_at, redirect_url, accepted_by_user_id,
    public_metadata, private_metadata, created_at, updated_at, revision`,
  ],
  assignments: [['organization_id', 'scope'], 'organization_id, scope, role_set_id, updated_at, revision'],
} as const

export const historyBase: Migration = {
  number: 6,
  name: 'history-base',
  sql: `
CREATE TABLE history_base (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  -- The empty store; the rows that a compaction sealed; a snapshot of another store; the rows that an upgrade found.
  origin TEXT NOT NULL CHECK (origin IN ('beginning', 'compaction', 'adoption', 'upgrade')),
  revision INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  -- Of a base that is being made. Copies have its generation.
  next_revision INTEGER NOT NULL,
  next_generation INTEGER NOT NULL,
  -- The last migration when the base was made: copies of rows have the columns of that time.
  migration INTEGER NOT NULL
) STRICT;

CREATE TABLE base_rows (
  name TEXT NOT NULL,
  key_1 TEXT NOT NULL,
  key_2 TEXT NOT NULL,
  generation INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  -- The JSON list of its columns.
  content TEXT NOT NULL,
  PRIMARY KEY (name, key_1, key_2, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX base_rows_by_generation ON base_rows (generation);
${Object.entries(large)
  .map(([table, [keys, columns]]) => triggersOf(table, keys, columns))
  .join('')}`,
}

export function triggersOf(table: string, [first, second]: readonly [string, string?], columns: string): string {
  const old = columns.split(/,\s+/).map((column) => `OLD.${column}`)
  const copy = (event: string, verb: string) => `
CREATE TRIGGER ${table}_${verb} AFTER ${event} ON ${table}
WHEN OLD.revision <= (SELECT max(revision, next_revision) FROM history_base)
BEGIN
  INSERT OR IGNORE INTO base_rows (name, key_1, key_2, generation, revision, content)
  SELECT '${table}', OLD.${first}, ${second === undefined ? "''" : `OLD.${second}`}, next_generation, OLD.revision,
    json_array(${old.join(', ')})
  FROM history_base;
END;
`
  return copy('UPDATE', 'changed') + copy('DELETE', 'deleted')
}
