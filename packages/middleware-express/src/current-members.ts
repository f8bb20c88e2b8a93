/**
 * Asks the client what the caller holds now, whatever the token says: from its cache in the same tick if possible, otherwise
 * with a deadline. Without a well-formed answer in time the result is `decision_unavailable`. A failure is never taken for "yes".
 */

import type { MemberDecision, MemberReason } from '@rolesets/client'
import { isMemberAllowed, memberReasons, quoted } from '@rolesets/core'
import { inTime, isFaultOfTheQuestion, malformedAnswer, undecided } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, optionInvalid, type MemberMethods, type RoleSets } from './options.ts'
import { organizationUnknown } from './organization.ts'
import type { Eventually } from './outcome.ts'
import { problem } from './problem.ts'

/** A caller, as far as the sidecar keeps members. */
export interface Member {
  readonly organizationId: string
  readonly userId: string
}

/** What one of the caller's roles must be or have. */
export type Needed = { readonly role: string } | { readonly permission: string }

export type MemberRoleSets = RoleSets & MemberMethods

/** Throws `option_invalid` if the client can't be asked about members. */
export function checkAsksMembers(example: string, roleSets: RoleSets): MemberRoleSets {
  const { checkMember, checkMemberCached } = roleSets
  // Both are there: the compiler does not keep this for the object.
  if (typeof checkMember === 'function' && typeof checkMemberCached === 'function') return roleSets as MemberRoleSets
  throw optionInvalid(
    example,
    '"membership" is \'current\', and "roleSets" has no checkMember() and checkMemberCached(): pass a client of @rolesets/client',
  )
}

/** The answers to all that is needed, in order. Each is right at its revision. */
export function decideCurrent(
  roleSets: MemberRoleSets,
  { member, needed, deadlineMs }: { member: Member; needed: readonly Needed[]; deadlineMs: number | undefined },
): Eventually<readonly MemberDecision[]> {
  const { organizationId, userId } = member
  try {
    const cached: unknown[] = needed.map((each) => roleSets.checkMemberCached(organizationId, userId, each))
    if (!cached.includes(undefined)) return checked(cached)
  } catch (cause) {
    throw undecidedAbout(member, cause)
  }
  const ask = async (limits: object) =>
    Promise.all(needed.map((each) => roleSets.checkMember(organizationId, userId, { ...each, ...limits })))
  return inTime<unknown[]>(ask, deadlineMs)
    .then(checked)
    .catch((cause: unknown) => {
      throw undecidedAbout(member, cause)
    })
}

/** Why the caller may not pass, although a token says so: refuses who is no member, and what can't be decided there. */
export function refuseFormerMember(
  member: Member,
  decisions: readonly MemberDecision[],
  required: readonly string[],
): void {
  for (const { reason, roleSet, revision } of decisions) {
    const fields = { required, organization: member.organizationId, role_set: roleSet, revision }
    if (reason === 'ORGANIZATION_UNKNOWN') throw organizationUnknown(member.organizationId, { fields })
    if (reason === 'NOT_A_MEMBER') throw membershipEnded(member, fields)
  }
}

/** The role that the token has, if the caller does not hold it now. */
export function refuseWithdrawn(
  member: Member,
  { role, decisions, required }: { role: string; decisions: readonly MemberDecision[]; required: readonly string[] },
): void {
  const [first] = decisions
  if (first === undefined || first.roles.includes(role)) return
  const { roles, roleSet, revision } = first
  const fields = { required, role, roles, organization: member.organizationId, role_set: roleSet, revision }
  const detail = `The caller does not hold the role ${quoted(role)}, which the token has, any more.`
  throw problem('role_withdrawn', detail, { fields })
}

function membershipEnded({ organizationId }: Member, fields: object, cause?: unknown): RoleSetsExpressError {
  const detail = `The caller is not a member of the organization ${quoted(organizationId)} now.`
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

/** The organization and what is needed are checked before. So a fault of the question is a user whom no store can have. */
function undecidedAbout(member: Member, cause: unknown): RoleSetsExpressError {
  if (!isFaultOfTheQuestion(cause)) return undecided(cause)
  return membershipEnded(member, { organization: member.organizationId }, cause)
}
