/**
 * Every table of the schema, and what explains its rows. A test compares this list with the schema, so a new table isn't
 * forgotten: `doctor` must know how each of its rows came to be.
 */

/** Columns: one to three. */
type Key = readonly string[]

/**
 * What explains the rows of a table.
 *
 *   * `changes`: the rows are what the recorded changes make of them, and nothing else. `doctor` makes them again from the
 *     history, with the code that the sidecar writes them with (`rows/changes.ts`), and compares all columns. The key is one
 *     to three columns, which name one row. A table that grows with the number of organizations or members is large: its rows
 *     have a column `revision`, the revision that wrote the row last.
 *   * `check`: `doctor` has a check of its own for the table, or trusts it; `how` says which.
 */
export type Explanation =
  | { readonly by: 'changes'; readonly key: Key; readonly isLarge: boolean; readonly isContent: true }
  | { readonly by: 'check'; readonly how: string; readonly isContent: boolean }

const small = (...key: Key) => ({ by: 'changes', key, isLarge: false, isContent: true }) as const
const large = (...key: Key) => ({ by: 'changes', key, isLarge: true, isContent: true }) as const
/** A part of the content: an adoption replaces it. */
const checked = (how: string) => ({ by: 'check', how, isContent: true }) as const
/** Stays when the content is replaced. */
const ofFile = (how: string) => ({ by: 'check', how, isContent: false }) as const

/** Those that refer to others come first: in this order their rows can be removed. */
export const tables: Readonly<Record<string, Explanation>> = {
  further_member_roles: checked('those of each membership are compared with its row'),
  further_invitation_roles: checked('those of each invitation are compared with its row'),
  former_roles: large('organization_id', 'scope', 'user_id'),
  former_invitation_roles: large('organization_id', 'id'),
  memberships: large('organization_id', 'scope', 'user_id'),
  invitations: large('id'),
  assignments: large('organization_id', 'scope'),
  scope_kinds: small('kind'),
  scope_defaults: small('scope'),
  organizations: large('id'),
  deleted_organizations: large('id'),
  organization_counts: checked('the organizations of each role set are counted again'),
  assignment_counts: checked('the scopes that have each role set as their own are counted again'),
  role_set_roles: small('role_set_id', 'role_id'),
  role_permissions: small('role_id', 'permission_id'),
  role_sets: small('id'),
  roles: small('id'),
  permissions: small('id'),
  retired_permission_keys: small('key'),
  settings: small('singleton'),
  access_keys: small('id'),
  change_subjects: checked('the subjects of each change set are computed again'),
  timelines: checked('each begins before the last revision, and has the name of the store'),
  change_sets: checked('each is sealed to the one before it'),
  store: ofFile('the first seal, and each compaction, is made from the epoch'),
  history_anchor: ofFile('it is the seal of the epoch, or that of the change set before which a compaction forgot'),
  history_base: ofFile('its revision and its rows are those that the last compaction sealed, or it is the empty store'),
  former_roles_begin: ofFile('the rows that the history makes from there on are compared'),
  base_rows: ofFile('with the rows that have not changed since, they give the digests that the compaction sealed'),
  bookmarks: ofFile('no bookmark of this epoch is beyond the head; the rest is known to the consumers alone'),
  migrations: ofFile('their checksums are those of this version, and the schema is what they make'),
}

export const tableNames: readonly string[] = Object.keys(tables)

/** What an adoption replaces. */
export const contentTables: readonly string[] = tableNames.filter((name) => tables[name]?.isContent === true)
