/** The memberships of the fake sidecar, and its answers about what users hold. */

import {
  decideMember,
  keyOfMember,
  permissionKeysOf,
  type Catalogue,
  type MemberQuestion,
  type MemberStanding,
  roleSetAt,
  type Place,
  type PlaceStanding,
  type Reach,
  type RoleSetAt,
} from '@rolesets/core'
import type { Change } from '../feed/changes.ts'
import type { MembershipDeleted, MembersReassigned } from '../feed/changes.ts'
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

const nothing = { expiresAtMs: 0, publicMetadata: {}, privateMetadata: {}, createdAtMs: 0, updatedAtMs: 0 }

export class FakeMembers {
  readonly #memberships = new Map<string, Membership>()
  #ids = 0

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

  putChange(member: FakeMember, roles: readonly Role[]): Change {
    const { organizationId, scope, userId } = member
    const { id } = this.#memberships.get(keyOfMember(member)) ?? { id: `orgmem_${++this.#ids}` }
    const [keys, ids] = [roles.map(({ key }) => key), roles.map(({ id: roleId }) => roleId)]
    const held = { role: keys[0] ?? '', roleId: ids[0] ?? '', roles: keys, roleIds: ids }
    return { membershipPut: { id, organizationId, scope, userId, ...held, ...nothing } }
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

  has(member: FakeMember): boolean {
    return this.#memberships.has(keyOfMember(member))
  }

  /** As the answer to CheckMember has it, but for the revision. */
  decide(question: FakeMemberQuestion, { catalogue, standing, isDeleted }: FakeStanding) {
    const { reach, organizationId, userId, scope } = question
    const organization = this.#standingOf(
      { organizationId, scope: '', userId },
      roleSetAt(catalogue, { ...standing, scope: '' }),
    )
    const place = this.#standingOf(question, roleSetAt(catalogue, standing))
    const facts = { organization, reach, now: 0, ...(scope !== '' && { scope: place }) }
    const decision = decideMember(catalogue, askedOf(question), facts)
    return {
      ...decision,
      roles: decision.roles.map(({ key }) => key),
      permissions: question.anyRole === true ? permissionKeysOf(catalogue, decision.roles) : [],
      roleSet: decision.roleSet?.key ?? '',
      roleSetId: standing.roleSetId ?? '',
      organizationRegistered: standing.roleSetId !== undefined,
      organizationDeleted: isDeleted,
      roleIds: organization.held === undefined ? [] : (place.held?.roleIds ?? []),
      endsInMs: 0,
      ...(scope !== '' && {
        ...{ inScope: true, ownRoleSetId: standing.own ?? '' },
        organizationRoleIds: organization.held?.roleIds ?? [],
      }),
    }
  }

  #standingOf(member: FakeMember, found: RoleSetAt): MemberStanding {
    const membership = this.#memberships.get(keyOfMember(member))
    const held = membership && { roleIds: membership.roleIds, expiresAt: null }
    return { roleSet: found.roleSet ?? found.reason, held }
  }
}

function askedOf({ role, permission, anyRole }: FakeMemberQuestion): MemberQuestion {
  if (anyRole === true) return { anyRole }
  return permission === '' ? { role } : { permission }
}
