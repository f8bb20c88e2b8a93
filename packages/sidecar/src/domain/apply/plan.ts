/**
 * Plans the steps from the present state to the described one: first permissions, roles, role sets and organizations;
 * then, if requested, the deletion of what isn't described, in the reverse order. Each step is a command of its own,
 * decided by its own rule when its turn comes; together they make one write. Planning again after it gives no steps.
 */

import { planOrganizations, type OrganizationsFound } from './organizations.ts'
import { findUndescribed, planRemovals } from './prune.ts'
import { planRoleSets } from './role-sets.ts'
import { planPermissions, planRoles } from './roles.ts'
import type { ApplyStep } from './step.ts'
import { checkReferences } from './references.ts'
import type { Catalogue, ParsedManifest } from '@rolesets/core'

export interface Plan {
  readonly steps: readonly ApplyStep[]
  /** Things in the store that are not described and stay: `role org:x`, `role org:y in role_set:z`. */
  readonly leftAlone: readonly string[]
}

export interface PlanOptions extends OrganizationsFound {
  /**
   * Whether what isn't described goes. Organizations never go, nor do system permissions, nor what a described thing names,
   * nor the initial set unless a described set becomes initial, nor what one of these refers to.
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
  const growth = [
    ...planPermissions(catalogue, wanted.permissions),
    ...roles.steps,
    ...planRoleSets(catalogue, wanted.roleSets),
    ...planOrganizations(catalogue, wanted.organizations, options),
  ]
  const removals = planRemovals(catalogue, wanted.roleSets)
  const undescribed = findUndescribed(catalogue, wanted)
  const labels = (items: readonly { readonly label: string }[]) => items.map(({ label }) => label)
  if (!options.prune)
    return { steps: [...growth, ...roles.lastSteps], leftAlone: [...labels(undescribed), ...labels(removals)] }

  const deletions = undescribed.flatMap(({ deletion }) => deletion ?? [])
  const deletionsOf = (kind: ApplyStep['kind']) => deletions.filter((step) => step.kind === kind)
  const steps = [...growth, ...removals.map(({ step }) => step), ...deletionsOf('role_set'), ...roles.lastSteps]
  steps.push(...deletionsOf('role'), ...deletionsOf('permission'))
  return { steps, leftAlone: labels(undescribed.filter(({ deletion }) => deletion === undefined)) }
}
