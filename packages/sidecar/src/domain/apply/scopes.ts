/** Steps that give the described scopes of organizations their names and role sets, and with pruning take those of others. */

import { describeKey, describeText } from './details.ts'
import { keyOf, usefulMappings } from './scope-kinds.ts'
import { step, type ApplyStep } from './step.ts'
import type { Assignment, Catalogue, OrganizationManifest, ScopeManifest } from '@rolesets/core'

/** What the store has of the scopes of organizations. */
export interface ScopesFound {
  /** Those with a name or a role set of their own. It is asked for organizations whose scopes are described. */
  readonly scopesOf: (organizationId: string) => readonly Assignment[]
}

export interface ScopeSteps {
  /** Role sets of their own, for scopes of organizations that the store has, and of others. */
  readonly assignments: readonly ApplyStep[]
  readonly assignmentsInNew: readonly ApplyStep[]
  /** Scopes that give up their own role set, so that a default or a kind decides. */
  readonly clearings: readonly ApplyStep[]
}

interface Planned {
  readonly organizationId: string
  readonly item: ScopeManifest
  readonly before: Assignment | undefined
}

export function planScopes(
  catalogue: Catalogue,
  wanted: readonly OrganizationManifest[],
  found: ScopesFound & { readonly organization: (id: string) => unknown },
): ScopeSteps {
  const steps = { assignments: [] as ApplyStep[], assignmentsInNew: [] as ApplyStep[], clearings: [] as ApplyStep[] }
  for (const { id: organizationId, scopes = [] } of wanted) {
    if (scopes.length === 0) continue
    const present = new Map(found.scopesOf(organizationId).map((each) => [each.scope, each]))
    const order = found.organization(organizationId) === undefined ? 'assignmentsInNew' : 'assignments'
    for (const item of scopes) {
      const planned = { organizationId, item, before: present.get(item.key) }
      steps[order].push(...planAssignment(catalogue, planned))
      steps.clearings.push(...planClearing(catalogue, planned))
    }
  }
  return steps
}

function planAssignment(catalogue: Catalogue, { organizationId, item, before }: Planned): ApplyStep[] {
  const { key: scope, name, roleSet, mappings } = item
  const key = labelOf({ organizationId, scope })
  let action: ApplyStep['action'] = before === undefined ? 'create' : 'update'
  const steps: ApplyStep[] = []
  const ofSet = describeKey(
    'role set',
    keyOf(catalogue, before?.roleSetId ?? null),
    roleSet === '' ? undefined : roleSet,
  )
  if (ofSet.length > 0) {
    const input = { organizationId, scope, roleSet, mappings: usefulMappings(catalogue, mappings) }
    steps.push(step('assignToScope', input, { action, key, details: ofSet }))
    action = 'update'
  }
  const ofName = describeText('name', before?.name, name)
  if (ofName.length > 0)
    steps.push(step('renameScope', { organizationId, scope, name }, { action, key, details: ofName }))
  return steps
}

function planClearing(catalogue: Catalogue, { organizationId, item, before }: Planned): ApplyStep[] {
  const own = keyOf(catalogue, before?.roleSetId ?? null)
  if (item.roleSet !== '' || own === undefined) return []
  return [clearing(catalogue, { organizationId, scope: item.key, own, mappings: item.mappings })]
}

interface Clearing {
  readonly organizationId: string
  readonly scope: string
  /** Key of the role set that it gives up. */
  readonly own: string
  readonly mappings?: ScopeManifest['mappings']
}

function clearing(catalogue: Catalogue, { organizationId, scope, own, mappings }: Clearing): ApplyStep {
  const input = { organizationId, scope, clear: true, mappings: usefulMappings(catalogue, mappings) }
  const details = [`role set: - ${own}`]
  return step('assignToScope', input, { key: labelOf({ organizationId, scope }), details })
}

export interface ScopeRemoval {
  readonly label: string
  /** Its role set first, and then its name. */
  readonly steps: readonly ApplyStep[]
}

/** Scopes that are not described, of organizations whose scopes are. */
export function planScopeRemovals(
  catalogue: Catalogue,
  wanted: readonly OrganizationManifest[],
  { scopesOf }: ScopesFound,
): ScopeRemoval[] {
  return wanted.flatMap(({ id, scopes }) => {
    if (scopes === undefined) return []
    const described = new Set(scopes.map(({ key }) => key))
    return scopesOf(id).flatMap((each) => (described.has(each.scope) ? [] : removalOf(catalogue, each)))
  })
}

function removalOf(catalogue: Catalogue, { organizationId, scope, name, roleSetId }: Assignment): ScopeRemoval {
  const own = keyOf(catalogue, roleSetId)
  const key = labelOf({ organizationId, scope })
  const steps = own === undefined ? [] : [clearing(catalogue, { organizationId, scope, own })]
  if (name !== '') {
    const details = describeText('name', name, '')
    steps.push(step('renameScope', { organizationId, scope, name: '' }, { key, details }))
  }
  return { label: `scope ${key}`, steps }
}

/** No name of a scope has a `/`, so that an organization's id may have some. */
function labelOf({ organizationId, scope }: Pick<Assignment, 'organizationId' | 'scope'>): string {
  return `${organizationId}/${scope}`
}
