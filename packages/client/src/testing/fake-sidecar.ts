/**
 * `@rolesets/client/testing`: a sidecar in memory, for tests of applications. It can be changed, stopped and stalled:
 *
 *     const sidecar = createFakeSidecar({ roleSets: { 'role_set:free': ['org:admin', 'org:member'] } })
 *     const roleSets = createRoleSetsClient({ transport: sidecar.transport })
 */

import { quoted } from '@rolesets/core'
import { systemClock, type Clock } from '../clock.ts'
import { RoleSetsError } from '../errors.ts'
import type { Change } from '../feed/changes.ts'
import type { Transport, UnaryCall } from '../wire/transport.ts'
import { FakeCalls } from './fake-calls.ts'
import { FakeStore, type FakeRoleSet } from './fake-store.ts'
import { FakeTransport } from './fake-transport.ts'

export type { FakeRoleSet } from './fake-store.ts'

/** Keys of roles; as a list, the first is the creator role and the last the default role. */
type RoleSetInput = readonly string[] | FakeRoleSet

export interface FakeSidecarOptions {
  /** Role key to keys of permissions. Roles of the sets that aren't named here hold none. */
  readonly roles?: { readonly [key: string]: readonly string[] }
  /** By key. Without one that is `initial`, the first is. Left out: `role_set:default`. */
  readonly roleSets?: { readonly [key: string]: RoleSetInput }
  /** Id to key of the role set. */
  readonly organizations?: { readonly [id: string]: string }
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
  /** Makes a role set, or gives it other roles. */
  setRoleSet(key: string, roleSet: RoleSetInput): string
  /** Gives a permission, a role or a role set another key. */
  rename(key: string, newKey: string): string
  /** Moves all organizations of a role set to another one, and deletes it. */
  replaceRoleSet(key: string, toKey: string): string
  /** Puts an organization on a role set, and registers it if need be. */
  assign(organizationId: string, roleSet: string): string
  removeOrganization(organizationId: string): string
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
  return new Fake(options)
}

class Fake implements FakeSidecar {
  readonly transport: FakeTransport
  readonly calls: FakeCall[] = []
  readonly #store = new FakeStore()
  readonly #answers: FakeCalls
  readonly #handlers = new Map<string, Handler>()

  constructor(options: FakeSidecarOptions) {
    const { clock = systemClock, heartbeatMs = 1000, unknownOrganizations } = options
    this.#store.unknownOrganizations = unknownOrganizations ?? 'initial'
    this.#answers = new FakeCalls(this.#store)
    const answer = (...call: Parameters<Transport['unary']>) => this.#answer(...call)
    this.transport = new FakeTransport({ store: this.#store, clock, heartbeatMs, answer })
    this.#fill(options)
  }

  get revision(): string {
    return this.#store.revision
  }

  setRole(key: string, permissions: readonly string[] = []): string {
    return this.#store.commit('UpdateRole', this.#store.roleChanges(key, permissions))
  }

  removeRole(key: string): string {
    const { id } = this.#store.role(key)
    const holders = [...this.#store.roleSets.values()].filter(({ roleIds }) => roleIds.includes(id))
    const left = holders.map((roleSet): Change => {
      const roleIds = roleSet.roleIds.filter((each) => each !== id)
      return { roleSetPut: { ...roleSet, roleIds, roles: roleIds.map((each) => this.#store.role(each).key) } }
    })
    return this.#store.commit('DeleteRole', [...left, { roleDeleted: { id, key } }])
  }

  setRoleSet(key: string, roleSet: RoleSetInput): string {
    return this.#store.commit('UpdateRoleSet', this.#store.roleSetChanges(key, roleSetOf(roleSet)))
  }

  rename(key: string, newKey: string): string {
    const of = <Thing extends { readonly key: string }>(things: ReadonlyMap<string, Thing>) =>
      [...things.values()].find((thing) => thing.key === key)
    const [permission, role, roleSet] = [of(this.#store.permissions), of(this.#store.roles), of(this.#store.roleSets)]
    if (permission) return this.#store.commit('UpdatePermission', [{ permissionPut: { ...permission, key: newKey } }])
    if (role) return this.#store.commit('UpdateRole', [{ rolePut: { ...role, key: newKey } }])
    if (roleSet) return this.#store.commit('UpdateRoleSet', [{ roleSetPut: { ...roleSet, key: newKey } }])
    throw new RoleSetsError(
      'invalid_argument',
      `The fake sidecar has no permission, role or role set with the key ${quoted(key)}.`,
    )
  }

  replaceRoleSet(key: string, toKey: string): string {
    return this.#store.commit('ReplaceRoleSet', this.#store.replaceRoleSetChanges(key, toKey))
  }

  assign(organizationId: string, roleSet: string): string {
    return this.#store.commit('AssignRoleSet', [this.#store.assignChange(organizationId, roleSet)])
  }

  removeOrganization(organizationId: string): string {
    return this.#store.commit('DeleteOrganization', [{ organizationDeleted: { id: organizationId, key: '' } }])
  }

  touch(): string {
    return this.#store.commit('CreateMembership', [])
  }

  setUnknownOrganizations(how: 'initial' | 'deny'): void {
    this.#store.unknownOrganizations = how
  }

  restore(): string {
    this.#store.startNewEpoch()
    this.transport.endStreams()
    return this.#store.revision
  }

  compact(): void {
    this.#store.compact()
  }

  goDown(): void {
    this.transport.setCondition('down')
  }

  stall(): void {
    this.transport.setCondition('stalled')
  }

  comeBack(): void {
    this.transport.setCondition('up')
  }

  answer(method: string, handler: Handler | undefined): void {
    if (handler === undefined) this.#handlers.delete(method)
    else this.#handlers.set(method, handler)
  }

  async #answer(method: string, request: object, call: UnaryCall): Promise<unknown> {
    this.calls.push({ method, request, actor: call.actor })
    const handler = this.#handlers.get(method)
    return handler === undefined ? this.#answers.answer(method, request, call) : handler(request)
  }

  #fill({
    roles = {},
    roleSets = { 'role_set:default': ['org:admin', 'org:member'] },
    organizations = {},
  }: FakeSidecarOptions) {
    const sets = Object.entries(roleSets).map(([key, roleSet]) => [key, roleSetOf(roleSet)] as const)
    const unnamed = sets.flatMap(([, set]) => set.roles).filter((key) => !Object.hasOwn(roles, key))
    for (const key of new Set(unnamed)) this.setRole(key)
    for (const [key, permissions] of Object.entries(roles)) this.setRole(key, permissions)
    const hasInitial = sets.some(([, set]) => set.initial)
    sets.forEach(([key, set], at) => this.setRoleSet(key, hasInitial || at > 0 ? set : { ...set, initial: true }))
    for (const [id, roleSet] of Object.entries(organizations)) this.assign(id, roleSet)
  }
}

function roleSetOf(input: RoleSetInput): FakeRoleSet {
  // A list has no `roles`.
  return 'roles' in input ? input : { roles: input }
}
