/** Parses what callers ask about members: the result is typed, or the error is `invalid_argument`. */

import { reaches, type MemberQuestion, type Reach } from '@rolesets/core'
import { parseAskOptions, parseName, parseObject, parseScope, type AskOptions } from './arguments.ts'
import type { Member, MemberCheck } from './cache/member-decision.ts'
import { invalidArgument } from './errors.ts'

/** A question, and how it is asked. */
export type MemberCheckOptions = MemberCheck & Omit<AskOptions, 'permission' | 'scope'>

export interface MemberRolesOptions extends Omit<AskOptions, 'permission'> {
  /** As in a question: which roles count in a scope. */
  readonly reach?: Reach
}

export interface ParsedMemberCheck {
  readonly asked: Exclude<MemberQuestion, { readonly anyRole: true }>
  readonly reach: Reach
}

export type ParsedMemberOptions = ReturnType<typeof parseMemberOptions>

/** @param scope of the question */
export function parseMember(organizationId: unknown, userId: unknown, scope: unknown): Member {
  return {
    organizationId: parseName(organizationId, 'organizationId'),
    userId: parseName(userId, 'userId'),
    scope: parseScope(scope, 'scope').scope ?? '',
  }
}

/** Exactly one of role and permission: a question that names nothing would have any answer. */
export function parseMemberCheck(value: unknown): ParsedMemberCheck {
  const { role, permission, reach: given } = parseObject(value, 'question') as Partial<MemberCheck>
  const reach = parseReach(given)
  if (role !== undefined && permission !== undefined)
    throw invalidArgument('role', 'can be given only without `permission`. Ask one of the two.')
  if (permission !== undefined) return { asked: { permission: parseName(permission, 'permission') }, reach }
  if (role === undefined) throw invalidArgument('role', 'is missing. Give `role`, or `permission` instead of it.')
  return { asked: { role: parseName(role, 'role') }, reach }
}

export function parseReach(value: unknown = 'PLACE'): Reach {
  const found = reaches.find((each) => each === value)
  if (found === undefined) throw invalidArgument('reach', `must be ${reaches.join(', ')}, or left out.`)
  return found
}

export function parseMemberOptions(value: unknown, defaultDeadlineMs: number) {
  const { atLeastRevision, deadlineMs, signal } = parseObject(value ?? {}, 'options') as MemberRolesOptions
  const options = {
    ...(atLeastRevision === undefined ? {} : { atLeastRevision }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(signal === undefined ? {} : { signal }),
  }
  return parseAskOptions(options, defaultDeadlineMs)
}
