/**
 * Which role set a place has, and why (rule 14): one flat rule, pure, for the sidecar, the client's cache, the fake sidecar and
 * the storage, whose SQL is tested against it.
 */

import type { Catalogue } from './catalogue.ts'
import { kindOfScope } from './scope-keys.ts'

/**
 * `own`: it was assigned one (the organization as a whole always has its own). `default`: the scope default for its key.
 * `kind`: its kind names a role set. `organization`: its kind follows the organization.
 */
export type PlaceOrigin = 'own' | 'default' | 'kind' | 'organization'

/** Why nothing can be granted in a scope. */
export type ScopeReason = 'SCOPE_KIND_UNKNOWN' | 'SCOPE_UNASSIGNED'

export type RoleSetOfPlace =
  { readonly roleSetId: string; readonly origin: PlaceOrigin } | { readonly reason: ScopeReason }

/** What decides besides the catalogue. */
export interface PlaceFacts {
  /** Empty: the organization as a whole. */
  readonly scope: string
  /** The role set that the scope was assigned; null: none. */
  readonly own: string | null
  /** The role set of the organization as a whole. */
  readonly organizationRoleSetId: string
}

/** Scopes of an unregistered kind have no role set, whatever they were assigned: a misspelt kind must not fall through. */
export function roleSetOfPlace(catalogue: Catalogue, facts: PlaceFacts): RoleSetOfPlace {
  const { scope, own, organizationRoleSetId } = facts
  if (scope === '') return { roleSetId: organizationRoleSetId, origin: 'own' }
  const kind = catalogue.scopeKinds.get(kindOfScope(scope))
  if (kind === undefined) return { reason: 'SCOPE_KIND_UNKNOWN' }
  if (own !== null) return { roleSetId: own, origin: 'own' }
  const byDefault = catalogue.scopeDefaults.get(scope)
  if (byDefault !== undefined) return { roleSetId: byDefault.roleSetId, origin: 'default' }
  if (kind.fallback === 'organization') return { roleSetId: organizationRoleSetId, origin: 'organization' }
  if (kind.fallback === 'none' || kind.roleSetId === null) return { reason: 'SCOPE_UNASSIGNED' }
  return { roleSetId: kind.roleSetId, origin: 'kind' }
}
