/**
 * Plans the steps from the present state to the described one: first permissions, roles, role sets, scopes and
 * organizations; then, if requested, the deletion of what isn't described, in the reverse order. Each step is a command of
 * its own, decided by its own rule when its turn comes; together they make one write. Planning again after it gives no steps.
 *
 * A scope must not pass through a role set that it has neither before nor afterwards: its members would need mappings for it.
 * So what is more exact is set first and given up last: a scope gets its own role set before the default of its key, its kind or
 * its organization changes, and gives it up after that; and it follows its organization when that has moved.
 */

import { planOrganizations, type OrganizationsFound } from './organizations.ts'
import { findUndescribed, planRemovals } from './prune.ts'
import { planRoleSets } from './role-sets.ts'
import { planPermissions, planRoles } from './roles.ts'
import { planScopeDefaults, planScopeKinds } from './scope-kinds.ts'
import { planScopeRemovals, planScopes, type ScopesFound } from './scopes.ts'
import type { ApplyStep } from './step.ts'
import { checkReferences } from './references.ts'
import type { Catalogue, ParsedManifest } from '@rolesets/core'

export interface Plan {
  readonly steps: readonly ApplyStep[]
  /** Things in the store that are not described and stay: `role org:x`, `role org:y in role_set:z`. */
  readonly leftAlone: readonly string[]
}

export interface PlanOptions extends OrganizationsFound, ScopesFound {
  /**
   * Whether what isn't described goes. Organizations never go, nor do system permissions, nor what a described thing names,
   * nor the initial set unless a described set becomes initial, nor what one of these refers to. Scopes lose their names
   * and role sets only in organizations whose scopes are described.
   */
  readonly prune: boolean
}

export function planApply(catalogue: Catalogue, wanted: ParsedManifest, options: PlanOptions): Plan {
  checkReferences(catalogue, wanted)
  return planUnchecked(catalogue, wanted, options)
}

/** What would be done if the store had everything that the manifest refers to. */
export function planUnchecked(catalogue: Catalogue, wanted: ParsedManifest, options: PlanOptions): Plan {
  const roles = planRoles(catalogue, wanted.roles)
  const kinds = planScopeKinds(catalogue, wanted.scopeKinds)
  const scopes = planScopes(catalogue, wanted.organizations, options)
  const removals = planRemovals(catalogue, wanted.roleSets)
  const scopeRemovals = planScopeRemovals(catalogue, wanted.organizations, options)
  const undescribed = findUndescribed(catalogue, wanted)
  const pruned = <Item>(items: readonly Item[]) => (options.prune ? items : [])
  const deletions = pruned(undescribed).flatMap(({ deletion }) => deletion ?? [])
  const deletionsOf = (kind: ApplyStep['kind']) => deletions.filter((step) => step.kind === kind)
  const steps = [
    ...planPermissions(catalogue, wanted.permissions),
    ...roles.steps,
    ...planRoleSets(catalogue, wanted.roleSets),
    ...[...kinds.creations, ...scopes.assignments],
    ...[...planScopeDefaults(catalogue, wanted.scopeDefaults), ...kinds.changes],
    ...planOrganizations(catalogue, wanted.organizations, options),
    ...[...scopes.assignmentsInNew, ...kinds.followings, ...deletionsOf('scope_default'), ...scopes.clearings],
    ...[...pruned(scopeRemovals).flatMap((removal) => removal.steps), ...deletionsOf('scope_kind')],
    ...[...pruned(removals).map(({ step }) => step), ...deletionsOf('role_set')],
    ...[...roles.lastSteps, ...deletionsOf('role'), ...deletionsOf('permission')],
  ]
  const stay = options.prune ? undescribed.filter(({ deletion }) => deletion === undefined) : undescribed
  const left = options.prune ? stay : [...stay, ...removals, ...scopeRemovals]
  return { steps, leftAlone: left.map(({ label }) => label) }
}
