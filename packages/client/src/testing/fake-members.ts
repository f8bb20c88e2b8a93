/** The memberships of the fake sidecar, and its answers about what users hold. */

import {
  decideMember,
  effectiveRoleSet,
  permissionKeysOf,
  type Catalogue,
  type MemberQuestion,
  type OrganizationStanding,
  type Reach,
} from '@rolesets/core'
import type { Change } from '../feed/changes.ts'
import type { MembershipDeleted, MembersReassigned } from '../feed/changes.ts'
import type { Membership, Role } from '../wire/resources.ts'

/** As a request has it: what isn't asked is empty. */
export interface FakeMemberQuestion {
  readonly organizationId: string
  readonly userId: string
  readonly role: string
  readonly permission: string
  readonly anyRole?: boolean
  readonly reach: Reach
}

/** What the fake knows when it answers. */
export interface FakeStanding {
  readonly catalogue: Catalogue
  readonly standing: OrganizationStanding
  readonly isDeleted: boolean
}

const nothing = { scope: '', expiresAtMs: 0, publicMetadata: {}, privateMetadata: {}, createdAtMs: 0, updatedAtMs: 0 }

export class FakeMembers {
  readonly #memberships = new Map<string, Membership>()
  #ids = 0

  put(membership: Membership): void {
    this.#memberships.set(keyOf(membership), membership)
  }

  delete(member: MembershipDeleted): void {
    this.#memberships.delete(keyOf(member))
  }

  /** The organization was deleted, and its memberships with it. */
  end(organizationId: string): void {
    for (const [key, each] of this.#memberships)
      if (each.organizationId === organizationId) this.#memberships.delete(key)
  }

  /** @param hasSet whether an organization has the role set with this id */
  reassign(
    { roleSetId, organizationId, mappings }: MembersReassigned,
    hasSet: (organizationId: string, roleSetId: string) => boolean,
  ): void {
    const targets = new Map(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
    for (const [key, each] of this.#memberships) {
      const isAmong = organizationId === each.organizationId || hasSet(each.organizationId, roleSetId ?? '')
      const roleIds = [...new Set(each.roleIds.map((id) => targets.get(id) ?? id))]
      if (isAmong) this.#memberships.set(key, { ...each, roleIds })
    }
  }

  putChange(member: { readonly organizationId: string; readonly userId: string }, roles: readonly Role[]): Change {
    const { organizationId, userId } = member
    const { id } = this.#memberships.get(keyOf(member)) ?? { id: `orgmem_${++this.#ids}` }
    const [keys, ids] = [roles.map(({ key }) => key), roles.map(({ id: roleId }) => roleId)]
    const held = { role: keys[0] ?? '', roleId: ids[0] ?? '', roles: keys, roleIds: ids }
    return { membershipPut: { id, organizationId, userId, ...held, ...nothing } }
  }

  /** @returns undefined: there is no such membership */
  deleteChange(member: { readonly organizationId: string; readonly userId: string }): Change | undefined {
    const found = this.#memberships.get(keyOf(member))
    if (found === undefined) return undefined
    const { id, organizationId, userId, scope } = found
    return { membershipDeleted: { id, organizationId, userId, scope } }
  }

  /** As the answer to CheckMember has it, but for the revision. */
  decide(question: FakeMemberQuestion, { catalogue, standing, isDeleted }: FakeStanding) {
    const roleSet = effectiveRoleSet(catalogue, standing)
    const membership = this.#memberships.get(keyOf(question))
    const roleIds = membership?.roleIds ?? []
    const held = membership && { roleIds, expiresAt: null }
    const organization = { roleSet: roleSet ?? ('ORGANIZATION_UNKNOWN' as const), held }
    const decision = decideMember(catalogue, askedOf(question), { organization, reach: question.reach, now: 0 })
    return {
      ...decision,
      roles: decision.roles.map(({ key }) => key),
      permissions: question.anyRole === true ? permissionKeysOf(catalogue, decision.roles) : [],
      roleSet: roleSet?.key ?? '',
      roleSetId: standing.roleSetId ?? '',
      organizationRegistered: standing.roleSetId !== undefined,
      organizationDeleted: isDeleted,
      ...{ roleIds, endsInMs: 0 },
    }
  }
}

function askedOf({ role, permission, anyRole }: FakeMemberQuestion): MemberQuestion {
  if (anyRole === true) return { anyRole }
  return permission === '' ? { role } : { permission }
}

function keyOf({ organizationId, userId }: { readonly organizationId: string; readonly userId: string }): string {
  return `${organizationId}\n${userId}`
}
