/** How far a store is from what a manifest declares: what applying it again would change, and what it doesn't declare. */

import type { Catalogue, ParsedManifest } from '@rolesets/core'
import { seededKeys } from '../seed.ts'
import { planUnchecked, type PlanOptions } from './plan.ts'
import { findUndescribed, planRemovals } from './prune.ts'

export interface Drift {
  /** Things that applying the manifest again would create, change or delete. */
  readonly changes: number
  /** Things that are there beside what is declared; with pruning, the changes count those that it would delete, too. */
  readonly undeclared: Undeclared
}

export interface Undeclared {
  readonly permissions: number
  readonly roles: number
  readonly roleSets: number
  /** Roles that a declared set has, and that are not declared for it. */
  readonly rolesInRoleSets: number
  readonly organizations: number
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
  const declared = wanted.organizations.filter(({ id }) => options.organization(id) !== undefined).length
  return {
    changes: changed.size,
    undeclared: {
      permissions: countOf('permission'),
      roles: countOf('role'),
      roleSets: countOf('role_set'),
      rolesInRoleSets: planRemovals(catalogue, wanted.roleSets).length,
      organizations: options.organizations - declared,
    },
  }
}
