/** All migrations in their order. They are modules, not files of SQL, so that the compiler carries them into the build. */

import { firstSchema } from './0001-first-schema.ts'
import { bookmarks } from './0002-bookmarks.ts'
import { assignments } from './0003-assignments.ts'
import type { Migration } from './migration.ts'

export const migrations: readonly Migration[] = [firstSchema, bookmarks, assignments]
