/**
 * The tables of the first version. Keys and references hold what the rules rely on: I4 (at most one initial set), I5 (one
 * set per organization), I6 (unique keys), I7 (no gap between revisions), I8 (an actor for each change set), and of I3 that
 * the default and the creator role are among a set's roles.
 *
 * References are checked at the commit, for all works of a batch together, so the order of changes doesn't matter. Nothing
 * cascades: what goes with a thing is said by its change, so that memory and file hold the same.
 */

import type { Migration } from './migration.ts'

export const firstSchema: Migration = {
  number: 1,
  name: 'first-schema',
  sql: `
CREATE TABLE store (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  epoch TEXT NOT NULL CHECK (epoch <> '')
) STRICT;

-- The things of the catalogue have row ids, which keep the order in which they were made.
CREATE TABLE permissions (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('system', 'custom')),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE roles (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE role_permissions (
  role_id TEXT NOT NULL REFERENCES roles DEFERRABLE INITIALLY DEFERRED,
  permission_id TEXT NOT NULL REFERENCES permissions DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  PRIMARY KEY (role_id, permission_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX role_permissions_by_permission ON role_permissions (permission_id);

CREATE TABLE role_sets (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('initial', 'custom')),
  default_role_id TEXT NOT NULL,
  creator_role_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  FOREIGN KEY (id, default_role_id) REFERENCES role_set_roles (role_set_id, role_id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (id, creator_role_id) REFERENCES role_set_roles (role_set_id, role_id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE UNIQUE INDEX role_sets_initial ON role_sets (type) WHERE type = 'initial';

CREATE TABLE role_set_roles (
  role_set_id TEXT NOT NULL REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  role_id TEXT NOT NULL REFERENCES roles DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  PRIMARY KEY (role_set_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX role_set_roles_by_role ON role_set_roles (role_id);

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT,
  role_set_id TEXT NOT NULL REFERENCES role_sets DEFERRABLE INITIALLY DEFERRED,
  created_by TEXT NOT NULL,
  max_allowed_memberships INTEGER NOT NULL CHECK (max_allowed_memberships >= 0),
  admin_delete_enabled INTEGER NOT NULL CHECK (admin_delete_enabled IN (0, 1)),
  public_metadata TEXT NOT NULL,
  private_metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX organizations_by_slug ON organizations (slug) WHERE slug IS NOT NULL;
-- Serves lists that begin with the newest.
CREATE INDEX organizations_by_time ON organizations (created_at, id);
CREATE INDEX organizations_by_role_set ON organizations (role_set_id, id);

-- How many organizations are on each set, so that nobody has to count them. Without a reference to the set: a count can
-- come before its set and go after it.
CREATE TABLE organization_counts (
  role_set_id TEXT PRIMARY KEY,
  organizations INTEGER NOT NULL CHECK (organizations >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
  organization_id TEXT NOT NULL REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  role_id TEXT NOT NULL REFERENCES roles DEFERRABLE INITIALLY DEFERRED,
  public_metadata TEXT NOT NULL,
  private_metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

-- Serves the holders of a role, and those of an organization with a role.
CREATE INDEX memberships_by_role ON memberships (role_id, organization_id, user_id);
CREATE INDEX memberships_by_user ON memberships (user_id);

-- Without a reference to the role: one that isn't pending any more may outlive it. An invitation whose time is over keeps
-- the status pending, because nobody writes when time passes.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations DEFERRABLE INITIALLY DEFERRED,
  email_address TEXT NOT NULL,
  role_id TEXT NOT NULL,
  inviter_user_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'revoked')),
  expires_at INTEGER NOT NULL,
  redirect_url TEXT NOT NULL,
  accepted_by_user_id TEXT NOT NULL,
  public_metadata TEXT NOT NULL,
  private_metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Serves an organization's invitations, ordered by id.
CREATE INDEX invitations_by_organization ON invitations (organization_id);
-- Serve the holders of a role, and those of an organization. Invitations that are not pending hold none.
CREATE INDEX invitations_by_role ON invitations (role_id, organization_id, expires_at) WHERE status = 'pending';
CREATE INDEX invitations_pending ON invitations (organization_id, expires_at) WHERE status = 'pending';
-- Serve the pending one of an address in an organization, and the invitations of a user in all of them.
CREATE INDEX invitations_by_address ON invitations (email_address COLLATE NOCASE, organization_id);
CREATE INDEX invitations_by_user ON invitations (accepted_by_user_id) WHERE accepted_by_user_id <> '';

CREATE TABLE settings (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  max_allowed_memberships INTEGER NOT NULL CHECK (max_allowed_memberships >= 0),
  admin_delete_enabled INTEGER NOT NULL CHECK (admin_delete_enabled IN (0, 1)),
  slug_disabled INTEGER NOT NULL CHECK (slug_disabled IN (0, 1)),
  domains_enabled INTEGER NOT NULL CHECK (domains_enabled IN (0, 1)),
  domains_enrollment_modes TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE access_keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  access TEXT NOT NULL CHECK (access IN ('secret', 'read')),
  digest TEXT NOT NULL UNIQUE,
  revoked_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE change_sets (
  revision INTEGER PRIMARY KEY,
  committed_at INTEGER NOT NULL,
  actor TEXT NOT NULL CHECK (actor <> ''),
  operation TEXT NOT NULL CHECK (operation <> ''),
  changes TEXT NOT NULL,
  seal TEXT NOT NULL CHECK (length(seal) = 64)
) STRICT;

-- By which things a change set is found.
CREATE TABLE change_subjects (
  subject TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (subject, revision)
) STRICT, WITHOUT ROWID;

-- For compaction: what goes with a change set.
CREATE INDEX change_subjects_by_revision ON change_subjects (revision);

-- The last change set that was forgotten, or 0 with the seal that the first one follows.
CREATE TABLE history_anchor (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  revision INTEGER NOT NULL,
  seal TEXT NOT NULL CHECK (length(seal) = 64)
) STRICT;

CREATE TRIGGER change_sets_without_gap BEFORE INSERT ON change_sets
WHEN NEW.revision <> (SELECT max(revision) FROM change_sets) + 1
BEGIN
  SELECT RAISE(ABORT, 'I7: a revision follows the one before it');
END;
`,
}
