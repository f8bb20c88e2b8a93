/**
 * Gives back, with a move to another role set, the roles that a mapping of an earlier move took: after a smaller plan and a
 * larger one, analysts are analysts again, unless something else has given them other roles since.
 */

import { put, type Catalogue, type Change, type Membership, type RoleSet } from '@rolesets/core'
import { amend } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import type { Context, RoleImpact, RoleUsage } from './decided.ts'
import { isCreatorEligible } from './roles.ts'

/** A member who has what a mapping left. */
export interface Restorable {
  readonly membership: Membership
  /** The lists of roles that mappings took, the oldest first. */
  readonly former: readonly (readonly string[])[]
}

export interface Restoring {
  readonly destination: RoleSet
  readonly restorable: readonly Restorable[]
  /** Roles that the call itself maps to others: nobody gets these. */
  readonly mappedRoleIds: ReadonlySet<string>
}

export interface Restored {
  readonly changes: readonly Change[]
  /** By role before and after; of several roles, by the first. */
  readonly roles: readonly RoleImpact[]
}

export const nothingRestored: Restored = { changes: [], roles: [] }

/** The oldest roles count that the destination has. Nobody who administers the organization stops doing so by it. */
export function restore(
  catalogue: Catalogue,
  { destination, restorable, mappedRoleIds }: Restoring,
  context: Context,
): Restored {
  checkLimit('restoredPerCallMax', restorable.length, {
    ...{ subject: 'The move would give former roles back to', unit: 'members or more' },
    field: 'restore_former_roles',
  })
  const isOffered = (roleId: string) => destination.roleIds.includes(roleId) && !mappedRoleIds.has(roleId)
  const administers = (roleIds: readonly string[]) =>
    roleIds.some((id) => {
      const role = catalogue.roles.byId(id)
      return role !== undefined && isCreatorEligible(catalogue, role)
    })
  const restored = restorable.flatMap(({ membership, former }) => {
    const roleIds = former.find((each) => each.length > 0 && each.every(isOffered))
    if (roleIds === undefined || (administers(membership.roleIds) && !administers(roleIds))) return []
    return { before: membership, after: amend(membership, { roleIds }, context) }
  })
  const changes = restored.map(({ before, after }) => put('membership', after, before))
  return { changes, roles: impactsOf(restored) }
}

/** The roles in use, without the members who get others back. */
export function usageWithout(usage: readonly RoleUsage[], { changes }: Restored): RoleUsage[] {
  const leaving = new Map<string, number>()
  for (const change of changes)
    if (change.verb === 'put' && change.thing === 'membership')
      for (const id of change.before?.roleIds ?? []) leaving.set(id, (leaving.get(id) ?? 0) + 1)
  return usage.map((each) => ({ ...each, members: each.members - (leaving.get(each.roleId) ?? 0) }))
}

function impactsOf(restored: readonly { readonly before: Membership; readonly after: Membership }[]): RoleImpact[] {
  const groups = new Map<string, { from: string; to: string; organizationIds: Set<string>; members: number }>()
  for (const { before, after } of restored) {
    const [from = '', to = ''] = [before.roleIds[0], after.roleIds[0]]
    const key = `${from} ${to}`
    const group = groups.get(key) ?? { from, to, organizationIds: new Set<string>(), members: 0 }
    group.members += 1
    group.organizationIds.add(before.organizationId)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ from, to, organizationIds, members }) => {
    return { roleId: from, toRoleId: to, members, invitations: 0, organizations: organizationIds.size }
  })
}
