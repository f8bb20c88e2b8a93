/**
 * Single things as they are in the storage, read for a whole batch at once, because a call of the driver costs more than a
 * row. They hold until the batch writes rows.
 */

import type { Membership, Organization } from '@rolesets/core'
import type { Foreseen } from '../store.ts'
import type { EngineConnection } from './connection.ts'
import { keyOf, type Known } from './pending.ts'

export interface ForeseenRows {
  organization(id: string): Known<Organization>
  membership(organizationId: string, userId: string): Known<Membership>
}

export const nothingForeseen: ForeseenRows = { organization: () => undefined, membership: () => undefined }

/** Everything that these name is known afterwards: a thing that isn't in the storage is known to be absent. */
export async function readForeseen(connection: EngineConnection, foreseen: readonly Foreseen[]): Promise<ForeseenRows> {
  const ids = foreseen.flatMap(({ organizationIds = [] }) => organizationIds).filter(isPlain)
  const members = foreseen.flatMap(({ memberships = [] }) => memberships)
  const plainMembers = members.filter(({ organizationId, userId }) => isPlain(organizationId) && isPlain(userId))
  const organizations = new Map<string, Organization | undefined>(ids.map((id) => [id, undefined]))
  const memberships = new Map<string, Membership | undefined>(
    plainMembers.map(({ organizationId, userId }) => [keyOf(organizationId, userId), undefined]),
  )
  if (organizations.size > 0)
    for (const found of await connection.organizationsById([...organizations.keys()]))
      organizations.set(found.id, found)
  if (memberships.size > 0)
    for (const found of await connection.membershipsByKey([...memberships.keys()]))
      memberships.set(keyOf(found.organizationId, found.userId), found)
  return {
    organization: (id) => (organizations.has(id) ? { value: organizations.get(id) } : undefined),
    membership: (organizationId, userId) => {
      const key = keyOf(organizationId, userId)
      return memberships.has(key) ? { value: memberships.get(key) } : undefined
    },
  }
}

/** Callers' texts arrive here before the rules check them. A text that JSON and an engine might read differently is read alone. */
function isPlain(id: unknown): boolean {
  return typeof id === 'string' && /^[\x20-\x7e]+$/.test(id)
}
