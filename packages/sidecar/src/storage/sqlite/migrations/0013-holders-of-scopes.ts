/** Finds the members and invitations of all scopes of a key or a kind. Those of organizations as a whole aren't in the indexes. */

import type { Migration } from './migration.ts'

export const holdersOfScopes: Migration = {
  number: 13,
  name: 'holders-of-scopes',
  sql: `
CREATE INDEX memberships_by_scope ON memberships (scope, organization_id) WHERE scope <> '';
CREATE INDEX invitations_by_scope ON invitations (scope, organization_id) WHERE scope <> '';
`,
}
