/**
 * How often holders of several of some roles are counted beyond once, when each role is counted by itself. Only those with
 * further roles are read: few, and nobody in most stores.
 */

import { everyScope } from '@rolesets/core'
import type { HolderCounts } from '../../../domain/decided.ts'
import type { Where } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { count } from '../rows/columns.ts'

interface Sources {
  /** Rows by their first role. */
  readonly first: string
  /** The table that has the further ones. */
  readonly further: string
  /** The last column of its key. */
  readonly key: string
}

/** `?1` the roles. @param condition on `holder` */
const repeated = ({ first, further, key }: Sources, condition: string) => `
SELECT coalesce(sum(held - 1), 0) AS repeated
FROM (
  SELECT count(*) AS held
  FROM (
    SELECT holder.organization_id AS organization_id, holder.scope AS scope, holder.${key} AS holder_key
    FROM json_each(?1) AS lost CROSS JOIN ${first}
    WHERE ${condition}
    UNION ALL
    SELECT holder.organization_id, holder.scope, holder.${key}
    FROM json_each(?1) AS lost CROSS JOIN ${further} AS holder ON holder.role_id = lost.value
    WHERE ${condition}
  )
  GROUP BY organization_id, scope, holder_key
)`

const members = (condition: string) =>
  repeated(
    {
      first: `memberships AS holder INDEXED BY memberships_of_several
    ON holder.role_id = lost.value AND holder.further_role_ids <> '[]'`,
      further: 'further_member_roles',
      key: 'user_id',
    },
    condition,
  )

const invitations = (condition: string) =>
  repeated(
    {
      first: `invitations AS holder INDEXED BY invitations_of_several
    ON holder.role_id = lost.value AND holder.further_role_ids <> '[]' AND holder.status = 'pending'`,
      further: 'further_invitation_roles',
      key: 'id',
    },
    `holder.expires_at > ?2 AND ${condition}`,
  )

export async function repeatedHolders(
  connection: Connection,
  among: Where | { readonly roleSetId: string },
  { roleIds, now }: { readonly roleIds: readonly string[]; readonly now: number },
): Promise<HolderCounts> {
  const inSet =
    "holder.scope = '' AND (SELECT role_set_id FROM organizations WHERE organizations.id = holder.organization_id) = ?3"
  const inPlace = `holder.organization_id = ?3 AND (holder.scope = ?4 OR ?4 = '${everyScope}')`
  const [condition, values] =
    'roleSetId' in among ? [inSet, [among.roleSetId]] : [inPlace, [among.organizationId, among.scope ?? '']]
  const all = [JSON.stringify(roleIds), now, ...values]
  return {
    // The time is named, so that both statements have the same values.
    members: count(await connection.all(`${members(`${condition} AND ?2 IS NOT NULL`)}`, all), 'repeated'),
    invitations: count(await connection.all(invitations(condition), all), 'repeated'),
  }
}
