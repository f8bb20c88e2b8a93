/**
 * Rule 21: what becomes of the pending invitations to and from a user whose membership begins or ends. The store owns no
 * users. It knows a user's addresses only where they show: the user id itself, the addresses of invitations that the user
 * accepted, and addresses that the caller names.
 */

import { put, type Change, type Invitation } from '@rolesets/core'
import { amend } from './amend.ts'
import { checkLimit } from './check-limit.ts'
import type { Context } from './decided.ts'
import { invalid, parseEmailAddress } from './fields.ts'

/** Addresses that the caller knows the user by. */
export interface Addressed {
  readonly emailAddresses?: readonly string[] | undefined
}

/** For the ends of memberships. */
export interface Sending {
  /** Also revoke the pending invitations that the user sent. */
  readonly revokeSentInvitations?: boolean | undefined
}

export interface SentFacts {
  /** Pending invitations that the user sent; read only if they are to be revoked. */
  readonly sent: readonly Invitation[]
  /** How many there are. */
  readonly sentCount: number
}

export function parseEmailAddresses({ emailAddresses }: Addressed): string[] {
  const field = 'email_addresses'
  if (emailAddresses === undefined) return []
  if (!Array.isArray(emailAddresses)) throw invalid(field, 'must be a list of email addresses.')
  checkLimit('emailAddressesPerUserMax', emailAddresses.length, { subject: `${field} has`, unit: 'entries', field })
  return emailAddresses.map((address: unknown, place) => parseEmailAddress(address, `${field}[${place}]`))
}

/** Each is revoked once. */
export function endInvitations(invitations: readonly Invitation[], context: Context): Change[] {
  const each = new Map(invitations.map((invitation) => [invitation.id, invitation]))
  return [...each.values()].map((before) => put('invitation', amend(before, { status: 'revoked' }, context), before))
}
