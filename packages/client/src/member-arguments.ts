/** Parses what callers ask about members: the result is typed, or the error is `invalid_argument`. */

import { reaches, type MemberQuestion, type Reach } from '@rolesets/core'
import { parseAskOptions, parseName, parseObject, type AskOptions } from './arguments.ts'
import type { Member } from './cache/member-cache.ts'
import type { MemberCheck } from './cache/member-decision.ts'
import { invalidArgument } from './errors.ts'

/** A question, and how it is asked. */
export type MemberCheckOptions = MemberCheck & Omit<AskOptions, 'permission'>

export type MemberRolesOptions = Omit<AskOptions, 'permission'>

export interface ParsedMemberCheck {
  readonly asked: Exclude<MemberQuestion, { readonly anyRole: true }>
  readonly reach: Reach
}

export type ParsedMemberOptions = ReturnType<typeof parseMemberOptions>

export function parseMember(organizationId: unknown, userId: unknown): Member {
  return { organizationId: parseName(organizationId, 'organizationId'), userId: parseName(userId, 'userId') }
}

/** Exactly one of role and permission: a question that names nothing would have any answer. */
export function parseMemberCheck(value: unknown): ParsedMemberCheck {
  const {
    role,
    permission,
    reach = 'PLACE',
    scope,
  } = parseObject(value, 'question') as Partial<MemberCheck> & { scope?: unknown }
  const found = reaches.find((each) => each === reach)
  if (found === undefined) throw invalidArgument('reach', `must be ${reaches.join(', ')}, or left out.`)
  if (scope !== undefined && scope !== '') throw invalidArgument('scope', 'is not known to this version.')
  if (role !== undefined && permission !== undefined)
    throw invalidArgument('role', 'can be given only without `permission`. Ask one of the two.')
  if (permission !== undefined) return { asked: { permission: parseName(permission, 'permission') }, reach: found }
  if (role === undefined) throw invalidArgument('role', 'is missing. Give `role`, or `permission` instead of it.')
  return { asked: { role: parseName(role, 'role') }, reach: found }
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
