/**
 * Finds out in one step whether any membership is over (rule 22): the index has only rows with an end, so it is empty in a store
 * that gives none. The index of members of scopes has the end, too, so that counting them reads no rows.
 */

import type { Migration } from './migration.ts'

export const endsOfMembers: Migration = {
  number: 15,
  name: 'ends-of-members',
  sql: `
CREATE INDEX memberships_by_end ON memberships (expires_at) WHERE expires_at IS NOT NULL;

DROP INDEX memberships_by_scope;
CREATE INDEX memberships_by_scope ON memberships (scope, organization_id, expires_at) WHERE scope <> '';
`,
}
