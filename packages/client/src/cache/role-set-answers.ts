/**
 * The answers of a role set at one revision. Each is made once and shared, so that a cached check allocates nothing. Only
 * names that the catalogue has are remembered: questions about other names take no memory.
 */

import {
  isRetired,
  reasonIn,
  rolesOf,
  sortByKey,
  type Catalogue,
  type MemberFacts,
  type MemberStanding,
  type Place,
  type Reach,
  type Reason,
  type RoleSet,
  type WithoutRoleSet,
} from '@rolesets/core'
import type { AvailableRole, AvailableRoles, Decision } from './decision.ts'
import type { HeldRoles } from './held-roles.ts'
import { MemberAnswers } from './member-answers.ts'
import type { Present } from './present.ts'

/** The places that have the same answers. */
export interface AnsweringPlace {
  readonly roleSet: RoleSet | 'deleted' | undefined
  readonly isRegistered: boolean
  /** Why there is no role set. Default: the organization is unknown. */
  readonly missing?: WithoutRoleSet
}

/** A member of a scope, as far as the cache knows. */
export interface ScopeMember {
  readonly held: HeldRoles
  /** Of the organization as a whole. */
  readonly whole: RoleSetAnswers
  readonly heldInWhole: HeldRoles
  readonly reach: Reach
}

export class RoleSetAnswers {
  readonly #catalogue: Catalogue
  readonly #roleSet: RoleSet | undefined
  readonly #more: Pick<Decision, 'organizationDeleted'>
  readonly #revision: string
  /** Where there is no role set. */
  readonly #missing: WithoutRoleSet
  readonly #registered: Pick<Decision, 'organizationRegistered'>
  /** By the name of the role in the question: key or id. */
  readonly #byRole = new Map<string, Decision>()
  /** By the key of the permission, then by the name of the role. */
  readonly #byPermission = new Map<string, Map<string, Decision>>()
  readonly #byReason = new Map<Reason | 'PERMISSION_RETIRED', Decision>()
  readonly #byHeldRoles = new Map<HeldRoles, { answers: MemberAnswers | undefined }>()
  #roles: readonly AvailableRole[] | undefined

  /** @param place `roleSet`: none for organizations that are unknown and denied, or were deleted, and for some scopes */
  constructor(catalogue: Catalogue, { roleSet, isRegistered, missing }: AnsweringPlace, revision: string) {
    this.#missing = missing ?? 'ORGANIZATION_UNKNOWN'
    this.#registered = isRegistered ? {} : { organizationRegistered: false }
    this.#catalogue = catalogue
    this.#roleSet = roleSet === 'deleted' ? undefined : roleSet
    this.#more = roleSet === 'deleted' ? { organizationDeleted: true } : {}
    this.#revision = revision
  }

  /** An answer that was given before. */
  remembered(role: string, permission: string | undefined): Decision | undefined {
    return permission === undefined ? this.#byRole.get(role) : this.#byPermission.get(permission)?.get(role)
  }

  answer(role: string, permission: string | undefined): Decision {
    const known = this.remembered(role, permission)
    if (known !== undefined) return known
    const reason =
      this.#roleSet === undefined ? this.#missing : reasonIn(this.#catalogue, this.#roleSet, { role, permission })
    const decision = this.#decision(reason, isRetired(this.#catalogue, { role, permission }, reason))
    if (permission === undefined) {
      if (this.#catalogue.roles.find(role) !== undefined) this.#byRole.set(role, decision)
    } else if (reason === 'ROLE_IN_SET' || reason === 'PERMISSION_NOT_IN_ROLE') {
      const answers = this.#byPermission.get(permission) ?? new Map<string, Decision>()
      this.#byPermission.set(permission, answers.set(role, decision))
    }
    return decision
  }

  /**
   * The answers about members who hold these roles in the place, if only those count. When their time is over is the caller's
   * matter; of a scope, that they are members of the organization, too.
   */
  ofMembersWith(held: HeldRoles): Present<MemberAnswers> {
    const known = this.#byHeldRoles.get(held)
    if (known !== undefined) return known
    const answers = this.#memberAnswers({ organization: this.#standingOf(held), reach: 'PLACE', now: 0 })
    const present = { answers }
    this.#byHeldRoles.set(held, present)
    return present
  }

  withdrawMembers(): void {
    for (const present of this.#byHeldRoles.values()) present.answers = undefined
  }

  /** The answers about a member of this scope and of the organization as a whole, in which roles of both can count. */
  ofScopeMember({ held, whole, heldInWhole, reach }: ScopeMember): MemberAnswers {
    const organization = whole.#standingOf(heldInWhole)
    return this.#memberAnswers({ organization, scope: this.#standingOf(held), reach, now: 0 })
  }

  #standingOf({ ids }: HeldRoles): MemberStanding {
    const held = ids.length === 0 ? undefined : { roleIds: ids, expiresAt: null }
    return { roleSet: this.#roleSet ?? this.#missing, held }
  }

  #memberAnswers(facts: MemberFacts): MemberAnswers {
    const more = { ...this.#registered, ...this.#more }
    return new MemberAnswers({ catalogue: this.#catalogue, facts, revision: this.#revision, more })
  }

  /** For the role picker; undefined where there is no role set to show. */
  availableRoles({ organizationId, scope }: Place, stale: boolean): AvailableRoles | undefined {
    const roleSet = this.#roleSet
    if (roleSet === undefined) return undefined
    const keyOf = (id: string) => this.#catalogue.roles.byId(id)?.key ?? id
    return Object.freeze({
      organizationId,
      ...(scope === '' ? {} : { scope }),
      roles: (this.#roles ??= this.#availableRoles(roleSet)),
      defaultRole: keyOf(roleSet.defaultRoleId),
      creatorRole: roleSet.creatorRoleId === null ? '' : keyOf(roleSet.creatorRoleId),
      roleSet: roleSet.key,
      revision: this.#revision,
      source: 'cache',
      stale,
      ...this.#registered,
    })
  }

  #decision(reason: Reason, permissionRetired: boolean): Decision {
    const key = permissionRetired ? 'PERMISSION_RETIRED' : reason
    const known = this.#byReason.get(key)
    if (known !== undefined) return known
    const allowed = reason === 'ROLE_IN_SET'
    const roleSet = this.#roleSet?.key ?? ''
    const facts = { ...(permissionRetired ? { permissionRetired } : {}), ...this.#registered, ...this.#more }
    const decision: Decision = { allowed, reason, roleSet, revision: this.#revision, source: 'cache', ...facts }
    this.#byReason.set(key, Object.freeze(decision))
    return decision
  }

  #availableRoles(roleSet: RoleSet): readonly AvailableRole[] {
    const { permissions } = this.#catalogue
    return Object.freeze(
      rolesOf(this.#catalogue, roleSet).map(({ id, key, name, description, permissionIds }) => {
        const held = sortByKey(permissionIds.flatMap((permissionId) => permissions.byId(permissionId) ?? []))
        return Object.freeze({ id, key, name, description, permissions: Object.freeze(held.map((each) => each.key)) })
      }),
    )
  }
}
