/** How many an organization may have: members and pending invitations count together, because each invitation may become a member. */

import { counted, type Organization, quoted } from '@rolesets/core'
import { Refusal } from './refusal.ts'

/** Who is in an organization now. Both 0 for one that the store doesn't know. */
export interface Occupancy {
  readonly members: number
  /** Those that are pending at the time of the write. */
  readonly pendingInvitations: number
}

/** Accepting turns an invitation into a member, so it needs no room; a quota below the present number ends nothing. */
export function checkHasRoom(organization: Organization, now: Occupancy, added: number, field: string): void {
  const max = organization.maxAllowedMemberships
  if (max === 0 || now.members + now.pendingInvitations + added <= max) return
  const present = `${counted(now.members, 'member')} and ${counted(now.pendingInvitations, 'pending invitation')}`
  const message = `${quoted(organization.id)} may have ${max} memberships, pending invitations included, and has ${present}: there is no room for ${added} more. Raise its max_allowed_memberships, or end some first.`
  const counts = { members: String(now.members), invitations: String(now.pendingInvitations), added: String(added) }
  const facts = { organization: organization.id, max: String(max), ...counts }
  throw new Refusal('membership_quota_exceeded', message, { field, facts })
}
