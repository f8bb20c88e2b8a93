/** What the fake sidecar answers: all questions, and the calls of Administration that tests of applications need. */

import type { Change } from '../feed/changes.ts'
import { RoleSetsError } from '../errors.ts'
import type { FakeStore } from './fake-store.ts'
import type { Role } from '../wire/resources.ts'
import { parseRevision } from '../revision.ts'
import type { UnaryCall } from '../wire/transport.ts'

/** The requests that it understands, with all that they may have. */
interface Request {
  readonly atLeastRevision: string
  readonly organizationId: string
  readonly role: string
  readonly permission: string
  readonly checks: readonly { organizationId: string; role: string; permission: string }[]
  readonly id: string
  readonly key: string
  readonly roleSet: string
  readonly toRoleSet: string
  readonly roles: readonly string[]
  readonly permissions: unknown
  readonly defaultRole: string
  readonly creatorRole: string
  readonly dryRun: boolean
}

const noImpact = { organizations: 0, members: 0, invitations: 0, roles: [], requiredMappings: [], violations: [] }

export class FakeCalls {
  readonly #store: FakeStore
  readonly #deniesUnknown: () => boolean

  constructor(store: FakeStore, deniesUnknown: () => boolean) {
    this.#store = store
    this.#deniesUnknown = deniesUnknown
  }

  async answer(method: string, message: object, { signal }: UnaryCall): Promise<unknown> {
    // The client has checked what it sends.
    const request = message as Request
    if (request.atLeastRevision) await this.#reach(request.atLeastRevision, signal)
    const revision = this.#store.revision
    switch (method) {
      case 'Decisions/Check':
        return { ...this.#store.decide(request, this.#deniesUnknown()), revision }
      case 'Decisions/BatchCheck': {
        const results = request.checks.map((question) => this.#store.decide(question, this.#deniesUnknown()))
        return { results, revision }
      }
      case 'Decisions/ListAvailableRoles':
        return { ...this.#availableRoles(request.organizationId), revision }
      default:
        return this.#administer(method.replace('Administration/', ''), request)
    }
  }

  #availableRoles(organizationId: string) {
    const store = this.#store
    const organization = store.organizations.get(organizationId)
    if (organization === undefined && this.#deniesUnknown()) {
      throw new RoleSetsError('organization_not_found', `There is no organization ${JSON.stringify(organizationId)}.`)
    }
    const roleSet = organization === undefined ? store.initialRoleSet() : store.roleSet(organization.roleSetId)
    const roles = roleSet.roleIds.map((id) => this.#shown(store.role(id)))
    return {
      roles: roles.sort((a, b) => (a.key < b.key ? -1 : 1)),
      defaultRole: store.role(roleSet.defaultRoleId).key,
      creatorRole: store.role(roleSet.creatorRoleId).key,
      ...{ roleSet: roleSet.key, roleSetId: roleSet.id, organizationRegistered: organization !== undefined },
    }
  }

  /** With the present keys of its permissions. */
  #shown(role: Role): Role {
    const keys = role.permissionIds.flatMap((id) => this.#store.permissions.get(id)?.key ?? [])
    return { ...role, permissions: keys.sort() }
  }

  #administer(operation: string, request: Request): unknown {
    const changes = this.#plan(operation, request)
    const revision = request.dryRun ? this.#store.revision : this.#store.commit(operation, changes)
    return { ...this.#written(changes), impact: noImpact, revision }
  }

  #plan(operation: string, request: Request): readonly Change[] {
    const store = this.#store
    switch (operation) {
      case 'CreateRole':
        return store.roleChanges(request.key, (request.permissions ?? []) as readonly string[])
      case 'UpdateRole': {
        const role = store.role(request.role)
        const { keys } = (request.permissions ?? { keys: role.permissions }) as { readonly keys: readonly string[] }
        return store.roleChanges(role.key, keys)
      }
      case 'CreateRoleSet':
        return store.roleSetChanges(request.key, request)
      case 'AddRoles': {
        const { key, roles, ...set } = store.roleSet(request.roleSet)
        const all = [...new Set([...roles, ...request.roles.map((name) => store.role(name).key)])]
        return store.roleSetChanges(key, { ...set, roles: all })
      }
      case 'ReplaceRoleSet':
        return store.replaceRoleSetChanges(request.roleSet, request.toRoleSet)
      case 'CreateOrganization':
        return [store.assignChange(request.id, request.roleSet ?? store.initialRoleSet().id)]
      case 'AssignRoleSet':
        return [store.assignChange(request.organizationId, request.roleSet)]
      case 'DeleteOrganization':
        return [{ organizationDeleted: { id: request.organizationId, key: '' } }]
      default: {
        const message = `The fake sidecar doesn't do ${operation}. Use its verbs, or \`answer\`, or a real sidecar.`
        throw new RoleSetsError('unimplemented', message)
      }
    }
  }

  /** The thing that was written: the last change has it, or the move before the deletion. */
  #written(changes: readonly Change[]): object {
    const moved = changes.find((change) => 'organizationsMoved' in change)
    if (moved !== undefined) return { roleSet: this.#store.roleSet(moved.organizationsMoved.toRoleSetId) }
    const change = changes.at(-1)
    if (change === undefined) return {}
    if ('rolePut' in change) return { role: change.rolePut }
    if ('roleSetPut' in change) return { roleSet: change.roleSetPut }
    if ('organizationPut' in change) return { organization: change.organizationPut }
    return 'organizationDeleted' in change ? { id: change.organizationDeleted.id } : {}
  }

  /** Waits for the revision, until nobody waits for the answer any more. */
  async #reach(revision: string, signal: AbortSignal): Promise<void> {
    const { epoch, number = 0 } = parseRevision(revision) ?? {}
    if (epoch !== this.#store.epoch) {
      const message = `${revision} is of another epoch than ${this.#store.revision}.`
      throw new RoleSetsError('revision_of_another_epoch', message)
    }
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.#store.number < number && !signal.aborted) return
        unsubscribe()
        signal.removeEventListener('abort', look)
        if (signal.aborted) reject(new RoleSetsError('deadline_exceeded', `${revision} was not reached in time.`))
        else resolve()
      }
      const unsubscribe = this.#store.subscribe(look)
      signal.addEventListener('abort', look, { once: true })
      look()
    })
  }
}
