/** Scopes as the HTTP API shows them: one of an organization, and the lists of kinds and defaults, which are in memory. */

import { kindOfScope, type Catalogue, type Place, type ScopeDefault, type ScopeKind } from '@rolesets/core'
import { parseOrganizationId } from '../../domain/questions.ts'
import { organizationNotFound } from '../../domain/registration.ts'
import { parseScope, scopeKindNotFound } from '../../domain/scopes.ts'
import type { Reader, Span, Spanned } from '../../storage/store.ts'
import {
  viewScope,
  viewScopeDefault,
  viewScopeKind,
  type ScopeDefaultView,
  type ScopeKindView,
  type ScopeView,
} from '../views.ts'
import type { Found, Listed, ReadCall } from './call.ts'
import type { Operations } from './operation.ts'
import { inOrder } from './scopes.ts'
import { parseSpan } from './span.ts'

/** A role set of its own that a scope gets by a write; null: it gives up the one that it has. */
export interface As {
  readonly own: string | null
}

export function createScopeDirectory({ find }: Operations) {
  async function list<T, V>(
    call: ReadCall,
    span: Span,
    of: (catalogue: Catalogue) => Viewed<T, V>,
  ): Promise<Listed<V>> {
    const { value, revision } = await find(call, (_reader, catalogue) => {
      const { byKey, view } = of(catalogue)
      const { items, total } = sliceOf(byKey, span)
      return { items: items.map(view), total }
    })
    return { ...value, revision }
  }

  return {
    /** Ordered by kind. */
    scopeKinds: (query: Span, call: ReadCall): Promise<Listed<ScopeKindView>> =>
      list(call, query, (catalogue) => ({
        byKey: catalogue.scopeKinds,
        view: (kind: ScopeKind) => viewScopeKind(kind, catalogue),
      })),
    /** Ordered by key. */
    scopeDefaults: (query: Span, call: ReadCall): Promise<Listed<ScopeDefaultView>> =>
      list(call, query, (catalogue) => ({
        byKey: catalogue.scopeDefaults,
        view: (each: ScopeDefault) => viewScopeDefault(each, catalogue),
      })),
    /** @param as how it is after a write, which may be a dry run */
    scope: (place: Place, call: ReadCall, as?: As): Promise<Found<ScopeView>> =>
      find(call, (reader, catalogue, now) => scopeIn(place, { reader, catalogue, now }, as)),
  }
}

interface Viewed<T, V> {
  readonly byKey: ReadonlyMap<string, T>
  readonly view: (thing: T) => V
}

function sliceOf<T>(byKey: ReadonlyMap<string, T>, span: Span): Spanned<T> {
  const { offset, limit } = parseSpan(span)
  const ordered = inOrder(byKey)
  return { items: ordered.slice(offset, offset + limit), total: ordered.length }
}

async function scopeIn(
  unparsed: Place,
  { reader, catalogue, now }: { readonly reader: Reader; readonly catalogue: Catalogue; readonly now: number },
  as: As | undefined,
): Promise<ScopeView> {
  const organizationId = parseOrganizationId(unparsed.organizationId, 'organization_id')
  const place = { organizationId, scope: parseScope(unparsed.scope) }
  const organization = await reader.organization(organizationId)
  if (organization === undefined) throw organizationNotFound(organizationId)
  if (!catalogue.scopeKinds.has(kindOfScope(place.scope))) throw scopeKindNotFound(kindOfScope(place.scope), 'scope')
  const assignment = await reader.assignment(place)
  const members = await reader.memberCount(place, now)
  const { own } = as ?? { own: assignment?.roleSetId ?? null }
  return viewScope({ ...place, name: assignment?.name ?? '', own, members }, catalogue, organization.roleSetId)
}
