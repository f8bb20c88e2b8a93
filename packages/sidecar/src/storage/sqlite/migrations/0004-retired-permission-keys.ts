/**
 * The keys that permissions had and that no permission has now (rule 20), for the catalogue in memory. The row with the empty
 * key says that there were more than are kept.
 *
 * A file of an earlier version has them in its history, as far as the history is kept. Its change sets are of either form
 * (see `transactions/record.ts`).
 */

import type { Migration } from './migration.ts'

export const retiredPermissionKeys: Migration = {
  number: 4,
  name: 'retired-permission-keys',
  sql: `
-- With row ids, which keep the order in which the keys were retired.
CREATE TABLE retired_permission_keys (
  key TEXT NOT NULL PRIMARY KEY
) STRICT;

INSERT OR IGNORE INTO retired_permission_keys (key)
SELECT change.value ->> '$.before.key'
FROM change_sets, json_each(CASE WHEN json_valid(change_sets.changes) THEN change_sets.changes ELSE '[]' END) AS change
WHERE change_sets.revision IN (SELECT revision FROM change_subjects WHERE subject >= 'perm_' AND subject < 'perm\`')
  AND (change.value ->> '$.thing' = 'permission' OR change.value ->> '$.kind' LIKE 'permission%')
  AND change.value ->> '$.before.key' NOT IN (SELECT key FROM permissions)
ORDER BY change_sets.revision;

INSERT INTO retired_permission_keys (key)
SELECT '' WHERE (SELECT count(*) FROM retired_permission_keys) > 10000;

DELETE FROM retired_permission_keys
WHERE key <> '' AND rowid NOT IN (SELECT rowid FROM retired_permission_keys WHERE key <> '' ORDER BY rowid LIMIT 10000);
`,
}
