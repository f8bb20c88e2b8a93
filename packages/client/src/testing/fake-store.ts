/** The state of the fake sidecar: small, in memory, with the history of its changes. It keeps the rules only roughly. */

import type { Change, ChangeSet } from '../feed/changes.ts'
import type { Reason } from '../cache/decision.ts'
import { RoleSetsError } from '../errors.ts'
import type { Organization, Permission, Role, RoleSet } from '../wire/resources.ts'
import { formatRevision } from '../revision.ts'

export interface FakeRoleSet {
  /** Keys. */
  readonly roles: readonly string[]
  /** Default: the last one. */
  readonly defaultRole?: string
  /** Default: the first one. */
  readonly creatorRole?: string
  /** The set of organizations that aren't registered. */
  readonly initial?: boolean
}

/** What a role can or can't do, and where that was read. */
export interface FakeAnswer {
  readonly allowed: boolean
  readonly reason: Reason
  readonly roleSet: string
  readonly roleSetId: string
  readonly organizationRegistered: boolean
}

/** An organization of which nothing is known but its role set. */
const nothing = {
  ...{ name: '', slug: '', publicMetadata: {}, privateMetadata: {}, createdBy: '', maxAllowedMemberships: 0 },
  ...{ adminDeleteEnabled: true, createdAtMs: 0, updatedAtMs: 0 },
}

export class FakeStore {
  readonly permissions = new Map<string, Permission>()
  readonly roles = new Map<string, Role>()
  readonly roleSets = new Map<string, RoleSet>()
  readonly organizations = new Map<string, Organization>()
  readonly #listeners = new Set<(changeSet: ChangeSet) => void>()
  #history: ChangeSet[] = []
  #lives = 1
  #number = 0
  #ids = 0

  get epoch(): string {
    return `fake${this.#lives}`
  }

  get number(): number {
    return this.#number
  }

  get revision(): string {
    return formatRevision(this)
  }

