/** Domains: a part of the row of their organization, as JSON, because few organizations have some and each has few. */

import { large, triggersOf } from './0006-history-base.ts'
import type { Migration } from './migration.ts'

const [keys, columns] = large.organizations

export const domains: Migration = {
  number: 8,
  name: 'domains',
  sql: `
ALTER TABLE organizations ADD COLUMN domains TEXT;

CREATE INDEX organizations_with_domains ON organizations (id) WHERE domains IS NOT NULL;

-- A copy of a row has all of its columns.
DROP TRIGGER organizations_changed;
DROP TRIGGER organizations_deleted;
${triggersOf('organizations', keys, `${columns}, domains`)}`,
}
