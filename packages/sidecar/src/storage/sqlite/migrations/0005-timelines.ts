/**
 * Timelines: which revisions a process has written. The first timeline, that of the process that made the file, has no row:
 * it has the name of the store. So has everything that was written before this migration.
 */

import type { Migration } from './migration.ts'

export const timelines: Migration = {
  number: 5,
  name: 'timelines',
  sql: `
CREATE TABLE timelines (
  epoch TEXT NOT NULL PRIMARY KEY CHECK (epoch <> ''),
  after INTEGER NOT NULL CHECK (after >= 0)
) STRICT, WITHOUT ROWID;
`,
}
