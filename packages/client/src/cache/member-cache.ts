/**
 * Which roles users hold, through a second LRU, by the rules of the cache of places: entries are stamped with the revision
 * that they were read at, the feed moves them, and what was on its way while the feed touched it isn't kept. An answer needs the
 * place too, so it is given only while both are known at the revision of the catalogue.
 *
 * Facts about many members at once (members of a whole role set were reassigned, an organization was deleted) cost the same
 * however many entries there are: they are remembered with their revision, and an entry that is older and may be concerned
 * is asked for again.
 */

import { keyOfPlace, wholeOf, type Reach } from '@rolesets/core'
import { LRUCache } from 'lru-cache'
import { byField, type ByField, type Change, type ChangeSet } from '../feed/changes.ts'
import type { Cache } from './cache.ts'
import type { Membership } from '../wire/resources.ts'
import { HeldRolesLists } from './held-roles.ts'
import type { MemberAnswers } from './member-answers.ts'
import type { Member } from './member-decision.ts'
import { notFound } from './present.ts'
import { entriesOfUserMax, MemberEntry, noEntries, UserEntries } from './user-entries.ts'

/** What was read of a member. */
export interface Reading {
  readonly roleIds: readonly string[]
  /** Of the client's clock; Infinity: without an end. */
  readonly untilMs: number
}

/** A member that the sidecar is asked about: the feed marks it, or the answer would bring the past back. */
export interface MemberLookup extends Member {
  /** Number of the last revision that may have touched the member since the lookup began. */
  touchedAt: number
}

/** Facts about many members that are remembered, before everything is dropped instead. */
const factsMax = 10_000

export class MemberCache {
  readonly #cache: Cache
  /** By the user's id. */
  readonly #users: LRUCache<string, MemberEntry | UserEntries>
  readonly #ofUserMax: number
  readonly #lists = new HeldRolesLists()
  readonly #lookups = new Set<MemberLookup>()
  /** Numbers of revisions: since when a role may be another one, and the members of a place may be gone. */
  readonly #reassigned = new Map<string, number>()
  /** By the keys of the places (`keyOfPlace`). */
  readonly #ended = new Map<string, number>()
  /** Number of the last of these facts. */
  #factAt = 0
  #isShown = false

  constructor(cache: Cache, membersMax: number) {
    this.#cache = cache
    this.#users = new LRUCache({ maxSize: membersMax, sizeCalculation: ({ size }) => size })
    // The LRU keeps nothing of a user who takes more than all of it.
    this.#ofUserMax = Math.min(membersMax, entriesOfUserMax)
  }

  /** Whether the feed shows what happens to memberships. If not, nothing is kept. */
  get isShown(): boolean {
    return this.#isShown
  }

