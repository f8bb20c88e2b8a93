/**
 * `@rolesets/client/testing`: a sidecar in memory, for tests of applications. It can be changed, stopped and stalled:
 *
 *     const sidecar = createFakeSidecar({ roleSets: { 'role_set:free': ['org:admin', 'org:member'] } })
 *     const roleSets = createRoleSetsClient({ transport: sidecar.transport })
 */

import { quoted } from '@rolesets/core'
import { systemClock, type Clock } from '../clock.ts'
import { RoleSetsError } from '../errors.ts'
import type { Transport } from '../wire/transport.ts'
import { FakeCalls } from './fake-calls.ts'
import { FakeStore, type FakeRoleSet } from './fake-store.ts'
import { FakeTransport } from './fake-transport.ts'

export type { FakeRoleSet } from './fake-store.ts'

/** Keys of roles; as a list, the first is the creator role and the last the default role. */
type RoleSetInput = readonly string[] | FakeRoleSet

export interface FakeSidecarOptions {
  /** Role key to keys of permissions. Roles of the sets that aren't named here hold none. */
  readonly roles?: { readonly [key: string]: readonly string[] }
  /** By key. If none has `initial`, the first one is the initial set. Default: `role_set:default`. */
  readonly roleSets?: { readonly [key: string]: RoleSetInput }
  /** Id to key of the role set. */
  readonly organizations?: { readonly [id: string]: string }
  /** Kind of scopes to its fallback: key of a role set, or `organization` or `none`. */
  readonly scopeKinds?: { readonly [kind: string]: string }
  /** Key of scopes to key of the role set that they have by default. */
  readonly scopeDefaults?: { readonly [scope: string]: string }
  /** Id of the organization to its members: id of the user to the key of the role, to several, or with an end. */
  readonly members?: { readonly [organizationId: string]: { readonly [userId: string]: FakeRoles } }
  /** As for a client with a key (the default), or as for one without: the feed then doesn't show memberships. */
  readonly membershipsShown?: boolean
  /** Default `initial`. */
  readonly unknownOrganizations?: 'initial' | 'deny'
  /** Default 1000. */
  readonly heartbeatMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

export interface FakeCall {
  /** For example `Decisions/Check`. */
  readonly method: string
  readonly request: object
  readonly actor: string | undefined
}

/** An organization by its id alone, or a scope of it. */
export interface FakePlace {
  readonly organizationId: string
  readonly scope: string
}

/** What a member holds: the key of a role, or several. */
export type FakeRoles = string | readonly string[] | FakeTimeBoundRoles

export interface FakeTimeBoundRoles {
  readonly roles: string | readonly string[]
  /**
   * The membership ends when the clock of the fake sidecar has gone on by so many milliseconds; 0: it is over now, null: it has
   * no end. Not given: as it was, and without an end for a new member.
   */
  readonly endsInMs?: number | null
}

type Handler = (request: object) => unknown

/** Verbs that change something return the revision, as a write does. */
export interface FakeSidecar {
  /** For `createRoleSetsClient({ transport })`. Several clients can share it. */
  readonly transport: Transport
  /** The calls that came, oldest first. */
  readonly calls: readonly FakeCall[]
  /** The present revision. */
  readonly revision: string
  /** Makes a role, or gives it other permissions. */
  setRole(key: string, permissions?: readonly string[]): string
  /** Takes a role out of the store and of all sets. */
  removeRole(key: string): string
  /** Takes a permission out of the store and of all roles. */
  removePermission(key: string): string
  /** Makes a role set, or gives it other roles. */
  setRoleSet(key: string, roleSet: RoleSetInput): string
  /** Gives a permission, a role or a role set another key. */
  rename(key: string, newKey: string): string
  /** Moves all organizations of a role set to another one, and deletes it. */
  replaceRoleSet(key: string, toKey: string): string
  /** Gives an organization a role set, and registers the organization if necessary. With a scope, gives the scope one of its own. */
  assign(organizationId: string, roleSet: string, scope?: string): string
  /** Takes a scope's own role set. */
  unassign(organizationId: string, scope: string): string
  /** Registers a kind of scopes. `fallback`: key of a role set, or `organization` or `none`. */
  setScopeKind(kind: string, fallback: string): string
  /** Fails with `in_use` while there are members, role sets of scopes, or defaults of the kind, as a write does. */
  removeScopeKind(kind: string): string
  /** Gives the scopes with this key a role set where they have none of their own. */
  setScopeDefault(scope: string, roleSet: string): string
  removeScopeDefault(scope: string): string
  /** Gives a scope another key; its members and its own role set go with it. */
  renameScope(organizationId: string, scope: string, newScope: string): string
  removeOrganization(organizationId: string): string
  /** Makes a user a member with a role or several, until a time or without an end, or gives the member other ones. */
  setMember(place: string | FakePlace, userId: string, roles: FakeRoles): string
  /** Ends a membership; with that of the organization as a whole also those of its scopes. */
  removeMember(place: string | FakePlace, userId: string): string
  /** Gives all members with a role, in all organizations of a role set, another one, and takes it out of the set. */
  replaceRole(roleSet: string, role: string, toRole: string): string
  /** Makes a revision that changes nothing of what is decided, as a new member does. */
  touch(): string
  /** Streams get it with the next heartbeat, as after a restart. */
  setUnknownOrganizations(how: 'initial' | 'deny'): void
  /** As a restore from a backup: the same content in another epoch. Streams end. */
  restore(): string
  /** Forgets the history: a client that resumes has to take a snapshot. */
  compact(): void
  /** Cannot be reached: calls fail, streams end. */
  goDown(): void
  /** Takes calls and doesn't answer, as behind a broken network. */
  stall(): void
  /** After `goDown` or `stall`. */
  comeBack(): void
  /** Answers a method in another way: return or throw what you like. Without a handler, as before. */
  answer(method: string, handler: Handler | undefined): void
}

export function createFakeSidecar(options: FakeSidecarOptions = {}): FakeSidecar {
  const { clock = systemClock, heartbeatMs = 1000, unknownOrganizations = 'initial' } = options
  const { membershipsShown = true } = options
  const store = new FakeStore(clock)
  const answers = new FakeCalls(store)
  const handlers = new Map<string, Handler>()
  const calls: FakeCall[] = []
  const transport = new FakeTransport({
    ...{ store, clock, heartbeatMs, membershipsShown },
    async answer(method, request, call) {
      calls.push({ method, request, actor: call.actor })
      const handler = handlers.get(method)
      return handler === undefined ? answers.answer(method, request, call) : handler(request)
    },
  })
  store.unknownOrganizations = unknownOrganizations
  const sidecar: FakeSidecar = {
    ...{ transport, calls },
    get revision() {
      return store.revision
    },
    setRole: (key, permissions = []) => store.commit('UpdateRole', store.roleChanges(key, permissions)),
    removeRole: (key) => store.commit('DeleteRole', store.removeRoleChanges(key)),
    removePermission: (key) => store.commit('DeletePermission', store.removePermissionChanges(key)),
    setRoleSet: (key, roleSet) => store.commit('UpdateRoleSet', store.roleSetChanges(key, roleSetOf(roleSet))),
    rename: (key, newKey) => store.commit(...store.renaming(key, newKey)),
    replaceRoleSet: (key, toKey) => store.commit('ReplaceRoleSet', store.replaceRoleSetChanges(key, toKey)),
    assign: (organizationId, roleSet, scope = '') => {
      if (scope === '') return store.commit('AssignRoleSet', [store.assignChange(organizationId, roleSet)])
      const change = store.scopes.assignChange({ organizationId, scope }, store.roleSet(roleSet))
      return store.commit('AssignRoleSet', [change])
    },
    unassign: (organizationId, scope) =>
      store.commit('AssignRoleSet', [{ assignmentDeleted: { organizationId, scope } }]),
    ...scopeVerbs(store),
    removeOrganization: (id) => store.commit('DeleteOrganization', [{ organizationDeleted: { id, key: '' } }]),
    setMember(place, userId, roles) {
      const held = typeof roles === 'object' && 'roles' in roles ? roles : { roles }
      const holding = { ...held, roles: [held.roles].flat().map((role) => store.role(role)) }
      const member = { ...placeOf(place), userId }
      if (!store.members.has({ ...member, scope: '' }) && member.scope !== '') throw noMember(member)
      return store.commit('UpdateMembership', store.members.putChanges(member, holding))
    },
    removeMember: (place, userId) =>
      store.commit('DeleteMembership', store.members.deleteChanges({ ...placeOf(place), userId })),
    replaceRole: (roleSet, role, toRole) =>
      store.commit('ReplaceRole', store.replaceRoleChanges(roleSet, role, toRole)),
    touch: () => store.commit('CreateMembership', []),
    setUnknownOrganizations: (how) => void (store.unknownOrganizations = how),
    restore() {
      store.startNewEpoch()
      transport.endStreams()
      return store.revision
    },
    compact: () => store.compact(),
    goDown: () => transport.setCondition('down'),
    stall: () => transport.setCondition('stalled'),
    comeBack: () => transport.setCondition('up'),
    answer(method, handler) {
      if (handler === undefined) handlers.delete(method)
      else handlers.set(method, handler)
    },
  }
  fill(sidecar, options)
  return sidecar
}

function scopeVerbs(
  store: FakeStore,
): Pick<FakeSidecar, 'setScopeKind' | 'removeScopeKind' | 'setScopeDefault' | 'removeScopeDefault' | 'renameScope'> {
  const { scopes } = store
  return {
    setScopeKind(kind, fallback) {
      const isWord = fallback === 'organization' || fallback === 'none'
      return store.commit('SetScopeKind', [scopes.kindChange(kind, isWord ? fallback : store.roleSet(fallback))])
    },
    removeScopeKind: (kind) => store.commit('DeleteScopeKind', [scopes.removeKindChange(kind)]),
    setScopeDefault: (scope, roleSet) =>
      store.commit('SetScopeDefault', [scopes.defaultChange(scope, store.roleSet(roleSet))]),
    removeScopeDefault: (scope) => store.commit('DeleteScopeDefault', [scopes.removeDefaultChange(scope)]),
    renameScope: (organizationId, scope, newScope) =>
      store.commit('RenameScope', scopes.renameChanges(organizationId, scope, newScope)),
  }
}

function fill(
  sidecar: FakeSidecar,
  { roles = {}, organizations = {}, members = {}, ...options }: FakeSidecarOptions,
): void {
  const { roleSets = { 'role_set:default': ['org:admin', 'org:member'] } } = options
  const sets = Object.entries(roleSets).map(([key, roleSet]) => [key, roleSetOf(roleSet)] as const)
  const unnamed = sets.flatMap(([, set]) => set.roles).filter((key) => !Object.hasOwn(roles, key))
  for (const key of new Set(unnamed)) sidecar.setRole(key)
  for (const [key, permissions] of Object.entries(roles)) sidecar.setRole(key, permissions)
  const hasInitial = sets.some(([, set]) => set.initial)
  sets.forEach(([key, set], at) => sidecar.setRoleSet(key, hasInitial || at > 0 ? set : { ...set, initial: true }))
  for (const [id, roleSet] of Object.entries(organizations)) sidecar.assign(id, roleSet)
  for (const [kind, fallback] of Object.entries(options.scopeKinds ?? {})) sidecar.setScopeKind(kind, fallback)
  for (const [scope, roleSet] of Object.entries(options.scopeDefaults ?? {})) sidecar.setScopeDefault(scope, roleSet)
  for (const [id, ofOrganization] of Object.entries(members))
    for (const [userId, held] of Object.entries(ofOrganization)) sidecar.setMember(id, userId, held)
}

function placeOf(place: string | FakePlace): FakePlace {
  return typeof place === 'string' ? { organizationId: place, scope: '' } : place
}

/** A member of a scope is one of its organization. */
function noMember({
  organizationId,
  userId,
}: {
  readonly organizationId: string
  readonly userId: string
}): RoleSetsError {
  const problem = `The fake sidecar has no member ${quoted(userId)} of the organization ${quoted(organizationId)}. Add the member there first.`
  return new RoleSetsError('organization_membership_missing', problem)
}

function roleSetOf(input: RoleSetInput): FakeRoleSet {
  // A list has no `roles`.
  return 'roles' in input ? input : { roles: input }
}
