/** Domains: a part of the row of their organization, as JSON, because few organizations have some and each has few. */

import type { Migration } from './migration.ts'

export const domains: Migration = {
  number: 6,
  name: 'domains',
  sql: `
ALTER TABLE organizations ADD COLUMN domains TEXT;

CREATE INDEX organizations_with_domains ON organizations (id) WHERE domains IS NOT NULL;
`,
}
