/** The replies to questions about members, parsed. One that contradicts itself is rejected: no decision rests on a guess. */

import { formatRevision, isMemberAllowed, memberReasons, type Revision } from '@rolesets/core'
import * as read from '../wire/reading.ts'
import { flag, malformed, maybeFlag, maybeNumber, maybeText, texts } from '../wire/reading.ts'
import { checkKnowsScopes, checkOrganization, keptRoleSetId, rareFacts, revisionAtLeast } from './answers.ts'
import type { Member, MemberDecision, MemberRoles } from './member-decision.ts'

const maybeTexts: read.Reader<readonly string[]> = (value = [], field) => texts(value, field)

const readReply = read.objectOf('the answer', {
  ...{ allowed: flag, reason: read.oneOf(memberReasons), roles: read.frozen(texts), organizationRegistered: flag },
  ...{ roleSet: maybeText, roleSetId: maybeText, permissionRetired: maybeFlag, organizationDeleted: maybeFlag },
  ...{ roleIds: texts, organizationRoleIds: maybeTexts, endsInMs: maybeNumber, permissions: read.frozen(texts) },
  ...{ inScope: maybeFlag, ownRoleSetId: maybeText },
})

/** An answer about a member, and what it says for the cache. */
export interface MemberReply<Value> {
  readonly value: Value
  readonly revision: Revision
  /** Of the organization's role set. */
  readonly roleSetId: string
  /** Of the scope's own role set; null: it has none, or the question was about no scope. */
  readonly ownRoleSetId: string | null
  /** That the user holds in the place. */
  readonly roleIds: readonly string[]
  /** Of an answer about a scope: those that the user holds in the organization as a whole. */
  readonly organizationRoleIds: readonly string[]
  /** Infinity: without an end. */
  readonly endsInMs: number
  /** The sidecar denies organizations that it doesn't know: seen from the answer. */
  readonly unknownOrganizationsDenied: boolean
}

/** The first argument is the reply, and `atLeast` the revision that was asked for. */
export function parseMemberCheck(
  reply: unknown,
  { scope }: Member,
  atLeast: Revision | undefined,
): MemberReply<MemberDecision> {
  const { answer, facts, common } = parse(reply, scope, atLeast)
  const { allowed, reason, roles, roleSet } = answer
  const value: MemberDecision = { allowed, reason, roles, roleSet, ...common, ...rareFacts(answer) }
  return { ...facts, value: Object.freeze(value) }
}

export function parseMemberRoles(
  reply: unknown,
  { organizationId, scope, userId }: Member,
  atLeast: Revision | undefined,
): MemberReply<MemberRoles> {
  const { answer, facts, common } = parse(reply, scope, atLeast)
  const { allowed: isMember, reason, roles, permissions, roleSet } = answer
  const who = { organizationId, ...(scope !== '' && { scope }), userId }
  const value: MemberRoles = { ...who, isMember, reason, roles, permissions, roleSet, ...common }
  return { ...facts, value: Object.freeze(value) }
}

function parse(reply: unknown, scope: string, atLeast: Revision | undefined) {
  const revision = revisionAtLeast(reply, atLeast)
  const answer = readReply(reply)
  checkKnowsScopes(answer.inScope, scope)
  const { allowed, reason, organizationRegistered, organizationDeleted, roleSetId, roleIds, endsInMs } = answer
  if (allowed !== isMemberAllowed(reason)) throw malformed('`allowed` and `reason` contradict each other')
  if (allowed && answer.roles.length === 0) throw malformed('a member holds no role')
  const isUnknown = reason === 'ORGANIZATION_UNKNOWN'
  checkOrganization(isUnknown, answer)
  if (organizationRegistered && roleSetId === '') throw malformed('`roleSetId` is missing')
  const facts = {
    revision,
    roleSetId: keptRoleSetId(roleSetId, answer),
    ownRoleSetId: answer.ownRoleSetId || null,
    ...{ roleIds, organizationRoleIds: answer.organizationRoleIds },
    endsInMs: endsInMs === 0 ? Infinity : endsInMs,
    unknownOrganizationsDenied: isUnknown && !organizationDeleted,
  }
  const common = { revision: formatRevision(revision), source: 'sidecar' as const }
  return { answer, facts, common }
}
