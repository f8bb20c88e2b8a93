/** The state of the fake sidecar: small, in memory, with the history of its changes. It keeps only some of the rules. */

import {
  applyToCatalogue,
  decide,
  emptyCatalogue,
  formatRevision,
  keyOfPlace,
  quoted,
  roleSetAt,
  type Catalogue,
  type RetiredKeys,
  type RoleQuestion,
  type Place,
  type PlaceStanding,
  type UnknownOrganizations,
} from '@rolesets/core'
import { coreChangesOf } from '../cache/core-form.ts'
import { RoleSetAnswers } from '../cache/role-set-answers.ts'
import { systemClock, type Clock } from '../clock.ts'
import { RoleSetsError } from '../errors.ts'
import { byField, type ByField, type Change, type ChangeSet } from '../feed/changes.ts'
import type { Organization, Permission, Role, RoleSet } from '../wire/resources.ts'
import { FakeMembers, type FakeMemberQuestion } from './fake-members.ts'
import { FakeScopes } from './fake-scopes.ts'

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

/** An organization of which nothing is known but its role set. */
const nothing = {
  ...{ name: '', slug: '', publicMetadata: {}, privateMetadata: {}, createdBy: '', maxAllowedMemberships: 0 },
  ...{ adminDeleteEnabled: true, createdAtMs: 0, updatedAtMs: 0 },
}

/** The fake has no invitations, settings and keys. */
const notKept = () => undefined

export class FakeStore {
  readonly permissions = new Map<string, Permission>()
  readonly roles = new Map<string, Role>()
  readonly roleSets = new Map<string, RoleSet>()
  readonly organizations = new Map<string, Organization>()
  readonly members: FakeMembers
  readonly scopes: FakeScopes
  readonly #deletedOrganizations = new Set<string>()
  unknownOrganizations: UnknownOrganizations = 'initial'
  readonly #listeners = new Set<(changeSet: ChangeSet) => void>()
  #history: ChangeSet[] = []
  /** The same things, as core decides on them. */
  #catalogue: Catalogue = emptyCatalogue
  #epochs = 1
  #number = 0
  #ids = 0

  readonly #effects: ByField<unknown> = {
    permissionPut: (permission) => this.permissions.set(permission.id, permission),
    permissionDeleted: ({ id }) => this.permissions.delete(id),
    rolePut: (role) => this.roles.set(role.id, role),
    roleDeleted: ({ id }) => this.roles.delete(id),
    roleSetPut: (roleSet) => this.roleSets.set(roleSet.id, roleSet),
    roleSetDeleted: ({ id }) => this.roleSets.delete(id),
    organizationPut: (organization) => {
      this.organizations.set(organization.id, organization)
      this.#deletedOrganizations.delete(organization.id)
    },
    organizationDeleted: ({ id }) => {
      this.organizations.delete(id)
      this.scopes.end(id)
      this.members.end(id)
      this.#deletedOrganizations.add(id)
    },
    organizationsMoved: (move) => this.#move(move),
    assignmentPut: (assignment) => this.scopes.assignments.set(keyOfPlace(assignment), assignment),
    assignmentDeleted: (place) => this.scopes.assignments.delete(keyOfPlace(place)),
    scopeKindPut: (kind) => this.scopes.kinds.set(kind.kind, kind),
    scopeKindDeleted: ({ kind }) => this.scopes.kinds.delete(kind),
    scopeDefaultPut: (each) => this.scopes.defaults.set(each.scope, each),
    scopeDefaultDeleted: ({ scope }) => this.scopes.defaults.delete(scope),
    scopeRenamed: (renamed) => this.scopes.rename(renamed),
    membersReassigned: (reassigned) =>
      this.members.reassign(reassigned, (place, roleSetId) => this.#hasSet(place, roleSetId)),
    membershipPut: (membership) => this.members.put(membership),
    membershipDeleted: (member) => this.members.delete(member),
    invitationPut: notKept,
    settingsPut: notKept,
    accessKeyPut: notKept,
    historyCompacted: notKept,
  }

