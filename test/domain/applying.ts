/** Manifests applied to a state of the rules, and the steps as text. */

import type { Manifest } from '@rolesets/core'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { planApply, type Plan } from '../../packages/sidecar/src/domain/apply/plan.ts'
import type { State } from './state.ts'

export function plan(state: State, manifest: Manifest, prune = false): Plan {
  return planApply(state.catalogue, parseManifest(manifest), {
    prune,
    organization: (id) => state.organizations.get(id),
    wasDeleted: () => false,
    scopesOf: (id) => state.scopesOf(id),
  })
}

export function apply(state: State, manifest: Manifest, prune = false): Plan {
  const planned = plan(state, manifest, prune)
  state.runAll('Apply', () => planned.steps.map(({ run }) => run))
  return planned
}

export function show({ steps }: Plan): string[] {
  return steps.map(({ action, kind, key, details }) => [`${action} ${kind} ${key}`, ...details].join(' | '))
}
