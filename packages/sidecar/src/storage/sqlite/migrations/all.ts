/** All migrations in order. They are modules and not SQL files, so that the compiler includes them in the build. */

import { firstSchema } from './0001-first-schema.ts'
import { bookmarks } from './0002-bookmarks.ts'
import { assignments } from './0003-assignments.ts'
import { retiredPermissionKeys } from './0004-retired-permission-keys.ts'
import { timelines } from './0005-timelines.ts'
import { historyBase } from './0006-history-base.ts'
import { members } from './0007-members.ts'
import { domains } from './0008-domains.ts'
import { deletedOrganizations } from './0009-deleted-organizations.ts'
import { scopes } from './0010-scopes.ts'
import { scopesOfMembers } from './0011-scopes-of-members.ts'
import { formerRoles } from './0012-former-roles.ts'
import { holdersOfScopes } from './0013-holders-of-scopes.ts'
import { assignmentCounts } from './0014-assignment-counts.ts'
import { endsOfMembers } from './0015-ends-of-members.ts'
import { formerRolesOfScopes } from './0016-former-roles-of-scopes.ts'
import type { Migration } from './migration.ts'

export const migrations: readonly Migration[] = [
  firstSchema,
  bookmarks,
  assignments,
  retiredPermissionKeys,
  timelines,
  historyBase,
  members,
  domains,
  deletedOrganizations,
  scopes,
  scopesOfMembers,
  formerRoles,
  holdersOfScopes,
  assignmentCounts,
  endsOfMembers,
  formerRolesOfScopes,
]
