/**
 * How often holders of several of some roles are counted beyond once, when each role is counted by itself. Only those with
 * further roles are read: few, and nobody in most stores.
 */

import { everyScope } from '@rolesets/core'
import type { HolderCounts } from '../../../domain/decided.ts'
import type { RepeatedHolders } from '../../store.ts'
import type { Connection, Value } from '../connection.ts'
import { count } from '../rows/columns.ts'
import { isCurrentMember } from './current-members.ts'
import { scopesAmong } from './scopes.ts'

interface Sources {
  readonly table: string
  /** What else the index by the first role of those with several has as its condition. */
  readonly indexed: string
  /** The table that has the further roles. */
  readonly further: string
  readonly key: readonly string[]
  /** Which rows hold a role at the time `?2`. */
  readonly isHolding: string
}

const sources: Readonly<Record<keyof HolderCounts, Sources>> = {
  members: {
    table: 'memberships',
    indexed: '',
    further: 'further_member_roles',
    key: ['organization_id', 'scope', 'user_id'],
    isHolding: isCurrentMember('holder', '?2'),
  },
  invitations: {
    table: 'invitations',
    indexed: " AND first.status = 'pending'",
    further: 'further_invitation_roles',
    key: ['id'],
    isHolding: "holder.status = 'pending' AND holder.expires_at > ?2",
  },
}

/**
 * `?1` the roles, `?3` the revision of the write: who was changed by it was counted before. A write that has changed nobody
 * gives a revision that no row has.
 */
const repeated = ({ table, indexed, further, key, isHolding }: Sources, condition: string) => {
  const columns = (row: string) => key.map((column) => `${row}.${column}`).join(', ')
  return `
SELECT coalesce(sum(found.held - (holder.revision <> ?3)), 0) AS repeated
FROM (
  SELECT ${key.join(', ')}, count(*) AS held
  FROM (
    SELECT ${columns('first')} FROM json_each(?1) AS lost CROSS JOIN ${table} AS first INDEXED BY ${table}_of_several
    ON first.role_id = lost.value AND first.further_role_ids <> '[]'${indexed}
    UNION ALL
    SELECT ${columns('other')} FROM json_each(?1) AS lost CROSS JOIN ${further} AS other ON other.role_id = lost.value
  )
  GROUP BY ${key.join(', ')}
) AS found CROSS JOIN ${table} AS holder USING (${key.join(', ')})
WHERE ${isHolding} AND ${condition}`
}

export async function repeatedHolders(
  connection: Connection,
  { among, roleIds, now, revision }: RepeatedHolders,
): Promise<HolderCounts> {
  const { sql, values } = holdersAmong(among, 4)
  const all = [JSON.stringify(roleIds), now, revision, ...values]
  const answer = async (of: keyof HolderCounts) =>
    count(await connection.all(repeated(sources[of], sql), all), 'repeated')
  return { members: await answer('members'), invitations: await answer('invitations') }
}

/** @param first the number of the first value */
function holdersAmong(
  among: RepeatedHolders['among'],
  first: number,
): { readonly sql: string; readonly values: readonly Value[] } {
  if ('scope' in among && among.scope === everyScope)
    return {
      sql: `holder.organization_id = ?${first}`,
      values: 'organizationId' in among ? [among.organizationId] : [],
    }
  const scopes = scopesAmong(among, 'holder', first)
  if ('scope' in among || 'kind' in among) return scopes
  const whole =
    'organizationId' in among
      ? `holder.organization_id = ?${first}`
      : `(SELECT role_set_id FROM organizations WHERE organizations.id = holder.organization_id) = ?${first}`
  return { ...scopes, sql: `((holder.scope = '' AND ${whole}) OR (${scopes.sql}))` }
}