  setShown(isShown: boolean): void {
    if (this.#isShown && !isShown) this.drop()
    this.#isShown = isShown
  }

  /**
   * Whose answers were found before: the way of nearly every check. Whatever could change them comes with another catalogue, or
   * takes them from the entry, but the end of its time.
   */
  found(organizationId: string, userId: string, scope: string): MemberEntry | undefined {
    if (this.#cache.answeringNumber === -1) return undefined
    return this.#users.get(userId)?.find(organizationId, scope)
  }

  /** The answers about a user at the revision of the catalogue; undefined: the sidecar must be asked. */
  answersOf(member: Member, reach: Reach, nowMs: number): MemberAnswers | undefined {
    const entry = this.#present(member, nowMs)
    if (entry === undefined) return undefined
    if (member.scope !== '' && reach !== 'PLACE') return this.#answersByReach(entry, { member, reach, nowMs })
    entry.present = this.#cache.answersOf(member)?.ofMembersWith(entry.held) ?? notFound
    return entry.present.answers
  }

  /** Those about roles that can be held in the organization as a whole. */
  #answersByReach(
    { held }: MemberEntry,
    { member, reach, nowMs }: { readonly member: Member; readonly reach: Reach; readonly nowMs: number },
  ): MemberAnswers | undefined {
    const inOrganization = { ...wholeOf(member.organizationId), userId: member.userId }
    const answers = this.#cache.answersOf(member)
    const whole = this.#cache.answersOf(inOrganization)
    const inWhole = this.#present(inOrganization, nowMs)
    if (whole === undefined || inWhole === undefined) return undefined
    return answers?.ofScopeMember({ held, whole, heldInWhole: inWhole.held, reach })
  }

  /** What is known of a membership at the revision of the catalogue. */
  #present(member: Member, nowMs: number): MemberEntry | undefined {
    const entry = this.#users.get(member.userId)?.find(member.organizationId, member.scope)
    if (entry === undefined || entry.revision > this.#cache.answeringNumber) return undefined
    if (nowMs < entry.untilMs && !this.#mayBeOvertaken(entry)) return entry
    this.#forget(member)
    return undefined
  }

  /** To be called before the sidecar is asked, and ended whether it answers or not. */
  beginLookup({ organizationId, scope, userId }: Member): MemberLookup {
    const lookup = { organizationId, scope, userId, touchedAt: 0 }
    this.#lookups.add(lookup)
    return lookup
  }

  endLookup(lookup: MemberLookup): void {
    this.#lookups.delete(lookup)
  }

  /** Keeps what was read, unless something newer is known, or happened to the member meanwhile. */
  fill(
    lookup: MemberLookup,
    { roleIds, untilMs }: Reading,
    { epoch, number }: { epoch: string; number: number },
  ): void {
    if (!this.#isShown || epoch !== this.#cache.catalogue?.epoch || lookup.touchedAt > number) return
    const { organizationId, scope, userId } = lookup
    const known = this.#users.peek(userId)?.find(organizationId, scope)
    // The same revision can say more now: the time of a membership may be over.
    if (known !== undefined && known.revision > number) return
    const entry = new MemberEntry(lookup, { held: this.#lists.of(roleIds), untilMs, revision: number })
    this.#keep(userId, this.#entriesOf(userId).with(entry, this.#ofUserMax))
  }

  /** Follows the next change set, in the tick in which the cache of places does. */
  apply({ changes }: ChangeSet, number: number): void {
    const concernsMany = changes.some(isAboutMany)
    for (const change of changes) byField(this.#effects, change, { number, concernsMany })
  }

  /** Nothing that was read so far counts: everything begins with a new snapshot. */
  drop(): void {
    this.#users.clear()
    this.#reassigned.clear()
    this.#ended.clear()
    this.#factAt = 0
    for (const lookup of this.#lookups) lookup.touchedAt = Infinity
  }

  readonly #effects: ByField<void, [Happening]> = {
    membershipPut: (membership, happening) => this.#put(membership, happening),
    membershipDeleted: (member, happening) => this.#change(member, [], happening),
    membersReassigned: ({ mappings }, { number }) =>
      this.#note(
        this.#reassigned,
        mappings.map(({ fromRoleId }) => fromRoleId),
        number,
      ),
    organizationDeleted: ({ id }, { number }) => this.#note(this.#ended, [id], number),
    // The members of the one are members of the other now.
    scopeRenamed: ({ organizationId, fromScope, toScope }, { number }) =>
      this.#note(
        this.#ended,
        [fromScope, toScope].map((scope) => keyOfPlace({ organizationId, scope })),
        number,
      ),
    ...elsewhere,
  }

  /**
   * When a membership ends by itself is known only to the sidecar's clock, and one of a scope holds only beside that of the
   * organization: these are asked for again.
   */
  #put(membership: Membership, { number, concernsMany }: Happening): void {
    const { scope, roleIds, expiresAtMs } = membership
    const isUnclear = concernsMany || expiresAtMs !== 0 || scope !== ''
    this.#change(membership, roleIds, { number, concernsMany: isUnclear })
  }

  #change(member: Member, roleIds: readonly string[], { number, concernsMany }: Happening): void {
    const { organizationId, scope, userId } = member
    for (const lookup of this.#lookups) if (isTouched(lookup, member)) lookup.touchedAt = number
    const entries = this.#entriesOf(userId)
    // What holds in the organization as a whole decides about its scopes, too.
    if (scope === '') this.#keep(userId, entries.withoutScopes(organizationId))
    const entry = entries.find(organizationId, scope)
    if (entry === undefined || entry.revision > number) return
    // The order of the changes counts, and facts about many are looked at later: the sidecar knows.
    if (concernsMany) return this.#forget(member)
    Object.assign(entry, { held: this.#lists.of(roleIds), untilMs: Infinity, revision: number, present: notFound })
  }

  #note(facts: Map<string, number>, names: readonly string[], number: number): void {
    if (facts.size + names.length > factsMax) this.drop()
    for (const name of names) facts.set(name, number)
    this.#factAt = number
    for (const lookup of this.#lookups) lookup.touchedAt = Math.max(lookup.touchedAt, number)
  }

  #mayBeOvertaken(entry: MemberEntry): boolean {
    if (entry.checkedAt >= this.#factAt) return false
    const isLater = (number = 0) => number > entry.revision
    if (isLater(this.#ended.get(entry.organizationId))) return true
    if (entry.scope !== '' && isLater(this.#ended.get(keyOfPlace(entry)))) return true
    if (entry.held.ids.some((id) => isLater(this.#reassigned.get(id)))) return true
    entry.checkedAt = this.#factAt
    return false
  }

  #forget(member: Member): void {
    this.#keep(member.userId, this.#entriesOf(member.userId).without(member))
  }

  #entriesOf(userId: string): UserEntries {
    const kept = this.#users.peek(userId)
    return kept instanceof MemberEntry ? new UserEntries([kept]) : (kept ?? noEntries)
  }

  #keep(userId: string, entries: UserEntries): void {
    if (entries.size === 0) this.#users.delete(userId)
    else this.#users.set(userId, entries.only ?? entries)
  }
}

const nothing = () => undefined

/** What changes neither who is a member nor of what: the catalogue and the places follow it by themselves. */
const elsewhere = {
  permissionPut: nothing,
  permissionDeleted: nothing,
  rolePut: nothing,
  roleDeleted: nothing,
  roleSetPut: nothing,
  roleSetDeleted: nothing,
  organizationPut: nothing,
  organizationsMoved: nothing,
  assignmentPut: nothing,
  assignmentDeleted: nothing,
  scopeKindPut: nothing,
  scopeKindDeleted: nothing,
  scopeDefaultPut: nothing,
  scopeDefaultDeleted: nothing,
  invitationPut: nothing,
  settingsPut: nothing,
  accessKeyPut: nothing,
  historyCompacted: nothing,
} satisfies Partial<ByField<void>>

interface Happening {
  readonly number: number
  /** Something in the same change set concerns many members. */
  readonly concernsMany: boolean
}

/** Whether what happened to a member says something of this one, too. */
function isTouched(one: Member, { organizationId, scope, userId }: Member): boolean {
  const isOfUser = one.userId === userId && one.organizationId === organizationId
  return isOfUser && (scope === '' || one.scope === scope)
}

function isAboutMany(change: Change): boolean {
  return 'membersReassigned' in change || 'organizationDeleted' in change || 'scopeRenamed' in change
}
