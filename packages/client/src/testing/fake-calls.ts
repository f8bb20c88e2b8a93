/**
 * The answers of the fake sidecar: to all questions, and to the calls of Administration that tests of applications
 * need.
 */

import { parseRevision, quoted, type Place } from '@rolesets/core'
import { Conditions } from '../conditions.ts'
import { RoleSetsError } from '../errors.ts'
import type { Change } from '../feed/changes.ts'
import type { UnaryCall } from '../wire/transport.ts'
import type { FakeMemberQuestion } from './fake-members.ts'
import type { FakeStore } from './fake-store.ts'

/** The requests that it understands, with all that they may have. */
interface Request {
  readonly atLeastRevision: string
  readonly organizationId: string
  readonly scope?: string
  readonly role: string
  readonly permission: string
  readonly checks: readonly { organizationId: string; role: string; permission: string; scope?: string }[]
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

const noImpact = {
  ...{ organizations: 0, members: 0, invitations: 0, roles: [], requiredMappings: [], violations: [] },
  ...{ organizationsWithoutAdministrator: 0, organizationIdsWithoutAdministrator: [] },
  ...{ endedInvitations: 0, sentInvitations: 0 },
}

/** What a call of Administration does, and the thing that it answers with. */
interface Plan {
  readonly changes: readonly Change[]
  readonly reply: object
}

export class FakeCalls {
  readonly #store: FakeStore

  constructor(store: FakeStore) {
    this.#store = store
  }

  async answer(method: string, message: object, { signal }: UnaryCall): Promise<unknown> {
    // The client has checked what it sends.
    const request = message as Request
    if (request.atLeastRevision) await this.#reach(request.atLeastRevision, signal)
    const { revision } = this.#store
    switch (method) {
      case 'Decisions/Check':
        return { ...this.#store.decide(request), revision }
      case 'Decisions/BatchCheck':
        return { results: request.checks.map((question) => this.#store.decide(question)), revision }
      case 'Decisions/CheckMember':
        return { ...this.#store.decideMember(message as FakeMemberQuestion), revision }
      case 'Decisions/BatchCheckMember': {
        const { checks } = message as { readonly checks: readonly FakeMemberQuestion[] }
        return { results: checks.map((question) => this.#store.decideMember(question)), revision }
      }
      case 'Decisions/ListAvailableRoles':
        return this.#availableRoles({ organizationId: request.organizationId, scope: request.scope ?? '' })
      default:
        return this.#administer(method.replace('Administration/', ''), request)
    }
  }

  #availableRoles(place: Place): object {
    const { reason, ...reply } = this.#store.availableRoles(place)
    if (reply.roleSetId !== undefined) return reply
    if (reason === 'ORGANIZATION_UNKNOWN' || reason === undefined) throw organizationNotFound(place.organizationId)
    const code = reason === 'SCOPE_KIND_UNKNOWN' ? 'scope_kind_not_found' : 'scope_without_role_set'
    throw new RoleSetsError(code, `The scope ${quoted(place.scope)} has no role set (${reason}).`)
  }

  #administer(operation: string, request: Request): unknown {
    const { changes, reply } = this.#plan(operation, request)
    const revision = request.dryRun ? this.#store.revision : this.#store.commit(operation, changes)
    return { ...reply, impact: noImpact, revision }
  }

  #plan(operation: string, request: Request): Plan {
    const store = this.#store
    switch (operation) {
      case 'CreateRole':
        return planOf('role', store.roleChanges(request.key, (request.permissions ?? []) as readonly string[]))
      case 'UpdateRole': {
        const role = store.role(request.role)
        const { keys } = (request.permissions ?? { keys: role.permissions }) as { readonly keys: readonly string[] }
        return planOf('role', store.roleChanges(role.key, keys))
      }
      case 'CreateRoleSet':
        return planOf('roleSet', store.roleSetChanges(request.key, request))
      case 'AddRoles': {
        const { key, roles, ...set } = store.roleSet(request.roleSet)
        const all = [...new Set([...roles, ...request.roles.map((name) => store.role(name).key)])]
        return planOf('roleSet', store.roleSetChanges(key, { ...set, roles: all }))
      }
      case 'ReplaceRoleSet': {
        const reply = { roleSet: store.roleSet(request.toRoleSet) }
        return { changes: store.replaceRoleSetChanges(request.roleSet, request.toRoleSet), reply }
      }
      case 'CreateOrganization':
        return planOf('organization', [store.assignChange(request.id, request.roleSet ?? store.initialRoleSet().id)])
      case 'AssignRoleSet': {
        const { organizationId, scope = '' } = request
        if (scope !== '') {
          const changes = [store.scopes.assignChange({ organizationId, scope }, store.roleSet(request.roleSet))]
          return { changes, reply: { organization: store.organizations.get(organizationId) } }
        }
        const change = store.assignChange(organizationId, request.roleSet)
        if (store.isDeleted(organizationId)) throw organizationNotFound(organizationId)
        return planOf('organization', [change])
      }
      case 'DeleteOrganization': {
        const { organizationId: id } = request
        return { changes: [{ organizationDeleted: { id, key: '' } }], reply: { id } }
      }
      default: {
        const message = `The fake sidecar doesn't implement ${operation}. Use its methods, \`answer\`, or a real sidecar.`
        throw new RoleSetsError('unimplemented', message)
      }
    }
  }

  /** Waits for the revision, while the caller waits for the answer. */
  async #reach(revision: string, signal: AbortSignal): Promise<void> {
    const { epoch, number = 0 } = parseRevision(revision) ?? {}
    if (epoch !== this.#store.epoch) {
      const message = `${revision} is of another epoch than ${this.#store.revision}.`
      throw new RoleSetsError('revision_of_another_epoch', message)
    }
    const committed = new Conditions()
    const unsubscribe = this.#store.subscribe(() => committed.changed())
    const isReached = () => this.#store.number >= number
    await committed.until(isReached, signal).finally(unsubscribe)
    if (!isReached()) throw new RoleSetsError('deadline_exceeded', `${revision} was not reached in time.`)
  }
}

function organizationNotFound(organizationId: string): RoleSetsError {
  return new RoleSetsError('organization_not_found', `There is no organization ${quoted(organizationId)}.`)
}

/** The last change has the thing. */
function planOf(field: string, changes: readonly Change[]): Plan {
  return { changes, reply: { [field]: Object.values(changes.at(-1) ?? {})[0] as unknown } }
}
