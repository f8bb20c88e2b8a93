/** The role sets and names that single scopes have of their own (rules 14 to 16). */

import {
  deleted,
  kindOfScope,
  put,
  quoted,
  roleSetOfPlace,
  type Assignment,
  type Catalogue,
  type Change,
  type Organization,
  type Place,
  type Renamed,
  type RoleSetOfPlace,
} from '@rolesets/core'
import { checkLimit } from './check-limit.ts'
import { decided, type Context, type Decided, type Impact } from './decided.ts'
import { invalid, parseFlag, parseId, parseOrganizationName } from './fields.ts'
import { findRoleSet } from './lookup.ts'
import type { Mapped, RestoringFacts } from './mappings.ts'
import { Refusal } from './refusal.ts'
import { organizationNotFound, registerIfUnknown, type RegistrationFacts } from './registration.ts'
import type { ListedScope, OneScopeFacts, ScopesInUse } from './scope-facts.ts'
import { planScopeMove } from './scope-moves.ts'
import { parseScope, scopeKindNotFound } from './scopes.ts'

export interface AssignScopeInput extends Mapped, Place {
  /** Key or id; none with `clear`. */
  readonly roleSet?: string | undefined
  /** True: the scope gives up its own role set. */
  readonly clear?: boolean | undefined
}

export interface RenameScopeInput extends Mapped, Place {
  /** Empty or not given: it keeps its key. */
  readonly newScope?: string | undefined
  /** The name for people; may be empty. Not given: it keeps its name. */
  readonly name?: string | undefined
}

/** A scope, with what else decides its role set. */
export interface WrittenScope extends ListedScope {
  readonly organizationRoleSetId: string
}

/** Assigns a scope a role set of its own, or takes it away. An unknown organization is registered on the initial set. */
export function assignToScope(
  catalogue: Catalogue,
  input: AssignScopeInput,
  facts: OneScopeFacts & RegistrationFacts & RestoringFacts,
  context: Context,
): Decided<Organization> {
  const organizationId = parseId(input.organizationId, 'organization_id')
  const scope = parseScope(input.scope)
  const roleSetId = input.clear === true ? null : findRoleSet(catalogue, input.roleSet).id
  if (input.clear === true && input.roleSet)
    throw invalid('clear', 'is given together with role_set. Give one of them.')
  parseFlag(input.restoreFormerRoles, 'restore_former_roles')
  checkKind(catalogue, scope)
  const { organization, changes } = registerIfUnknown(catalogue, organizationId, facts, context)
  const before = facts.assignment ?? null
  if ((before?.roleSetId ?? null) === roleSetId) return decided(changes, organization)
  const { roleSetId: organizationRoleSetId } = organization
  const destination = roleSetOfPlace(catalogue, { scope, own: roleSetId, organizationRoleSetId })
  const { impact, reassigned } = planScopeMove(catalogue, {
    ...{ among: { organizationId, scope }, facts, context, mappings: input.mappings },
    ...{ restorable: facts.restorable, destination },
    after: () => destination,
  })
  checkRoomForScope(before, facts)
  const after = { organizationId, scope, name: before?.name ?? '', roleSetId, ...stampOf(context) }
  const own = before?.roleSetId ?? null
  const was = roleSetOfPlace(catalogue, { scope, own, organizationRoleSetId })
  return decided([...changes, ...reassigned, ...assigned(after, before)], organization, {
    ...impact,
    ...placeMoved({ organizationId, scope }, was, destination),
  })
}

