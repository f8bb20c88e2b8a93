/** Steps that make and change the described kinds of scopes and defaults. */

import { describeKey } from './details.ts'
import { step, type ApplyStep } from './step.ts'
import type { Catalogue, ScopeDefaultManifest, ScopeKindManifest } from '@rolesets/core'

export interface ScopeKindSteps {
  /** No scope can be of a kind that is new. */
  readonly creations: readonly ApplyStep[]
  readonly changes: readonly ApplyStep[]
  /** Changes after which scopes follow their organizations. */
  readonly followings: readonly ApplyStep[]
}

export function planScopeKinds(catalogue: Catalogue, wanted: readonly ScopeKindManifest[]): ScopeKindSteps {
  const steps = { creations: [] as ApplyStep[], changes: [] as ApplyStep[], followings: [] as ApplyStep[] }
  for (const { kind, fallback, roleSet, mappings } of wanted) {
    const before = catalogue.scopeKinds.get(kind)
    const named = keyOf(catalogue, before?.roleSetId ?? null)
    const details = [
      ...describeKey('fallback', before?.fallback, fallback),
      ...(roleSet === undefined && named !== undefined
        ? [`role set: - ${named}`]
        : describeKey('role set', named, roleSet)),
    ]
    if (before !== undefined && details.length === 0) continue
    const order = before === undefined ? 'creations' : fallback === 'organization' ? 'followings' : 'changes'
    const action = before === undefined ? 'create' : 'update'
    const input = { kind, fallback, roleSet, mappings: usefulMappings(catalogue, mappings) }
    steps[order].push(step('setScopeKind', input, { action, key: kind, details }))
  }
  return steps
}

export function planScopeDefaults(catalogue: Catalogue, wanted: readonly ScopeDefaultManifest[]): ApplyStep[] {
  return wanted.flatMap(({ scope, roleSet, mappings }) => {
    const before = catalogue.scopeDefaults.get(scope)
    const details = describeKey('role set', keyOf(catalogue, before?.roleSetId ?? null), roleSet)
    if (details.length === 0) return []
    const action = before === undefined ? 'create' : 'update'
    const input = { scope, roleSet, mappings: usefulMappings(catalogue, mappings) }
    return [step('setScopeDefault', input, { action, key: scope, details })]
  })
}

/** The key of a role set; undefined: there is none. */
export function keyOf({ roleSets }: Catalogue, roleSetId: string | null): string | undefined {
  return roleSetId === null ? undefined : (roleSets.byId(roleSetId)?.key ?? roleSetId)
}

/** A role that is deleted has no members, so its mapping is not needed any more. */
export function usefulMappings(
  { roles }: Catalogue,
  mappings: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(mappings).filter(([from]) => roles.byKey(from) !== undefined))
}
