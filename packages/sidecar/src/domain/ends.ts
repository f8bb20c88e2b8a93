/**
 * Rule 22: a membership may have an end. Nothing needs to run for it to take effect: from that moment on the row says who was a
 * member, and nobody counts it. It can't be extended any more. When the user becomes a member again, a new membership takes
 * its place.
 */

import { deleted, isCurrentIn, limits, type Change, type Membership } from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { Refusal } from './refusal.ts'

/** What a write says of the end of a membership. */
export interface Ending {
  /** Unix milliseconds, after the time of the write. Null or 0: none. Not given: none for a new membership, else as it was. */
  readonly expiresAtMs?: number | null | undefined
}

/** The memberships of a user, as the store has them. */
export interface MemberFacts {
  /** In the place; also one that is over. */
  readonly membership: Membership | undefined
  /** Of a member of a scope: in the organization as a whole; also one that is over. */
  readonly ofOrganization?: Membership | undefined
}

/** What a new membership takes the place of, besides the one of the same place. */
export interface Replacing {
  /** The memberships of the user in the scopes of the organization, if that of it as a whole is over. Not given: none. */
  readonly left?: readonly Membership[] | undefined
}

/** @returns undefined: not given */
export function parseEnd({ expiresAtMs: end }: Ending, now: number): number | null | undefined {
  if (end === undefined) return undefined
  if (end === null || end === 0) return null
  const max = limits.membershipEndMax
  if (!Number.isSafeInteger(end) || end < 0 || end > max)
    throw invalidEnd(`must be a time in Unix milliseconds, at most ${max}. Send 0 or null for no end.`)
  if (end > now) return end
  const [given, present] = [end, now].map((time) => new Date(time).toISOString())
  throw invalidEnd(
    `is ${given}, and must be after the present time, ${present}. Give a later time, or delete the membership to end it now.`,
  )
}

function invalidEnd(problem: string): Refusal {
  return new Refusal('invalid_field', `The end of the membership ${problem}`, { field: 'expires_at_ms' })
}

/** The membership in the place, if it counts at this time. */
export function currentOf(scope: string, facts: MemberFacts, now: number): Membership | undefined {
  const { membership: held } = facts
  return isCurrentIn({ held, whole: scope === '' ? held : facts.ofOrganization }, now) ? held : undefined
}

/**
 * A new membership takes the place of one that is over, and of what is left of that user in the scopes of the organization:
 * none of it counted, and none may count again. So it is all of it or a refusal.
 */
export function replaceEnded(before: Membership | undefined, left: Replacing['left'] = []): readonly Change[] {
  if (before === undefined) return []
  const at = { subject: 'The user has', unit: 'former memberships to replace', field: 'user_id' }
  checkLimit('endsPerCallMax', left.length + 1, at)
  return [before, ...left].map((membership) => deleted('membership', membership))
}

/**
 * Those of a user's memberships that count at this time. Where that of the organization as a whole isn't among them, the
 * caller knows that it counts.
 */
export function currentAmong(memberships: readonly Membership[], now: number): readonly Membership[] {
  const wholes = new Map(memberships.filter(({ scope }) => scope === '').map((each) => [each.organizationId, each]))
  return memberships.filter((held) => isCurrentIn({ held, whole: wholes.get(held.organizationId) ?? held }, now))
}
