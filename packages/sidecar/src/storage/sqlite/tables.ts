/**
 * Every table of the schema, and what explains its rows. A test compares this list with the schema, so a new table isn't
 * forgotten: `doctor` must know how each of its rows came to be.
 */

/**
 * What explains the rows of a table.
 *
 *   * `changes`: each row is what the recorded changes make of it, so `doctor` makes the rows again from the history, with the
 *     code that the sidecar writes them with, and compares them. The rows have a column `revision`, the revision that
 *     wrote the row last. The key is one column or two, and names one row.
 *   * `holder`: the rows are a part of another table's rows, and are written and removed with them.
 *   * `check`: `doctor` has a check of its own for the table, or trusts it; `how` says which.
 */
export type Explanation =
  | { readonly by: 'changes'; readonly key: readonly [string] | readonly [string, string]; readonly isContent: true }
  | { readonly by: 'holder'; readonly holder: string; readonly columns: Links; readonly isContent: true }
  | { readonly by: 'check'; readonly how: string; readonly isContent: boolean }

interface Links {
  /** The id of the holder. */
  readonly holder: string
  /** The id of what it holds. */
  readonly held: string
}

const changes = <Key extends readonly [string] | readonly [string, string]>(...key: Key) =>
  ({ by: 'changes', key, isContent: true }) as const
const part = (holder: string, columns: Links) => ({ by: 'holder', holder, columns, isContent: true }) as const
/** A part of the content: an adoption replaces it. */
const checked = (how: string) => ({ by: 'check', how, isContent: true }) as const
/** Stays when the content is replaced. */
const ofFile = (how: string) => ({ by: 'check', how, isContent: false }) as const

/** Those that refer to others come first: in this order their rows can be removed. */
export const tables: Readonly<Record<string, Explanation>> = {
  memberships: changes('organization_id', 'user_id'),
  invitations: changes('id'),
  assignments: changes('organization_id', 'scope'),
  organizations: changes('id'),
  organization_counts: checked('the organizations of each role set are counted again'),
  role_set_roles: part('role_sets', { holder: 'role_set_id', held: 'role_id' }),
  role_permissions: part('roles', { holder: 'role_id', held: 'permission_id' }),
  role_sets: changes('id'),
  roles: changes('id'),
  permissions: changes('id'),
  settings: changes('singleton'),
  access_keys: changes('id'),
  change_subjects: checked('the subjects of each change set are computed again'),
  change_sets: checked('each is sealed to the one before it'),
  store: ofFile('the first seal, and each compaction, is made from the epoch'),
  history_anchor: ofFile('it is the seal of the epoch, or that of the change set before which a compaction forgot'),
  bookmarks: ofFile('no bookmark of this epoch is beyond the head; the rest is known to the consumers alone'),
  migrations: ofFile('their checksums are those of this version, and the schema is what they make'),
}

export const tableNames: readonly string[] = Object.keys(tables)

/** What an adoption replaces. */
export const contentTables: readonly string[] = tableNames.filter((name) => tables[name]?.isContent === true)