/** @param facts `target`: what there is of the new key in the organization; `inUse`: of the present one */
export function renameScope(
  catalogue: Catalogue,
  input: RenameScopeInput,
  facts: OneScopeFacts & { readonly target: ScopesInUse; readonly inUse: ScopesInUse },
  context: Context,
): Decided<WrittenScope> {
  const organizationId = parseId(input.organizationId, 'organization_id')
  const fromScope = parseScope(input.scope)
  const toScope = input.newScope ? parseScope(input.newScope, 'new_scope') : fromScope
  const name = input.name === undefined ? (facts.assignment?.name ?? '') : parseOrganizationName(input.name)
  if (facts.organization === undefined) throw organizationNotFound(organizationId)
  checkKind(catalogue, toScope, toScope === fromScope ? 'scope' : 'new_scope')
  const before = facts.assignment ?? null
  const own = before?.roleSetId ?? null
  const { members, invitations } = facts.inUse
  const after = { organizationId, scope: toScope, name, roleSetId: own, ...stampOf(context) }
  const { roleSetId: organizationRoleSetId } = facts.organization
  const value = { organizationId, scope: toScope, name, own, members, organizationRoleSetId }
  if (toScope === fromScope) {
    if (name === (before?.name ?? '')) return decided([], value)
    checkRoomForScope(before, facts)
    return decided(assigned(after, before), value)
  }
  checkIsFree({ organizationId, scope: toScope }, facts.target)
  if (before === null && members + invitations === 0) throw scopeNotFound({ organizationId, scope: fromScope })
  const destination = roleSetOfPlace(catalogue, { scope: toScope, own, organizationRoleSetId })
  const { impact, reassigned } = planScopeMove(catalogue, {
    ...{ among: { organizationId, scope: fromScope }, facts, context, mappings: input.mappings, destination },
    after: () => destination,
  })
  const renamed: Renamed = {
    verb: 'renamed',
    thing: 'assignment',
    organizationId,
    fromScope,
    toScope,
    members,
    invitations,
  }
  const changes: Change[] = [...reassigned, renamed]
  if (before !== null) changes.push(deleted('assignment', before))
  changes.push(...assigned(after, null))
  const was = roleSetOfPlace(catalogue, { scope: fromScope, own, organizationRoleSetId })
  return decided(changes, value, { ...impact, ...placeMoved({ organizationId, scope: fromScope }, was, destination) })
}

/** A scope that keeps its role set is not listed in the impact (rule 16). */
function placeMoved(place: Place, was: RoleSetOfPlace, is: RoleSetOfPlace): Pick<Impact, 'places' | 'firstPlaces'> {
  const [before, after] = [was, is].map((each) => ('reason' in each ? undefined : each.roleSetId))
  return before === after ? { places: 0, firstPlaces: [] } : { places: 1, firstPlaces: [place] }
}

/** A scope without a name and a role set of its own needs no assignment. */
function assigned(after: Assignment, before: Assignment | null): readonly Change[] {
  if (after.name !== '' || after.roleSetId !== null) return [put('assignment', after, before)]
  return before === null ? [] : [deleted('assignment', before)]
}

function stampOf({ now: updatedAt, revision }: Context) {
  return { updatedAt, revision }
}

function checkKind(catalogue: Catalogue, scope: string, field = 'scope'): void {
  const kind = kindOfScope(scope)
  if (!catalogue.scopeKinds.has(kind)) throw scopeKindNotFound(kind, field, { scope, reason: 'SCOPE_KIND_UNKNOWN' })
}

function checkRoomForScope(before: Assignment | null, { scopeCount }: OneScopeFacts): void {
  if (before !== null) return
  const at = { subject: 'The organization would have', unit: 'scopes with a name or a role set', field: 'scope' }
  checkLimit('scopesPerOrganizationMax', scopeCount + 1, at)
}

function checkIsFree({ organizationId, scope }: Place, { members, invitations, assignments }: ScopesInUse): void {
  if (members + invitations + assignments === 0) return
  const message = `The organization ${quoted(organizationId)} already has a scope ${quoted(scope)}. Choose another key.`
  throw new Refusal('key_taken', message, { field: 'new_scope', facts: { scope, organization: organizationId } })
}

function scopeNotFound({ organizationId, scope }: Place): Refusal {
  const message = `The organization ${quoted(organizationId)} has no scope ${quoted(scope)} with a name, a role set of its own, or members. Use one that ListScopes shows.`
  return new Refusal('scope_not_found', message, { field: 'scope', facts: { scope, organization: organizationId } })
}
