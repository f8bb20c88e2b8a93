/**
 * The setting for the last administrator of an organization (rule 19), which a file in the former form gets with its default,
 * and the index that finds the pending invitations that a user sent (rule 21).
 */

import type { Migration } from './migration.ts'

export const members: Migration = {
  number: 7,
  name: 'members',
  sql: `
ALTER TABLE settings ADD COLUMN last_administrator TEXT NOT NULL DEFAULT 'refuse'
  CHECK (last_administrator IN ('warn', 'refuse'));

CREATE INDEX invitations_by_inviter ON invitations (inviter_user_id, organization_id)
  WHERE status = 'pending' AND inviter_user_id <> '';
`,
}
