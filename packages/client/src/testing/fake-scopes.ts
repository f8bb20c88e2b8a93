/**
 * The scopes of the fake sidecar: their kinds and defaults, and what stands of them in organizations. Core finds the role set
 * of a scope; here is what it is found from, and what may not be deleted or renamed.
 */

import { keyOfPlace, kindOfScope, quoted, type Place } from '@rolesets/core'
import { RoleSetsError } from '../errors.ts'
import type { Change, ScopeRenamed } from '../feed/changes.ts'
import type { Assignment, RoleSet, ScopeDefault, ScopeKind } from '../wire/resources.ts'
import type { FakeMembers } from './fake-members.ts'

export class FakeScopes {
  readonly kinds = new Map<string, ScopeKind>()
  readonly defaults = new Map<string, ScopeDefault>()
  /** By the keys of the places. */
  readonly assignments = new Map<string, Assignment>()
  readonly #members: FakeMembers

  constructor(members: FakeMembers) {
    this.#members = members
  }

  /** The id of the role set that a place has of its own. */
  ownRoleSetId(place: Place): string | null {
    return this.assignments.get(keyOfPlace(place))?.roleSetId || null
  }

  /** The organization was deleted, and its scopes with it. */
  end(organizationId: string): void {
    for (const [key, each] of this.assignments) if (each.organizationId === organizationId) this.assignments.delete(key)
  }

  /** Scopes with this role set of their own have the other one. */
  move(fromRoleSetId: string, { id, key }: RoleSet): void {
    for (const [place, each] of this.assignments)
      if (each.roleSetId === fromRoleSetId) this.assignments.set(place, { ...each, roleSet: key, roleSetId: id })
  }

  /** The kinds and defaults with this role set get the other one. */
  moveChanges(fromRoleSetId: string, { id, key }: RoleSet): readonly Change[] {
    const onIt = ({ roleSetId }: { readonly roleSetId: string }) => roleSetId === fromRoleSetId
    const target = { roleSet: key, roleSetId: id }
    return [
      ...[...this.kinds.values()].filter(onIt).map((each): Change => ({ scopeKindPut: { ...each, ...target } })),
      ...[...this.defaults.values()].filter(onIt).map((each): Change => ({ scopeDefaultPut: { ...each, ...target } })),
    ]
  }

  /** Gives a scope a role set of its own. */
  assignChange({ organizationId, scope }: Place, { id: roleSetId, key: roleSet }: RoleSet): Change {
    const name = this.assignments.get(keyOfPlace({ organizationId, scope }))?.name ?? ''
    return { assignmentPut: { organizationId, scope, name, roleSet, roleSetId, updatedAtMs: 0 } }
  }

  /** @param fallback of the scopes of the kind that have neither a role set of their own nor a default */
  kindChange(kind: string, fallback: RoleSet | 'organization' | 'none'): Change {
    if (typeof fallback === 'object') {
      const { id: roleSetId, key: roleSet } = fallback
      return { scopeKindPut: { kind, fallback: 'ROLE_SET', roleSet, roleSetId, updatedAtMs: 0 } }
    }
    const name = fallback === 'none' ? 'NONE' : 'ORGANIZATION'
    return { scopeKindPut: { kind, fallback: name, roleSet: '', roleSetId: '', updatedAtMs: 0 } }
  }

  /** @throws RoleSetsError `in_use`: there are defaults or scopes of the kind */
  removeKindChange(kind: string): Change {
    this.#checkKind(kind)
    const isOfKind = ({ scope }: { readonly scope: string }) => kindOfScope(scope) === kind
    if ([...this.defaults.values(), ...this.assignments.values(), ...this.#members.current()].some(isOfKind)) {
      const message = `The kind of scopes ${kind} is in use by members, by role sets of scopes, or by defaults. End these first.`
      throw new RoleSetsError('in_use', message)
    }
    return { scopeKindDeleted: { kind } }
  }

  defaultChange(scope: string, { id: roleSetId, key: roleSet }: RoleSet): Change {
    return { scopeDefaultPut: { scope, roleSet, roleSetId, updatedAtMs: 0 } }
  }

  removeDefaultChange(scope: string): Change {
    if (this.defaults.has(scope)) return { scopeDefaultDeleted: { scope } }
    throw new RoleSetsError('scope_default_not_found', `The fake sidecar has no default of the scope ${quoted(scope)}.`)
  }

  /** The changes that give a scope another key: its members and its own role set go with it. */
  renameChanges(organizationId: string, fromScope: string, toScope: string): readonly Change[] {
    const [from, to] = [fromScope, toScope].map((scope) => this.#inUse({ organizationId, scope }))
    this.#checkKind(kindOfScope(toScope))
    if (fromScope === toScope) return []
    const { assignment, members = 0 } = from ?? {}
    if (to !== undefined) throw taken(organizationId, toScope)
    if (from === undefined) throw scopeNotFound(organizationId, fromScope)
    const renamed: Change = { scopeRenamed: { organizationId, fromScope, toScope, members, invitations: 0 } }
    if (assignment === undefined) return [renamed]
    const gone: Change = { assignmentDeleted: { organizationId, scope: fromScope } }
    return [renamed, gone, { assignmentPut: { ...assignment, scope: toScope } }]
  }

  rename(renamed: ScopeRenamed): void {
    this.#members.rename(renamed)
  }

  /** What there is of a scope; undefined: nothing. */
  #inUse(place: Place) {
    const assignment = this.assignments.get(keyOfPlace(place))
    const members = this.#members.current().filter((each) => keyOfPlace(each) === keyOfPlace(place)).length
    return assignment === undefined && members === 0 ? undefined : { assignment, members }
  }

  #checkKind(kind: string): void {
    if (!this.kinds.has(kind))
      throw new RoleSetsError('scope_kind_not_found', `The fake sidecar has no kind of scopes ${quoted(kind)}.`)
  }
}

function taken(organizationId: string, scope: string): RoleSetsError {
  const message = `The organization ${quoted(organizationId)} already has a scope ${quoted(scope)}. Choose another key.`
  return new RoleSetsError('key_taken', message)
}

function scopeNotFound(organizationId: string, scope: string): RoleSetsError {
  const message = `The organization ${quoted(organizationId)} has no scope ${quoted(scope)} with a role set of its own or with members.`
  return new RoleSetsError('scope_not_found', message)
}
