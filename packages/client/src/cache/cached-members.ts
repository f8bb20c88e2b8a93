/**
 * Answers what a user holds now, from the cache while it is fresh and the feed shows memberships, otherwise from the sidecar.
 * A client without a key isn't shown them, so it keeps none and asks each time.
 */

import { wholeOf, type Reach, type Revision } from '@rolesets/core'
import type { ParsedMemberCheck, ParsedMemberOptions } from '../member-arguments.ts'
import type { Limits } from '../waiting.ts'
import type { Asking } from './asking.ts'
import type { Cache } from './cache.ts'
import type { Lookups } from './lookups.ts'
import type { Member, MemberCache } from './member-cache.ts'
import type { MemberCheck, MemberDecision, MemberRoles } from './member-decision.ts'
import { parseMemberCheck, parseMemberRoles, type MemberReply } from './member-replies.ts'

export interface CachedMembersOptions {
  readonly asking: Asking
  readonly lookups: Lookups
  readonly cache: Cache
  readonly members: MemberCache
}

interface Asked<Value> {
  readonly member: Member
  /** What is asked about the member, as a request has it. */
  readonly question: object
  readonly options: ParsedMemberOptions
  readonly fromCache: () => Value | undefined
  readonly parse: (reply: unknown, atLeast: Revision | undefined) => MemberReply<Value>
}

export class CachedMembers {
  readonly #options: CachedMembersOptions

  constructor(options: CachedMembersOptions) {
    this.#options = options
  }

  /** One that was answered before at this revision. The arguments needn't be valid: those that aren't find nothing. */
  remembered(organizationId: string, userId: string, question: MemberCheck): MemberDecision | undefined {
    const { asking, members } = this.#options
    const { nowMs } = asking
    if (!asking.isFreshAt(nowMs)) return undefined
    const decision = members.remembered(organizationId, userId, { question, nowMs })
    if (decision !== undefined) asking.hits++
    return decision
  }

  fromCache(member: Member, { asked }: ParsedMemberCheck, atLeast?: Revision): MemberDecision | undefined {
    const { asking, members } = this.#options
    if (!this.#mayUseCache(atLeast)) return undefined
    const decision = members.answersOf(member, asking.nowMs)?.answer(asked)
    if (decision !== undefined) asking.hits++
    return decision
  }

  check(member: Member, check: ParsedMemberCheck, options: ParsedMemberOptions): Promise<MemberDecision> {
    return this.#inquire({
      ...{ member, options, question: { role: '', permission: '', ...check.asked, reach: check.reach } },
      fromCache: () => this.fromCache(member, check, options.atLeast),
      parse: parseMemberCheck,
    })
  }

  rolesFromCache(member: Member, atLeast?: Revision): MemberRoles | undefined {
    const { asking, members } = this.#options
    if (!this.#mayUseCache(atLeast)) return undefined
    const { organizationId, userId } = member
    const roles = members.answersOf(member, asking.nowMs)?.roles(organizationId, userId)
    if (roles !== undefined) asking.hits++
    return roles
  }

  roles(member: Member, options: ParsedMemberOptions): Promise<MemberRoles> {
    const reach: Reach = 'PLACE'
    return this.#inquire({
      ...{ member, options, question: { role: '', permission: '', anyRole: true, reach } },
      fromCache: () => this.rolesFromCache(member, options.atLeast),
      parse: (reply, atLeast) => parseMemberRoles(reply, member, atLeast),
    })
  }

  #mayUseCache(atLeast: Revision | undefined): boolean {
    const { asking, members } = this.#options
    return members.isShown && asking.mayUseCache(atLeast)
  }

  #inquire<Value>(asked: Asked<Value>): Promise<Value> {
    const { member, question, options, fromCache } = asked
    const { asking, lookups } = this.#options
    return lookups.inquire(
      {
        // Ids hold no control characters.
        about: `${member.organizationId}\n${member.userId}`,
        key: JSON.stringify(question),
        atLeast: asking.needed(options.atLeast),
        fromCache,
        canBeCached: () => this.#mayUseCache(undefined),
        ask: (limits) => this.#ask(asked, limits),
      },
      options,
    )
  }

  /** Asks the sidecar, and keeps what the answer says about the member and the organization's role set. */
  async #ask<Value>({ member, question, options, parse }: Asked<Value>, limits: Limits): Promise<MemberReply<Value>> {
    const { asking, cache, members } = this.#options
    asking.misses++
    const lookup = members.beginLookup(member)
    const placeLookup = cache.beginLookup(wholeOf(member.organizationId))
    // The memberships hold for a time from the answer on, which is later.
    const askedAtMs = asking.nowMs
    try {
      const request = { ...member, scope: '', anyRole: false, ...question }
      const { atLeast } = options
      const reply = await asking.ask({ method: 'Decisions/CheckMember', request, atLeast, parse }, limits)
      const { roleIds, endsInMs, revision } = reply
      members.fill(lookup, { roleIds, untilMs: askedAtMs + endsInMs }, revision)
      cache.fill(placeLookup, reply.roleSetId, revision)
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (reply.unknownOrganizationsDenied) cache.setUnknownOrganizations(true)
      return reply
    } finally {
      members.endLookup(lookup)
      cache.endLookup(placeLookup)
    }
  }
}
