/** The quota of an organization. Pending invitations count like members, because each may become one. */

import { counted, type Organization, quoted } from '@rolesets/core'
import { Refusal } from './refusal.ts'

/** Members and invitations of an organization now. Both are 0 for an organization that isn't in the store. */
export interface Occupancy {
  readonly members: number
  /** Pending at the time of the write. */
  readonly pendingInvitations: number
}

/** A quota below the present number ends nothing: nothing can be added until there is room again. */
export function checkHasRoom(organization: Organization, now: Occupancy, added: number, field: string): void {
  const max = organization.maxAllowedMemberships
  if (max === 0 || now.members + now.pendingInvitations + added <= max) return
  const present = `${counted(now.members, 'member')} and ${counted(now.pendingInvitations, 'pending invitation')}`
  const message = `${quoted(organization.id)} may have ${max} members and pending invitations, and has ${present}, so ${added} more can't be added. Raise its max_allowed_memberships, or remove some members or invitations first.`
  const counts = { members: String(now.members), invitations: String(now.pendingInvitations), added: String(added) }
  const facts = { organization: organization.id, max: String(max), ...counts }
  throw new Refusal('membership_quota_exceeded', message, { field, facts })
}

/** Acceptance turns a counted invitation into a member. Since it was sent, the quota may have become less than the members. */
export function checkHasSeat(organization: Organization, { members }: Pick<Occupancy, 'members'>, field: string): void {
  const max = organization.maxAllowedMemberships
  if (max === 0 || members < max) return
  const message = `${quoted(organization.id)} may have ${counted(max, 'member')}, and has ${members}, so the invitation can't be accepted. Raise its max_allowed_memberships, or remove some members first.`
  const facts = { organization: organization.id, max: String(max), members: String(members), added: '1' }
  throw new Refusal('membership_quota_exceeded', message, { field, facts })
}
