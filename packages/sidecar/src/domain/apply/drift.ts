/** How far a store is from what a manifest declares: what applying it again would change, and what it doesn't declare. */

import type { Catalogue, ParsedManifest } from '@rolesets/core'
import { seededKeys } from '../seed.ts'
import { planUnchecked, type PlanOptions } from './plan.ts'
import { findUndescribed, planRemovals } from './prune.ts'
import { planScopeRemovals } from './scopes.ts'

export interface Drift {
  /** Things that applying the manifest again would create, change or delete. */
  readonly changes: number
  /** Things that are there beside what is declared; with pruning, the changes count those that it would delete, too. */
  readonly undeclared: Undeclared
  /**
   * All of these, each thing once. Organizations that aren't declared count only if the manifest declares some: otherwise it
   * leaves them to others.
   */
  readonly total: number
}

export interface Undeclared {
  readonly permissions: number
  readonly roles: number
  readonly roleSets: number
  /** Roles that a declared set has, and that are not declared for it. */
  readonly rolesInRoleSets: number
  readonly organizations: number
  readonly scopeKinds: number
  readonly scopeDefaults: number
  /** Those with a name or a role set of their own, in organizations whose scopes are declared. */
  readonly scopes: number
}

const seeded: ReadonlySet<string> = new Set(Object.values(seededKeys))

export interface DriftOptions extends PlanOptions {
  /** How many organizations the store has. */
  readonly organizations: number
}

export function driftOf(catalogue: Catalogue, wanted: ParsedManifest, options: DriftOptions): Drift {
  const { steps } = planUnchecked(catalogue, wanted, options)
  const changed = new Set(steps.map(({ kind, key }) => `${kind} ${key}`))
  const undescribed = findUndescribed(catalogue, wanted).filter(({ key }) => !seeded.has(key))
  const countOf = (kind: string) => undescribed.filter((found) => found.kind === kind).length
  const removals = planRemovals(catalogue, wanted.roleSets).length
  const scopes = planScopeRemovals(catalogue, wanted.organizations, options).length
  const declared = wanted.organizations.filter(({ id }) => options.organization(id) !== undefined).length
  const organizations = options.organizations - declared
  const others = undescribed.filter(({ kind, key }) => !changed.has(`${kind} ${key}`)).length
  // With pruning, the removals are among the changes.
  const beside =
    others + (options.prune ? 0 : removals + scopes) + (wanted.organizations.length > 0 ? organizations : 0)
  return {
    changes: changed.size,
    total: changed.size + beside,
    undeclared: {
      permissions: countOf('permission'),
      roles: countOf('role'),
      roleSets: countOf('role_set'),
      rolesInRoleSets: removals,
      organizations,
      scopeKinds: countOf('scope_kind'),
      scopeDefaults: countOf('scope_default'),
      scopes,
    },
  }
}
