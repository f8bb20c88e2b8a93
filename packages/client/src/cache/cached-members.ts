/**
 * Answers what a user holds now, from the cache while it is fresh and the feed shows memberships, otherwise from the sidecar.
 * A client without a key isn't shown them, so it keeps none and asks each time.
 */

import { keyOfMember, wholeOf, type Reach, type Revision } from '@rolesets/core'
import type { ParsedMemberCheck, ParsedMemberOptions } from '../member-arguments.ts'
import type { Limits } from '../waiting.ts'
import type { Asking } from './asking.ts'
import type { Cache } from './cache.ts'
import type { Lookups } from './lookups.ts'
import type { MemberCache } from './member-cache.ts'
import type { Member, MemberCheck, MemberDecision, MemberRoles } from './member-decision.ts'
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
  readonly #asking: Asking
  readonly #lookups: Lookups
  readonly #cache: Cache
  readonly #members: MemberCache

  constructor({ asking, lookups, cache, members }: CachedMembersOptions) {
    this.#asking = asking
    this.#lookups = lookups
    this.#cache = cache
    this.#members = members
  }

  /** One that was answered before at this revision. The arguments needn't be valid: those that aren't find nothing. */
  remembered(
    organizationId: string,
    userId: string,
    question: MemberCheck | null | undefined,
  ): MemberDecision | undefined {
    const { nowMs } = this.#asking
    if (!this.#asking.isFreshAt(nowMs)) return undefined
    // Which roles of the organization count in a scope is not remembered.
    if (question?.reach !== undefined && question.reach !== 'PLACE') return undefined
    const entry = this.#members.found(organizationId, userId, question?.scope ?? '')
    if (entry === undefined || nowMs >= entry.untilMs) return undefined
    const decision = entry.present.answers?.remembered(question)
    if (decision !== undefined) this.#asking.hits++
    return decision
  }

  fromCache(member: Member, { asked, reach }: ParsedMemberCheck, atLeast?: Revision): MemberDecision | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const decision = this.#members.answersOf(member, reach, this.#asking.nowMs)?.answer(asked)
    if (decision !== undefined) this.#asking.hits++
    return decision
  }

  check(member: Member, check: ParsedMemberCheck, options: ParsedMemberOptions): Promise<MemberDecision> {
    return this.#inquire({
      ...{ member, options, question: { role: '', permission: '', ...check.asked, reach: check.reach } },
      fromCache: () => this.fromCache(member, check, options.atLeast),
      parse: (reply, atLeast) => parseMemberCheck(reply, member, atLeast),
    })
  }

  rolesFromCache(member: Member, reach: Reach, atLeast?: Revision): MemberRoles | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const roles = this.#members.answersOf(member, reach, this.#asking.nowMs)?.roles(member)
    if (roles !== undefined) this.#asking.hits++
    return roles
  }

  roles(member: Member, reach: Reach, options: ParsedMemberOptions): Promise<MemberRoles> {
    return this.#inquire({
      ...{ member, options, question: { role: '', permission: '', anyRole: true, reach } },
      fromCache: () => this.rolesFromCache(member, reach, options.atLeast),
      parse: (reply, atLeast) => parseMemberRoles(reply, member, atLeast),
    })
  }

  #mayUseCache(atLeast: Revision | undefined): boolean {
    return this.#members.isShown && this.#asking.mayUseCache(atLeast)
  }

  #inquire<Value>(asked: Asked<Value>): Promise<Value> {
    const { member, question, options, fromCache } = asked
    return this.#lookups.inquire(
      {
        about: keyOfMember(member),
        key: JSON.stringify(question),
        atLeast: this.#asking.needed(options.atLeast),
        fromCache,
        canBeCached: () => this.#mayUseCache(undefined),
        ask: (limits) => this.#ask(asked, limits),
      },
      options,
    )
  }

  /** Asks the sidecar, and keeps what the answer says about the member and the role sets of the place. */
  async #ask<Value>({ member, question, options, parse }: Asked<Value>, limits: Limits): Promise<MemberReply<Value>> {
    const asking = this.#asking
    asking.misses++
    const lookups = this.#beginLookups(member)
    // The memberships hold for a time from the answer on, which is later.
    const askedAtMs = asking.nowMs
    try {
      const request = { ...member, anyRole: false, ...question }
      const { atLeast } = options
      const reply = await asking.ask({ method: 'Decisions/CheckMember', request, atLeast, parse }, limits)
      lookups.fill(reply, askedAtMs)
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (reply.unknownOrganizationsDenied) this.#cache.setUnknownOrganizations(true)
      return reply
    } finally {
      lookups.end()
    }
  }

  /** A scope and a membership of it are decided together with those of the organization. */
  #beginLookups(member: Member) {
    const [cache, members] = [this.#cache, this.#members]
    const whole = { ...wholeOf(member.organizationId), userId: member.userId }
    const wholePlace = cache.beginLookup(whole)
    const wholeMember = members.beginLookup(whole)
    const isInScope = member.scope !== ''
    const place = isInScope ? cache.beginLookup(member) : undefined
    const inScope = isInScope ? members.beginLookup(member) : undefined
    return {
      fill(reply: MemberReply<unknown>, askedAtMs: number): void {
        const { revision, roleIds, organizationRoleIds } = reply
        const untilMs = askedAtMs + reply.endsInMs
        members.fill(wholeMember, { roleIds: isInScope ? organizationRoleIds : roleIds, untilMs }, revision)
        cache.fill(wholePlace, reply.roleSetId, revision)
        if (inScope !== undefined) members.fill(inScope, { roleIds, untilMs }, revision)
        if (place !== undefined) cache.fill(place, reply.ownRoleSetId, revision)
      },
      end(): void {
        for (const lookup of [wholeMember, inScope]) if (lookup !== undefined) members.endLookup(lookup)
        for (const lookup of [wholePlace, place]) if (lookup !== undefined) cache.endLookup(lookup)
      },
    }
  }
}
