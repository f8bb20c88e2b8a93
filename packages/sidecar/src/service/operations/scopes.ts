/** Operations on scopes, their kinds and their defaults. */

import type { Among, Catalogue } from '@rolesets/core'
import { parseId } from '../../domain/fields.ts'
import { organizationNotFound } from '../../domain/registration.ts'
import { renameScope, type WrittenScope } from '../../domain/scope-assignments.ts'
import type { ListedScope, OneScopeFacts, ScopeFacts } from '../../domain/scope-facts.ts'
import { deleteScopeDefault, deleteScopeKind, setScopeDefault, setScopeKind } from '../../domain/scope-kinds.ts'
import { parseScope, parseScopeKind } from '../../domain/scopes.ts'
import { unmovedByDefault, unmovedByKind, type Unmoved } from '../../domain/unmoved-scopes.ts'
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
  setScopeKind: factRule(setScopeKind, (scope, input) =>
    emptiedFactsOf(scope, { kind: parseScopeKind(input.kind) }, { unmoved: unmovedByKind(scope.catalogue, input) }),
  ),
  deleteScopeKind: factRule(
    deleteScopeKind,
    ({ writer, context }, { kind }) => writer.scopesInUse({ kind: parseScopeKind(kind) }, context.now),
    { deletes: true },
  ),
})

export const scopeDefaultCommands = commandsOf(viewScopeDefault, {
  setScopeDefault: factRule(setScopeDefault, (scope, input) => {
    const key = parseScope(input.scope)
    const unmoved = unmovedByDefault(scope.catalogue, key, input.roleSet)
    // Its scopes get one role set, whichever their organizations have.
    return emptiedFactsOf(scope, { scope: key }, { unmoved, isWhole: true })
  }),
  deleteScopeDefault: factRule(
    deleteScopeDefault,
    (scope, input) => {
      const key = parseScope(input.scope)
      return emptiedFactsOf(scope, { scope: key }, { unmoved: unmovedByDefault(scope.catalogue, key) })
    },
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
  read: ({ reader, now, input }, page) =>
    reader.scopesOf(parseId(input.organizationId, 'organization_id'), { ...page, now }),
  viewPage: async (scopes, { reader, catalogue, input }) => {
    const organization = await reader.organization(input.organizationId)
    if (organization === undefined) throw organizationNotFound(input.organizationId)
    return scopes.map((scope) => viewScope(scope, catalogue, organization.roleSetId))
  },
  cursorOf: ({ scope }) => scope,
}

const noPlaces = { places: 0, firstPlaces: [] }

interface Asked {
  /** The scopes that aren't listed, because they keep their role set. Not given: none. */
  readonly unmoved?: Unmoved
  /** True: whichever role sets the organizations have, so they aren't told apart. */
  readonly isWhole?: boolean
}

/** Where no kind is registered there are no scopes, and nothing is read. */
export async function scopeFactsOf(
  { writer, catalogue, context }: WriteScope,
  among: Among,
  { unmoved = 'none', isWhole = false }: Asked = {},
): Promise<Omit<ScopeFacts, 'repeated'>> {
  if (catalogue.scopeKinds.size === 0) return { usage: [], ...noPlaces }
  const usage = await writer.scopeUsage(among, context.now, isWhole)
  if (unmoved === 'all') return { usage, ...noPlaces }
  return { usage, ...(await writer.scopePlaces(among, context.now, unmoved === 'none' ? undefined : unmoved)) }
}

/** The same for a write that can leave scopes without a role set: the refusal counts each holder once. */
async function emptiedFactsOf(scope: WriteScope, among: Among, asked?: Asked): Promise<ScopeFacts> {
  const facts = await scopeFactsOf(scope, among, asked)
  const roleIds = [...new Set(facts.usage.map(({ roleId }) => roleId))]
  if (roleIds.length < 2) return facts
  // Nothing was changed by this write at a revision before the first one, so each holder is counted once.
  const repeated = await scope.writer.repeatedHolders({ among, roleIds, now: scope.context.now, revision: 0 })
  return { ...facts, repeated }
}

export async function oneScopeFacts(
  scope: WriteScope,
  place: { readonly organizationId: string; readonly scope: string },
): Promise<OneScopeFacts> {
  const { writer } = scope
  return {
    ...(await emptiedFactsOf(scope, place)),
    organization: await writer.organization(place.organizationId),
    assignment: await writer.assignment(place),
    scopeCount: await writer.scopeCount(place.organizationId),
  }
}
