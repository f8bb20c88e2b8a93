/** Bookmarks: how far each consumer of a feed has come. */

import type { Migration } from './migration.ts'

export const bookmarks: Migration = {
  number: 2,
  name: 'bookmarks',
  sql: `
CREATE TABLE bookmarks (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  epoch TEXT NOT NULL CHECK (epoch <> ''),
  revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT, WITHOUT ROWID;
`,
}
