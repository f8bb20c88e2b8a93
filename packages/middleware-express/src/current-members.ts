/**
 * Asks the client what the caller holds now, whatever the token says: from its cache in the same tick if possible, otherwise
 * with a deadline. Without a well-formed answer in time the result is `decision_unavailable`. A failure is never taken for "yes".
 */

import type { MemberDecision, MemberReason, MemberRoles, Reach } from '@rolesets/client'
import { isIdentifier, isMemberAllowed, memberReasons, quoted } from '@rolesets/core'
import { inTime, isFaultOfTheQuestion, malformedAnswer, undecided } from './decide.ts'
import { RoleSetsExpressError } from './errors.ts'
import type { Asked } from './membership.ts'
import { isObject } from './options.ts'
import { organizationUnknown, scopeUnknown } from './organization.ts'
import type { Eventually } from './outcome.ts'
import { about, type PlaceOfRequest } from './place.ts'
import { problem } from './problem.ts'

/** A caller, as far as the sidecar keeps members. */
export interface Member extends PlaceOfRequest {
  readonly userId: string
}

export type CheckingRoleSets = Asked<'checkMember' | 'checkMemberCached'>

/** What one of the caller's roles must be or have. */
export type Needed = { readonly role: string } | { readonly permission: string }

interface Asking {
  readonly member: Member
  readonly reach: Reach | undefined
  readonly deadlineMs: number | undefined
}

/** The answers to all that is needed, in order. Each is right at its revision. */
export function decideCurrent(
  roleSets: CheckingRoleSets,
  { member, reach, deadlineMs, needed }: Asking & { readonly needed: readonly Needed[] },
): Eventually<readonly MemberDecision[]> {
  const { organizationId, userId } = member
  const questions = needed.map((each) => ({ ...each, ...placeAndReach(member, reach) }))
  try {
    const cached: unknown[] = questions.map((each) => roleSets.checkMemberCached(organizationId, userId, each))
    if (!cached.includes(undefined)) return checked(cached)
  } catch (cause) {
    throw undecidedAbout(member, cause)
  }
  const ask = async (limits: object) =>
    Promise.all(questions.map((each) => roleSets.checkMember(organizationId, userId, { ...each, ...limits })))
  return inTime<unknown[]>(ask, deadlineMs)
    .then(checked)
    .catch((cause: unknown) => {
      throw undecidedAbout(member, cause)
    })
}

/** All permissions that the caller holds. Rejects with `membership_ended` if the caller is no member. */
export async function currentPermissions(
  roleSets: Asked<'memberRoles'>,
  { member, reach, deadlineMs }: Asking,
): Promise<readonly string[]> {
  const { organizationId, userId } = member
  const options = placeAndReach(member, reach)
  try {
    const held: unknown = await inTime(
      (limits) => roleSets.memberRoles(organizationId, userId, { ...options, ...limits }),
      deadlineMs,
    )
    if (!isMemberRoles(held)) throw malformedAnswer()
    refuseFormerMember(member, [held], {})
    return held.permissions
  } catch (cause) {
    throw undecidedAbout(member, cause)
  }
}

/** Refuses a caller who is no member now, and a place in which nothing can be decided. */
export function refuseFormerMember(
  member: Member,
  decisions: readonly Pick<MemberDecision, 'reason' | 'roleSet' | 'revision'>[],
  more: object,
): void {
  const { organizationId, scope } = member
  for (const { reason, roleSet, revision } of decisions) {
    const fields = { ...more, ...about(member), role_set: roleSet, revision }
    if (reason === 'ORGANIZATION_UNKNOWN') throw organizationUnknown(organizationId, { fields })
    if (scope !== undefined && (reason === 'SCOPE_KIND_UNKNOWN' || reason === 'SCOPE_UNASSIGNED'))
      throw scopeUnknown(scope, { fields: { ...fields, reason } })
    if (reason === 'NOT_A_MEMBER') throw membershipEnded(member, fields)
  }
}

function placeAndReach({ scope }: Member, reach: Reach | undefined) {
  return { ...(scope !== undefined && { scope }), ...(reach !== undefined && { reach }) }
}

function membershipEnded({ organizationId, scope }: Member, fields: object, cause?: unknown): RoleSetsExpressError {
  const place = scope === undefined ? '' : `the scope ${quoted(scope)} of `
  const detail = `The caller is not a member of ${place}the organization ${quoted(organizationId)} now.`
  return problem('membership_ended', detail, { fields: { ...fields }, cause })
}

function checked(answers: readonly unknown[]): readonly MemberDecision[] {
  if (!answers.every(isMemberDecision)) throw malformedAnswer()
  return answers
}

const reasons: ReadonlySet<unknown> = new Set(memberReasons)

/** A reason of a newer sidecar that is not known here is malformed: nothing is guessed. */
function isMemberDecision(answer: unknown): answer is MemberDecision {
  if (!isObject(answer)) return false
  const { allowed, reason, roles, roleSet, revision } = answer
  const shaped = Array.isArray(roles) && typeof roleSet === 'string' && typeof revision === 'string'
  return shaped && reasons.has(reason) && allowed === isMemberAllowed(reason as MemberReason)
}

function isMemberRoles(answer: unknown): answer is MemberRoles {
  if (!isObject(answer)) return false
  const { isMember, reason, permissions, roleSet, revision } = answer
  const shaped = Array.isArray(permissions) && typeof roleSet === 'string' && typeof revision === 'string'
  if (!shaped || !permissions.every(isIdentifier) || !reasons.has(reason)) return false
  return isMember === isMemberAllowed(reason as MemberReason) && (isMember === true || permissions.length === 0)
}

/** The place and what is needed are checked before. So a fault of the question is a user whom no store can have. */
function undecidedAbout(member: Member, cause: unknown): RoleSetsExpressError {
  if (cause instanceof RoleSetsExpressError) return cause
  if (!isFaultOfTheQuestion(cause)) return undecided(cause)
  return membershipEnded(member, about(member), cause)
}