  /** @param clock by which memberships end. Its beginning is the present Unix time */
  constructor(clock: Clock = systemClock) {
    const sinceMs = Date.now() - clock.nowMs()
    this.members = new FakeMembers(() => sinceMs + clock.nowMs())
    this.scopes = new FakeScopes(this.members)
  }

  /** Keys that permissions had once. */
  get retiredPermissions(): RetiredKeys {
    return this.#catalogue.retiredPermissions
  }

  get epoch(): string {
    return `fake${this.#epochs}`
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
  startNewEpoch(): void {
    this.#epochs++
    this.#number = 1
    this.#history = []
  }

  /** A write makes one revision, also when it changes nothing. @returns the revision */
  commit(operation: string, changes: readonly Change[]): string {
    for (const change of changes) byField(this.#effects, change)
    this.#catalogue = applyToCatalogue(this.#catalogue, coreChangesOf(changes))
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

  /** The changes that take a role out of the store and of all sets. */
  removeRoleChanges(key: string): readonly Change[] {
    const { id } = this.role(key)
    const holders = [...this.roleSets.values()].filter(({ roleIds }) => roleIds.includes(id))
    const left = holders.map((roleSet): Change => {
      const roleIds = roleSet.roleIds.filter((each) => each !== id)
      return { roleSetPut: { ...roleSet, roleIds, roles: roleIds.map((each) => this.role(each).key) } }
    })
    return [...left, { roleDeleted: { id, key } }]
  }

  /** The changes that take a permission out of the store and of all roles. */
  removePermissionChanges(key: string): readonly Change[] {
    const { id } = ofKey(this.permissions, key) ?? notThere('permission', key)
    const holders = [...this.roles.values()].filter(({ permissionIds }) => permissionIds.includes(id))
    const left = holders.map((role): Change => {
      const permissionIds = role.permissionIds.filter((each) => each !== id)
      return { rolePut: { ...role, permissionIds, permissions: role.permissions.filter((each) => each !== key) } }
    })
    return [...left, { permissionDeleted: { id, key } }]
  }

  /** The operation and the change that give a permission, a role or a role set another key. */
  renaming(key: string, newKey: string): [operation: string, changes: readonly Change[]] {
    const [permission, role] = [ofKey(this.permissions, key), ofKey(this.roles, key)]
    const roleSet = ofKey(this.roleSets, key)
    if (permission) return ['UpdatePermission', [{ permissionPut: { ...permission, key: newKey } }]]
    if (role) return ['UpdateRole', [{ rolePut: { ...role, key: newKey } }]]
    if (roleSet) return ['UpdateRoleSet', [{ roleSetPut: { ...roleSet, key: newKey } }]]
    const problem = `The fake sidecar has no permission, role or role set with the key ${quoted(key)}.`
    throw new RoleSetsError('invalid_argument', problem)
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
    return [moved, ...this.scopes.moveChanges(from.id, to), { roleSetDeleted: { id: from.id, key: from.key } }]
  }

  /** The changes that give the members with a role of a set another one, and take it out of the set. */
  replaceRoleChanges(name: string, roleName: string, toRoleName: string): readonly Change[] {
    const [set, from, to] = [this.roleSet(name), this.role(roleName), this.role(toRoleName)]
    const roles = [...new Set([...set.roles, to.key])].filter((key) => key !== from.key)
    const [defaultRole, creatorRole] = [set.defaultRole, set.creatorRole].map((key) =>
      key === from.key ? to.key : key,
    )
    const mappings = [{ fromRoleId: from.id, toRoleId: to.id, members: 0, invitations: 0 }]
    return [
      { membersReassigned: { roleSetId: set.id, mappings } },
      ...this.roleSetChanges(set.key, {
        roles,
        ...(defaultRole === undefined ? {} : { defaultRole }),
        ...(creatorRole === undefined ? {} : { creatorRole }),
      }),
    ]
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

  /** As the answer to a check has it, but for the revision. */
  decide(question: RoleQuestion & { readonly organizationId: string; readonly scope?: string }) {
    const { organizationId, scope = '' } = question
    const facts = this.#factsOf({ organizationId, scope })
    const { roleSet, ...decision } = decide(this.#catalogue, question, facts)
    const organizationRegistered = facts.roleSetId !== undefined
    const organizationDeleted = this.isDeleted(question.organizationId)
    return {
      ...decision,
      organizationDeleted,
      roleSet: roleSet?.key ?? '',
      roleSetId: roleSet?.id ?? '',
      organizationRegistered,
      ...scopeFactsOf(facts),
    }
  }

  /** As the answer to a question about a member has it, but for the revision. */
  decideMember(question: FakeMemberQuestion) {
    const { organizationId } = question
    const standing = this.#factsOf(question)
    return this.members.decide(question, {
      catalogue: this.#catalogue,
      standing,
      isDeleted: this.isDeleted(organizationId),
    })
  }

  /** As the answer has it; undefined: the organization is unknown and denied. */
  availableRoles(place: Place) {
    const facts = this.#factsOf(place)
    const { roleSet, ...why } = roleSetAt(this.#catalogue, facts)
    const answers = new RoleSetAnswers(this.#catalogue, { roleSet, isRegistered: true }, this.revision)
    const organizationRegistered = facts.roleSetId !== undefined
    const shown = { ...answers.availableRoles(place, false), roleSetId: roleSet?.id, organizationRegistered }
    return { ...shown, ...scopeFactsOf(facts), reason: 'reason' in why ? why.reason : undefined }
  }

  /** Whether it was deleted, and wasn't created again. */
  isDeleted(organizationId: string): boolean {
    return this.#deletedOrganizations.has(organizationId)
  }

  #factsOf({ organizationId, scope }: Place) {
    const roleSetId = this.organizations.get(organizationId)?.roleSetId
    // One that was deleted is unknown by any setting.
    const unknownOrganizations = this.isDeleted(organizationId) ? 'deny' : this.unknownOrganizations
    const own = this.scopes.ownRoleSetId({ organizationId, scope })
    return { roleSetId, unknownOrganizations, scope, own } satisfies PlaceStanding
  }

  #hasSet(place: Place, roleSetId: string): boolean {
    return roleSetAt(this.#catalogue, this.#factsOf(place)).roleSet?.id === roleSetId
  }

  #named(prefix: string, key: string) {
    const id = `${prefix}_${++this.#ids}`
    return { id, key, name: key, description: '', createdAtMs: 0, updatedAtMs: 0 }
  }

  #move({ fromRoleSetId, toRoleSetId }: { readonly fromRoleSetId: string; readonly toRoleSetId: string }): void {
    const target = this.roleSet(toRoleSetId)
    for (const [id, each] of this.organizations) {
      if (each.roleSetId !== fromRoleSetId) continue
      this.organizations.set(id, { ...each, roleSet: target.key, roleSetId: toRoleSetId })
    }
    this.scopes.move(fromRoleSetId, target)
  }
}

/** What an answer says of a scope, for caches. */
function scopeFactsOf({ scope, roleSetId = '', own }: PlaceStanding) {
  return scope === '' ? {} : { inScope: true, organizationRoleSetId: roleSetId, ownRoleSetId: own ?? '' }
}

type Keyed = { readonly id: string; readonly key: string }

function ofKey<Thing extends Keyed>(things: ReadonlyMap<string, Thing>, key: string): Thing | undefined {
  return [...things.values()].find((thing) => thing.key === key)
}

function find<Thing extends Keyed>(things: ReadonlyMap<string, Thing>, name: string): Thing | undefined {
  return things.get(name) ?? ofKey(things, name)
}

function notThere(kind: 'permission' | 'role' | 'role_set', name: string): never {
  const message = `The fake sidecar has no ${kind.replace('_', ' ')} ${quoted(name)}.`
  throw new RoleSetsError(`${kind}_not_found`, message)
}
