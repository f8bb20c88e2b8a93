/**
 * Gives back, with a move to another role set, the roles that a mapping of an earlier move took: after a smaller plan and a
 * larger one, analysts are analysts again, unless something else has given them other roles since.
 */

import { put, type Catalogue, type Change, type Invitation, type Membership, type RoleSet } from '@rolesets/core'
import { amend } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import type { Context, RoleImpact, RoleUsage } from './decided.ts'
import { isCreatorEligible } from './roles.ts'

/** A member, or a pending invitation, with what a mapping left. */
export interface Restorable<Holder> {
  readonly holder: Holder
  /** The lists of roles that mappings took, the oldest first. */
  readonly former: readonly (readonly string[])[]
}

export interface AllRestorable {
  readonly members: readonly Restorable<Membership>[]
  readonly invitations: readonly Restorable<Invitation>[]
}

export const nobodyRestorable: AllRestorable = { members: [], invitations: [] }

export interface Restoring {
  readonly destination: RoleSet
  readonly restorable: AllRestorable
  /** Roles that the call itself maps to others: nobody gets these. */
  readonly mappedRoleIds: ReadonlySet<string>
}

export interface Restored {
  readonly changes: readonly Change[]
  /** By role before and after: of several roles, by the first that is given up and the first that comes back. */
  readonly roles: readonly RoleImpact[]
}

interface Edited<Holder> {
  readonly before: Holder
  readonly after: Holder
}

/** The oldest roles count that the destination has. Nobody who administers the organization stops doing so by it. */
export function restore(
  catalogue: Catalogue,
  { destination, restorable, mappedRoleIds }: Restoring,
  context: Context,
): Restored {
  const { members, invitations } = restorable
  checkLimit('restoredPerCallMax', members.length + invitations.length, {
    ...{ subject: 'The move would give former roles back to', unit: 'members and invitations or more' },
    field: 'restore_former_roles',
  })
  const isOffered = (roleId: string) => destination.roleIds.includes(roleId) && !mappedRoleIds.has(roleId)
  const edit = <Holder extends Membership | Invitation>({ holder, former }: Restorable<Holder>): Edited<Holder>[] => {
    const roleIds = former.find((each) => each.length > 0 && each.every(isOffered))
    if (roleIds === undefined || stopsAdministering(catalogue, holder, roleIds)) return []
    const fields: { readonly roleIds: readonly string[] } = { roleIds }
    return [{ before: holder, after: amend<Membership | Invitation>(holder, fields, context) as Holder }]
  }
  const restored = { members: members.flatMap(edit), invitations: invitations.flatMap(edit) }
  return {
    changes: [
      ...restored.members.map(({ before, after }) => put('membership', after, before)),
      ...restored.invitations.map(({ before, after }) => put('invitation', after, before)),
    ],
    roles: impactsOf([
      ...restored.members.map((each) => ({ ...each, count: 'members' as const })),
      ...restored.invitations.map((each) => ({ ...each, count: 'invitations' as const })),
    ]),
  }
}

/** Rule 19 is about members of organizations as a whole. */
function stopsAdministering(
  catalogue: Catalogue,
  holder: Membership | Invitation,
  roleIds: readonly string[],
): boolean {
  const administers = (held: readonly string[]) =>
    held.some((id) => {
      const role = catalogue.roles.byId(id)
      return role !== undefined && isCreatorEligible(catalogue, role)
    })
  return 'userId' in holder && holder.scope === '' && administers(holder.roleIds) && !administers(roleIds)
}

/** The roles in use, without the members and invitations that get others back. */
export function usageWithout<Usage extends RoleUsage>(usage: readonly Usage[], { changes }: Restored): Usage[] {
  const leaving = { membership: new Map<string, number>(), invitation: new Map<string, number>() }
  for (const change of changes)
    if (change.verb === 'put' && (change.thing === 'membership' || change.thing === 'invitation'))
      for (const id of change.before?.roleIds ?? [])
        leaving[change.thing].set(id, (leaving[change.thing].get(id) ?? 0) + 1)
  return usage.map((each) => ({
    ...each,
    members: each.members - (leaving.membership.get(each.roleId) ?? 0),
    invitations: each.invitations - (leaving.invitation.get(each.roleId) ?? 0),
  }))
}

/** The first role that is not among the others; where there is none, the first. */
function firstBeside(roleIds: readonly string[], others: readonly string[]): string {
  return roleIds.find((id) => !others.includes(id)) ?? roleIds[0] ?? ''
}

type Counted = Edited<Membership | Invitation> & { readonly count: 'members' | 'invitations' }

function impactsOf(restored: readonly Counted[]): RoleImpact[] {
  const none = { members: 0, invitations: 0 }
  const groups = new Map<string, { from: string; to: string; organizationIds: Set<string>; counts: typeof none }>()
  for (const { before, after, count } of restored) {
    const from = firstBeside(before.roleIds, after.roleIds)
    const to = firstBeside(after.roleIds, before.roleIds)
    const key = `${from} ${to}`
    const group = groups.get(key) ?? { from, to, organizationIds: new Set<string>(), counts: { ...none } }
    group.counts[count] += 1
    group.organizationIds.add(before.organizationId)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ from, to, organizationIds, counts }) => {
    return { roleId: from, toRoleId: to, ...counts, organizations: organizationIds.size }
  })
}
