/**
 * A role set as it answers at one revision. Its answers are made once and shared, so that a cached check allocates
 * nothing. Only names that the catalogue knows are remembered: what strangers ask for takes no memory.
 */

import type { AvailableRole, AvailableRoles, Decision, Reason } from './decision.ts'
import type { Permission, Role, RoleSet } from '../wire/resources.ts'

/** What a role set refers to. */
interface Surroundings {
  readonly permissions: ReadonlyMap<string, Permission>
  readonly permissionsByKey: ReadonlyMap<string, Permission>
  readonly roles: ReadonlyMap<string, Role>
  readonly rolesByName: ReadonlyMap<string, Role>
}

export class RoleSetView {
  /** Answers that were given already, by the name that was asked for: key or id. */
  readonly answers = new Map<string, Decision>()
  /** The same for questions with a permission: by its key, then by the name of the role. */
  readonly answersByPermission = new Map<string, Map<string, Decision>>()
  readonly #surroundings: Surroundings
  readonly #roleSet: RoleSet | undefined
  readonly #revision: string
  readonly #roleIds: ReadonlySet<string>
  readonly #decisions = new Map<Reason, Decision>()
  #roles: readonly AvailableRole[] | undefined

  /** Without a role set: the view of organizations that are unknown and denied. */
  constructor(surroundings: Surroundings, roleSet: RoleSet | undefined, revision: string) {
    this.#surroundings = surroundings
    this.#roleSet = roleSet
    this.#revision = revision
    this.#roleIds = new Set(roleSet?.roleIds)
  }

  /** Whether the role can be given; `name` is its key or id (rule 1). */
  answer(name: string): Decision {
    const known = this.answers.get(name)
    if (known !== undefined) return known
    const role = this.#surroundings.rolesByName.get(name)
    const decision = this.#decision(this.#reason(role))
    if (role !== undefined) this.answers.set(name, decision)
    return decision
  }

  /** The same, and whether the role holds the permission with this key. */
  answerWithPermission(name: string, permissionKey: string): Decision {
    const known = this.answersByPermission.get(permissionKey)?.get(name)
    if (known !== undefined) return known
    const withoutPermission = this.answer(name)
    if (!withoutPermission.allowed) return withoutPermission
    const permission = this.#surroundings.permissionsByKey.get(permissionKey)
    if (permission === undefined) return this.#decision('PERMISSION_UNKNOWN')
    const holds = this.#surroundings.rolesByName.get(name)?.permissionIds.includes(permission.id)
    const decision = holds ? withoutPermission : this.#decision('PERMISSION_NOT_IN_ROLE')
    const answers = this.answersByPermission.get(permissionKey) ?? new Map<string, Decision>()
    this.answersByPermission.set(permissionKey, answers.set(name, decision))
    return decision
  }

  /** For the role picker; undefined where there is no role set to show. */
  availableRoles(organizationId: string, stale: boolean): AvailableRoles | undefined {
    const roleSet = this.#roleSet
    if (roleSet === undefined) return undefined
    const keyOf = (id: string, key: string) => this.#surroundings.roles.get(id)?.key ?? key
    return Object.freeze({
      organizationId,
      roles: (this.#roles ??= this.#availableRoles()),
      defaultRole: keyOf(roleSet.defaultRoleId, roleSet.defaultRole),
      creatorRole: keyOf(roleSet.creatorRoleId, roleSet.creatorRole),
      roleSet: roleSet.key,
      revision: this.#revision,
      source: 'cache',
      stale,
    })
  }

  #reason(role: Role | undefined): Reason {
    if (this.#roleSet === undefined) return 'ORGANIZATION_UNKNOWN'
    if (role === undefined) return 'ROLE_UNKNOWN'
    return this.#roleIds.has(role.id) ? 'ROLE_IN_SET' : 'ROLE_NOT_IN_SET'
  }

  #decision(reason: Reason): Decision {
    const known = this.#decisions.get(reason)
    if (known !== undefined) return known
    const allowed = reason === 'ROLE_IN_SET'
    const roleSet = this.#roleSet?.key ?? ''
    const decision: Decision = { allowed, reason, roleSet, revision: this.#revision, source: 'cache' }
    this.#decisions.set(reason, Object.freeze(decision))
    return decision
  }

  #availableRoles(): readonly AvailableRole[] {
    const { roles, permissions } = this.#surroundings
    const available = [...this.#roleIds].flatMap((id) => roles.get(id) ?? [])
    const ordered = available.sort((a, b) => (a.key < b.key ? -1 : 1))
    return Object.freeze(
      ordered.map(({ id, key, name, description, permissionIds }) => {
        const keys = permissionIds.flatMap((permissionId) => permissions.get(permissionId)?.key ?? []).sort()
        return Object.freeze({ id, key, name, description, permissions: Object.freeze(keys) })
      }),
    )
  }
}
