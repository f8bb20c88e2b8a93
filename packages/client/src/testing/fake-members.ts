/** The memberships of the fake sidecar, and its answers about what users hold. */

import {
  decideMember,
  isCurrent,
  keyOfMember,
  permissionKeysOf,
  type Catalogue,
  type Held,
  type MemberQuestion,
  type MemberStanding,
  roleSetAt,
  type Place,
  type PlaceStanding,
  type Reach,
  type RoleSetAt,
} from '@rolesets/core'
import type { Change } from '../feed/changes.ts'
import type { MembershipDeleted, MembersReassigned, ScopeRenamed } from '../feed/changes.ts'
import type { Membership, Role } from '../wire/resources.ts'

/** A user in an organization, or in a scope of it. */
export interface FakeMember extends Place {
  readonly userId: string
}

/** As a request has it: what isn't asked is empty. */
export interface FakeMemberQuestion extends FakeMember {
  readonly role: string
  readonly permission: string
  readonly anyRole?: boolean
  readonly reach: Reach
}

/** What the fake knows when it answers. */
export interface FakeStanding {
  readonly catalogue: Catalogue
  /** Of the place. */
  readonly standing: PlaceStanding
  readonly isDeleted: boolean
}

/** What a user holds in a place. */
export interface FakeHolding {
  readonly roles: readonly Role[]
  /** Milliseconds from now; null: without an end. Not given: as it was, and without an end for a new member. */
  readonly endsInMs?: number | null | undefined
}

const nothing = { publicMetadata: {}, privateMetadata: {}, createdAtMs: 0, updatedAtMs: 0 }

export class FakeMembers {
  readonly #memberships = new Map<string, Membership>()
  readonly #now: () => number
  #ids = 0

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Those that count now. */
  current(): readonly Membership[] {
    return [...this.#memberships.values()].filter((each) => this.has(each) && this.has({ ...each, scope: '' }))
  }

  put(membership: Membership): void {
    this.#memberships.set(keyOfMember(membership), membership)
  }

  delete(member: MembershipDeleted): void {
    this.#memberships.delete(keyOfMember(member))
  }

  /** The organization was deleted, and its memberships with it. */
  end(organizationId: string): void {
    for (const [key, each] of this.#memberships)
      if (each.organizationId === organizationId) this.#memberships.delete(key)
  }

  /** In all places with the role set: the fake makes no other reassignment. @param hasSet whether a place has it */
  reassign({ roleSetId, mappings }: MembersReassigned, hasSet: (place: Place, roleSetId: string) => boolean): void {
    const targets = new Map(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
    for (const [key, each] of this.#memberships) {
      const isAmong = hasSet(each, roleSetId ?? '')
      const roleIds = [...new Set(each.roleIds.map((id) => targets.get(id) ?? id))]
      if (isAmong) this.#memberships.set(key, { ...each, roleIds })
    }
  }

  rename({ organizationId, fromScope, toScope: scope }: ScopeRenamed): void {
    for (const each of [...this.#memberships.values()]) {
      if (each.organizationId !== organizationId || each.scope !== fromScope) continue
      this.delete(each)
      this.put({ ...each, scope })
    }
  }

  /** One that is over isn't changed: a new one takes its place, and that of those in the scopes of the organization. */
  putChanges(member: FakeMember, { roles, endsInMs }: FakeHolding): readonly Change[] {
    const { organizationId, scope, userId } = member
    const before = this.#memberships.get(keyOfMember(member))
    const present = this.has(member) ? before : undefined
    const { id } = present ?? { id: `orgmem_${++this.#ids}` }
    const expiresAtMs = endsInMs === undefined ? (present?.expiresAtMs ?? 0) : this.#endIn(endsInMs)
    const [keys, ids] = [roles.map(({ key }) => key), roles.map(({ id: roleId }) => roleId)]
    const held = { role: keys[0] ?? '', roleId: ids[0] ?? '', roles: keys, roleIds: ids }
    const put: Change = { membershipPut: { id, organizationId, scope, userId, ...held, expiresAtMs, ...nothing } }
    return [...(present === undefined ? this.deleteChanges(member) : []), put]
  }

  /** The end of a membership, and with that in an organization as a whole the ends of those in its scopes. */
  deleteChanges(member: FakeMember): readonly Change[] {
    const { organizationId, scope, userId } = member
    const ends = [...this.#memberships.values()].filter((each) => {
      const isThere = each.organizationId === organizationId && (scope === '' || each.scope === scope)
      return isThere && each.userId === userId
    })
    return ends.map(({ id, scope: ended }) => ({ membershipDeleted: { id, organizationId, userId, scope: ended } }))
  }

  /** Whether the user is a member there now. */
  has(member: FakeMember): boolean {
    return isCurrent(this.#heldBy(member), this.#now())
  }

  /** Unix milliseconds, 0: never. Not later than asked, so that what is over now is over at once. */
  #endIn(endsInMs: number | null): number {
    return endsInMs === null ? 0 : Math.floor(this.#now() + endsInMs)
  }

  #heldBy(member: FakeMember): Held | undefined {
    const { roleIds, expiresAtMs = 0 } = this.#memberships.get(keyOfMember(member)) ?? {}
    return roleIds && { roleIds, expiresAt: expiresAtMs === 0 ? null : expiresAtMs }
  }

  /** As the answer to CheckMember has it, but for the revision. */
  decide(question: FakeMemberQuestion, { catalogue, standing, isDeleted }: FakeStanding) {
    const { reach, organizationId, userId, scope } = question
    const organization = this.#standingOf(
      { organizationId, scope: '', userId },
      roleSetAt(catalogue, { ...standing, scope: '' }),
    )
    const place = this.#standingOf(question, roleSetAt(catalogue, standing))
    const now = this.#now()
    const facts = { organization, reach, now, ...(scope !== '' && { scope: place }) }
    const decision = decideMember(catalogue, askedOf(question), facts)
    const [whole, inPlace] = [organization, place].map(({ held }) => (isCurrent(held, now) ? held : undefined))
    const ends = [whole, inPlace].flatMap((held) => held?.expiresAt ?? [])
    return {
      ...decision,
      roles: decision.roles.map(({ key }) => key),
      permissions: question.anyRole === true ? permissionKeysOf(catalogue, decision.roles) : [],
      roleSet: decision.roleSet?.key ?? '',
      roleSetId: standing.roleSetId ?? '',
      organizationRegistered: standing.roleSetId !== undefined,
      organizationDeleted: isDeleted,
      roleIds: whole === undefined ? [] : (inPlace?.roleIds ?? []),
      endsInMs: ends.length === 0 ? 0 : Math.min(...ends) - now,
      ...(scope !== '' && {
        ...{ inScope: true, ownRoleSetId: standing.own ?? '' },
        organizationRoleIds: whole?.roleIds ?? [],
      }),
    }
  }

  #standingOf(member: FakeMember, found: RoleSetAt): MemberStanding {
    return { roleSet: found.roleSet ?? found.reason, held: this.#heldBy(member) }
  }
}

function askedOf({ role, permission, anyRole }: FakeMemberQuestion): MemberQuestion {
  if (anyRole === true) return { anyRole }
  return permission === '' ? { role } : { permission }
}
