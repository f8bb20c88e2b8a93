/** The members of a store by role, and what became of them: counted from the rows, not from what a write says. */

import { firstRoleIdOf, type Catalogue } from '@rolesets/core'
import type { RoleImpactView } from '../../packages/sidecar/src/service/views.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import type { Write } from './arbitrary-writes.ts'

interface Holder {
  readonly kind: 'members' | 'invitations'
  readonly organizationId: string
  readonly roleId: string
}

export interface Holders {
  /** By the id of the membership or the pending invitation. */
  readonly byId: ReadonlyMap<string, Holder>
  readonly catalogue: Catalogue
}

export async function holdersIn(store: Store, now: number): Promise<Holders> {
  const { value } = await store.read(async (reader) => {
    const byId = new Map<string, Holder>()
    for (const { id: organizationId } of await reader.organizations({ size: 100 })) {
      for (const { id, roleIds } of await reader.memberships(organizationId, { size: 100 }, { now }))
        byId.set(id, { kind: 'members', organizationId, roleId: firstRoleIdOf({ roleIds }) })
      const pending = { statuses: ['pending'], now } as const
      for (const { id, roleIds } of await reader.invitations(organizationId, { size: 100 }, pending))
        byId.set(id, { kind: 'invitations', organizationId, roleId: firstRoleIdOf({ roleIds }) })
    }
    return { byId, catalogue: await reader.catalogue() }
  })
  return value
}

/** Per pair of roles: members that have the second instead of the first; an empty one: lost with the organization. */
export type Tally = Readonly<Record<string, { members: number; invitations: number; organizations: number }>>

/** What a write about one membership or invitation does to it is the thing itself, and nothing beyond it. */
const aboutOne = /^(update|delete)Membership$|^(revoke|accept)Invitation$/

export function movesBetween(before: Holders, after: Holders, { operation }: Write): Tally {
  const keyOf = (id: string) => (after.catalogue.roles.byId(id) ?? before.catalogue.roles.byId(id))?.key
  const moves = new Map<string, { members: number; invitations: number; organizations: Set<string> }>()
  for (const [id, { kind, organizationId, roleId }] of aboutOne.test(operation) ? [] : before.byId) {
    const toRoleId = after.byId.get(id)?.roleId
    if (toRoleId === roleId) continue
    const pair = `${keyOf(roleId)} to ${toRoleId === undefined ? '' : keyOf(toRoleId)}`
    const move = moves.get(pair) ?? { members: 0, invitations: 0, organizations: new Set() }
    move[kind]++
    move.organizations.add(organizationId)
    moves.set(pair, move)
  }
  return Object.fromEntries(
    [...moves].map(([pair, { organizations, ...counts }]) => [pair, { ...counts, organizations: organizations.size }]),
  )
}

export function tallyOf(roles: readonly RoleImpactView[]): Tally {
  return Object.fromEntries(roles.map(({ role, toRole, ...counts }) => [`${role} to ${toRole}`, counts]))
}
