/**
 * Removing a user: all memberships and the pending invitations to the user end at once. The store owns no users, so that a
 * user who has nothing is no error.
 */

import { deleted, type Change, type Invitation, type Membership } from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { decided, impactOf, type Context, type Decided, type Impact } from './decided.ts'
import { currentAmong } from './ends.ts'
import { parseFlag, parseId } from './fields.ts'
import { endInvitations, parseEmailAddresses, type Addressed, type Sending, type SentFacts } from './invitees.ts'

export interface RemoveUserInput extends Addressed, Sending {
  readonly userId: string
}

export interface RemovedUser {
  readonly userId: string
}

interface Facts extends SentFacts {
  readonly memberships: readonly Membership[]
  /** The pending ones to the user. */
  readonly invitations: readonly Invitation[]
}

export function removeUser(input: RemoveUserInput, facts: Facts, context: Context): Decided<RemovedUser> {
  const userId = parseId(input.userId, 'user_id')
  parseEmailAddresses(input)
  const isRevoking = parseFlag(input.revokeSentInvitations, 'revoke_sent_invitations')
  const { memberships, invitations, sent, sentCount } = facts
  const ended = endInvitations([...invitations, ...(isRevoking ? sent : [])], context)
  const changes: Change[] = [...memberships.map((membership) => deleted('membership', membership)), ...ended]
  checkLimit('endsPerCallMax', changes.length, { subject: 'The user has', unit: 'things to end', field: 'user_id' })
  const counts = { endedInvitations: ended.length, sentInvitations: sentCount }
  return decided(changes, { userId }, impactOf({ ...rolesHeld(memberships, context.now), ...counts }))
}

/**
 * The roles that end with these memberships, and how often those with several are in them beyond once. Memberships that are
 * over hold none (rule 22).
 */
export function rolesHeld(all: readonly Membership[], now: number): Pick<Impact, 'roles' | 'repeated'> {
  const memberships = currentAmong(all, now)
  const held = new Map<string, Membership[]>()
  for (const membership of memberships)
    for (const roleId of membership.roleIds) held.set(roleId, [...(held.get(roleId) ?? []), membership])
  const roles = [...held].map(([roleId, holders]) => {
    const organizations = new Set(holders.map(({ organizationId }) => organizationId)).size
    return { roleId, toRoleId: null, members: holders.length, invitations: 0, organizations }
  })
  const pairs = roles.reduce((sum, role) => sum + role.members, 0)
  return { roles, repeated: { members: pairs - memberships.length, invitations: 0 } }
}