  subscribe(listener: (changeSet: ChangeSet) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @returns undefined when they are no longer kept. */
  changesAfter(number: number): readonly ChangeSet[] | undefined {
    const kept = this.#history.length
    return number < this.#number - kept ? undefined : this.#history.slice(kept - (this.#number - number))
  }

  compact(): void {
    this.#history = []
  }

  /** As after a restore from a backup: another epoch, and numbers that mean nothing to the one before. */
  startNewLife(): void {
    this.#lives++
    this.#number = 1
    this.#history = []
  }

  /** Whatever it changes, a write makes one revision. @returns the revision */
  commit(operation: string, changes: readonly Change[]): string {
    for (const change of changes) this.#apply(change)
    this.#number++
    const changeSet = { revision: this.revision, committedAtMs: Date.now(), actor: 'fake', operation, changes }
    this.#history.push(changeSet)
    for (const listener of this.#listeners) listener(changeSet)
    return this.revision
  }

  /** The change that makes a role, or gives one other permissions. Permissions that it names are made as well. */
  roleChanges(key: string, permissionKeys: readonly string[]): readonly Change[] {
    const missing = permissionKeys.filter((each) => find(this.permissions, each) === undefined)
    const made: readonly Permission[] = missing.map((each) => ({ ...this.#named('perm', each), type: 'CUSTOM' }))
    const known = new Map([...this.permissions.values(), ...made].map((each) => [each.key, each.id]))
    const permissions = [...permissionKeys].sort()
    const base = find(this.roles, key) ?? this.#named('role', key)
    const permissionIds = permissions.map((each) => known.get(each) ?? '')
    const role: Role = { ...base, permissions, permissionIds, creatorEligible: true }
    return [...made.map((permission): Change => ({ permissionPut: permission })), { rolePut: role }]
  }

  /** The change that makes a role set, or gives one other roles. */
  roleSetChanges(key: string, { roles, ...set }: FakeRoleSet): readonly Change[] {
    const base = find(this.roleSets, key) ?? this.#named('roleset', key)
    const [keys, creator, last] = [[...roles].sort(), set.creatorRole ?? roles[0] ?? '', roles.at(-1) ?? '']
    const defaultRole = set.defaultRole ?? last
    const isInitial = set.initial ?? ('type' in base && base.type === 'INITIAL_SET')
    const roleSet: RoleSet = {
      ...base,
      roles: keys,
      roleIds: keys.map((each) => this.role(each).id),
      ...{ defaultRole, defaultRoleId: this.role(defaultRole).id },
      ...{ creatorRole: creator, creatorRoleId: this.role(creator).id },
      type: isInitial ? 'INITIAL_SET' : 'CUSTOM_SET',
    }
    const before = isInitial ? [...this.roleSets.values()].filter((each) => each.type === 'INITIAL_SET') : []
    const demoted = before.filter(({ id }) => id !== roleSet.id)
    return [
      ...demoted.map((each): Change => ({ roleSetPut: { ...each, type: 'CUSTOM_SET' } })),
      { roleSetPut: roleSet },
    ]
  }

  assignChange(organizationId: string, roleSetName: string): { readonly organizationPut: Organization } {
    const { id: roleSetId, key: roleSet } = this.roleSet(roleSetName)
    const base = this.organizations.get(organizationId) ?? { id: organizationId, ...nothing }
    return { organizationPut: { ...base, roleSet, roleSetId } }
  }

  replaceRoleSetChanges(name: string, toName: string): readonly Change[] {
    const [from, to] = [this.roleSet(name), this.roleSet(toName)]
    const moved = { organizationsMoved: { fromRoleSetId: from.id, toRoleSetId: to.id } }
    return [moved, { roleSetDeleted: { id: from.id, key: from.key } }]
  }

  /** By key or id. */
  role(name: string): Role {
    return find(this.roles, name) ?? notThere('role', name)
  }

  /** By key or id. */
  roleSet(name: string): RoleSet {
    return find(this.roleSets, name) ?? notThere('role_set', name)
  }

  initialRoleSet(): RoleSet {
    return [...this.roleSets.values()].find(({ type }) => type === 'INITIAL_SET') ?? notThere('role_set', 'initial')
  }

  decide(question: { organizationId: string; role: string; permission: string }, deniesUnknown: boolean): FakeAnswer {
    const organization = this.organizations.get(question.organizationId)
    const organizationRegistered = organization !== undefined
    if (!organizationRegistered && deniesUnknown) {
      const nowhere = { roleSet: '', roleSetId: '', organizationRegistered }
      return { allowed: false, reason: 'ORGANIZATION_UNKNOWN', ...nowhere }
    }
    const roleSet = organization === undefined ? this.initialRoleSet() : this.roleSet(organization.roleSetId)
    const reason = this.#reason(roleSet, question)
    const where = { roleSet: roleSet.key, roleSetId: roleSet.id, organizationRegistered }
    return { allowed: reason === 'ROLE_IN_SET', reason, ...where }
  }

  #reason(roleSet: RoleSet, question: { role: string; permission: string }): Reason {
    const role = find(this.roles, question.role)
    if (role === undefined) return 'ROLE_UNKNOWN'
    if (!roleSet.roleIds.includes(role.id)) return 'ROLE_NOT_IN_SET'
    if (question.permission === '') return 'ROLE_IN_SET'
    const permission = [...this.permissions.values()].find(({ key }) => key === question.permission)
    if (permission === undefined) return 'PERMISSION_UNKNOWN'
    return role.permissionIds.includes(permission.id) ? 'ROLE_IN_SET' : 'PERMISSION_NOT_IN_ROLE'
  }

  #named(prefix: string, key: string) {
    const id = `${prefix}_${++this.#ids}`
    return { id, key, name: key, description: '', createdAtMs: 0, updatedAtMs: 0 }
  }

  #apply(change: Change): void {
    if ('permissionPut' in change) this.permissions.set(change.permissionPut.id, change.permissionPut)
    else if ('permissionDeleted' in change) this.permissions.delete(change.permissionDeleted.id)
    else if ('rolePut' in change) this.roles.set(change.rolePut.id, change.rolePut)
    else if ('roleDeleted' in change) this.roles.delete(change.roleDeleted.id)
    else if ('roleSetPut' in change) this.roleSets.set(change.roleSetPut.id, change.roleSetPut)
    else if ('roleSetDeleted' in change) this.roleSets.delete(change.roleSetDeleted.id)
    else if ('organizationPut' in change) this.organizations.set(change.organizationPut.id, change.organizationPut)
    else if ('organizationDeleted' in change) this.organizations.delete(change.organizationDeleted.id)
    else if ('organizationsMoved' in change) this.#move(change.organizationsMoved)
  }

  #move({ fromRoleSetId, toRoleSetId }: { readonly fromRoleSetId: string; readonly toRoleSetId: string }): void {
    const { key } = this.roleSet(toRoleSetId)
    for (const [id, each] of this.organizations) {
      if (each.roleSetId !== fromRoleSetId) continue
      this.organizations.set(id, { ...each, roleSet: key, roleSetId: toRoleSetId })
    }
  }
}

function find<Thing extends { readonly id: string; readonly key: string }>(
  things: ReadonlyMap<string, Thing>,
  name: string,
): Thing | undefined {
  return things.get(name) ?? [...things.values()].find(({ key }) => key === name)
}

function notThere(kind: 'role' | 'role_set', name: string): never {
  throw new RoleSetsError(
    `${kind}_not_found`,
    `The fake sidecar has no ${kind.replace('_', ' ')} ${JSON.stringify(name)}.`,
  )
}
