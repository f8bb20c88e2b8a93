/** Operations on scopes, their kinds and their defaults. */

import type { Among, Catalogue } from '@rolesets/core'
import { parseId } from '../../domain/fields.ts'
import { organizationNotFound } from '../../domain/registration.ts'
import { renameScope, type WrittenScope } from '../../domain/scope-assignments.ts'
import type { ListedScope, OneScopeFacts, ScopeFacts } from '../../domain/scope-facts.ts'
import { deleteScopeDefault, deleteScopeKind, setScopeDefault, setScopeKind } from '../../domain/scope-kinds.ts'
import { parseScope, parseScopeKind } from '../../domain/scopes.ts'
import { commandsOf, factRule, type List, type WriteScope } from './operation.ts'
import {
  viewScope,
  viewScopeDefault,
  viewScopeKind,
  type ScopeDefaultView,
  type ScopeKindView,
  type ScopeView,
} from '../views.ts'

export const scopeKindCommands = commandsOf(viewScopeKind, {
  setScopeKind: factRule(setScopeKind, (scope, { kind }) => scopeFactsOf(scope, { kind: parseScopeKind(kind) })),
  deleteScopeKind: factRule(
    deleteScopeKind,
    ({ writer, context }, { kind }) => writer.scopesInUse({ kind: parseScopeKind(kind) }, context.now),
    { deletes: true },
  ),
})

export const scopeDefaultCommands = commandsOf(viewScopeDefault, {
  // Its scopes get one role set, whichever their organizations have.
  setScopeDefault: factRule(setScopeDefault, (scope, input) =>
    scopeFactsOf(scope, { scope: parseScope(input.scope) }, true),
  ),
  deleteScopeDefault: factRule(
    deleteScopeDefault,
    (scope, input) => scopeFactsOf(scope, { scope: parseScope(input.scope) }),
    { deletes: true },
  ),
})

export const scopeCommands = commandsOf(viewWritten, {
  renameScope: factRule(renameScope, async (scope, input) => {
    const { writer, context } = scope
    const organizationId = parseId(input.organizationId, 'organization_id')
    const place = { organizationId, scope: parseScope(input.scope) }
    const target = input.newScope ? { organizationId, scope: parseScope(input.newScope, 'new_scope') } : place
    return {
      ...(await oneScopeFacts(scope, place)),
      target: await writer.scopesInUse(target, context.now),
      inUse: await writer.scopesInUse(place, context.now),
    }
  }),
})

function viewWritten({ organizationRoleSetId, ...scope }: WrittenScope, catalogue: Catalogue) {
  return viewScope(scope, catalogue, organizationRoleSetId)
}

export interface ScopeFilter {
  readonly organizationId: string
}

/** With the defaults of its kind. */
export const scopeKindList: List<void, { readonly kind: string }, ScopeKindView> = {
  read: ({ catalogue }, { size, after = '' }) =>
    inOrder(catalogue.scopeKinds)
      .filter(({ kind }) => kind > after)
      .slice(0, size),
  viewPage: async (kinds, { catalogue }) =>
    kinds.flatMap(({ kind }) => catalogue.scopeKinds.get(kind) ?? []).map((kind) => viewScopeKind(kind, catalogue)),
  cursorOf: ({ kind }) => kind,
}

/** In the order of their keys. */
export function viewScopeDefaults(catalogue: Catalogue): ScopeDefaultView[] {
  return inOrder(catalogue.scopeDefaults).map((each) => viewScopeDefault(each, catalogue))
}

/** In the order of their keys. */
export function inOrder<Thing>(byKey: ReadonlyMap<string, Thing>): Thing[] {
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing)
}

export const scopeList: List<ScopeFilter, ListedScope, ScopeView> = {
  read: ({ reader, input }, page) => reader.scopesOf(parseId(input.organizationId, 'organization_id'), page),
  viewPage: async (scopes, { reader, catalogue, input }) => {
    const organization = await reader.organization(input.organizationId)
    if (organization === undefined) throw organizationNotFound(input.organizationId)
    return scopes.map((scope) => viewScope(scope, catalogue, organization.roleSetId))
  },
  cursorOf: ({ scope }) => scope,
}

/** Where no kind is registered there are no scopes, and nothing is read. */
export async function scopeFactsOf(
  { writer, catalogue, context }: WriteScope,
  among: Among,
  isWhole = false,
): Promise<ScopeFacts> {
  if (catalogue.scopeKinds.size === 0) return { usage: [], places: 0, firstPlaces: [] }
  const usage = await writer.scopeUsage(among, context.now, isWhole)
  const places = await writer.scopePlaces(among, context.now)
  const roleIds = [...new Set(usage.map(({ roleId }) => roleId))]
  if (roleIds.length < 2) return { usage, ...places }
  // Nothing was changed by this write at a revision before the first one, so each holder is counted once.
  const repeated = await writer.repeatedHolders({ among, roleIds, now: context.now, revision: 0 })
  return { usage, repeated, ...places }
}

export async function oneScopeFacts(
  scope: WriteScope,
  place: { readonly organizationId: string; readonly scope: string },
): Promise<OneScopeFacts> {
  const { writer } = scope
  return {
    ...(await scopeFactsOf(scope, place)),
    organization: await writer.organization(place.organizationId),
    assignment: await writer.assignment(place),
    scopeCount: await writer.scopeCount(place.organizationId),
  }
}
