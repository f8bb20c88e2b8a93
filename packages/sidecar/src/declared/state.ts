/** What the sidecar tells about its manifest: in `/readyz`, and to the metrics. */

import { parseRevision } from '@rolesets/core'
import type { Drift } from '../service/operations/drift.ts'
import type { ManifestProblem } from './problem.ts'

/**
 * - `applied`: the store was changed, and is as the manifest says; `unchanged`: it was so already
 * - `refused`: the manifest is at fault; nothing was done
 * - `failed`: the store couldn't be written, or something unexpected happened; it is tried again
 */
export type Result = 'applied' | 'unchanged' | 'refused' | 'failed'

/** Of the last attempt. Times are Unix milliseconds. */
export interface State {
  readonly result: Result | undefined
  readonly at: number | undefined
  /** Of the contents that the result is about; undefined: they can't be read. */
  readonly hash: string | undefined
  readonly problem: ManifestProblem | undefined
  /** The last time that the store was as the manifest said. */
  readonly applied: { readonly hash: string; readonly at: number; readonly revision: string } | undefined
  /** From the manifest that was applied last; undefined: not known yet. */
  readonly drift: Drift | undefined
  readonly attempts: Readonly<Record<Result, number>>
}

export const beginning: State = {
  result: undefined,
  at: undefined,
  hash: undefined,
  problem: undefined,
  applied: undefined,
  drift: undefined,
  attempts: { applied: 0, unchanged: 0, refused: 0, failed: 0 },
}

/** For anyone: nothing that is written in the files. */
export function factsOf(path: string, { result, at, hash, problem, applied, drift }: State) {
  return {
    path,
    hash: hash ?? null,
    result: result ?? null,
    at: at === undefined ? null : new Date(at).toISOString(),
    revision: applied?.revision ?? null,
    applied_hash: applied?.hash ?? null,
    ...(problem === undefined ? {} : { error: errorOf(problem) }),
    drift: drift === undefined ? null : driftFacts(drift),
  }
}

function errorOf({ code, open, place, faults }: ManifestProblem) {
  return { code, message: open, ...place, ...(faults.length > 0 ? { faults: faults.length } : {}) }
}

/** Of scopes only what there is: where none are used, nothing is said of them. */
export function driftFacts({ total, changes, undeclared }: Drift) {
  const { roleSets, rolesInRoleSets, scopeKinds, scopeDefaults, scopes, ...others } = undeclared
  const ofScopes = { scope_kinds: scopeKinds, scope_defaults: scopeDefaults, scopes }
  const found = Object.fromEntries(Object.entries(ofScopes).filter(([, count]) => count > 0)) as Partial<
    typeof ofScopes
  >
  return {
    ...{ total, changes },
    undeclared: { ...others, role_sets: roleSets, roles_in_role_sets: rolesInRoleSets, ...found },
  }
}

/** For the metrics, in the same words. */
export function measurementsOf({ result, at, applied, drift, attempts }: State) {
  return {
    result,
    reconciles: attempts,
    lastAttemptAt: at,
    lastSuccessAt: applied?.at,
    appliedRevision: applied === undefined ? undefined : parseRevision(applied.revision)?.number,
    drift: drift?.total,
  }
}
