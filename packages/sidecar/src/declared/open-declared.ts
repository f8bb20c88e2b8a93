/** Follows the manifest of the settings. The sidecar is ready when the store was as it says for the first time. */

import { kindOf, onOneLine, type Change, type ChangeKind } from '@rolesets/core'
import type { Readiness } from '../readiness.ts'
import type { Administration } from '../service/administration.ts'
import type { Drift } from '../service/operations/drift.ts'
import type { Store } from '../storage/store.ts'
import type { Done } from './apply.ts'
import { Follower, type FollowerOptions, type NotApplied } from './follower.ts'
import type { ManifestProblem } from './problem.ts'
import { driftFacts, factsOf, measurementsOf, type State } from './state.ts'

export interface DeclaredConfig {
  /** Undefined: nothing is declared. */
  readonly manifest: { readonly path: string; readonly prune: boolean } | undefined
}

/** The log. */
export interface DeclaredEvents {
  readonly manifestApplied: (facts: object, isChanged: boolean) => void
  readonly manifestNotApplied: (facts: object, isRefused: boolean) => void
  readonly manifestDrifted: (facts: object, what: { isDrifted: boolean; isChanged: boolean }) => void
  readonly manifestDriftUnknown: (error: unknown) => void
}

export interface DeclaredOptions extends Pick<FollowerOptions, 'times'> {
  readonly store: Pick<Store, 'subscribe'>
  readonly administration: Pick<Administration, 'apply' | 'driftFrom'>
  readonly readiness: Pick<Readiness, 'waitFor' | 'show'>
  readonly log: DeclaredEvents
}

export interface Declared {
  readonly state: State
  /** For the metrics. */
  readonly measurements: ReturnType<typeof measurementsOf>
  close(): Promise<void>
}

/** How many faults one line of the log has. */
const faultsLogged = 20

/** Registers what the sidecar waits for, and begins. @returns undefined where nothing is declared */
export function openDeclared(
  { manifest }: DeclaredConfig,
  { store, administration, readiness, log, ...options }: DeclaredOptions,
): Declared | undefined {
  if (manifest === undefined) return undefined
  const { path, prune } = manifest
  const wait = readiness.waitFor(
    'manifest',
    `The manifest ${onOneLine(path)} is being read, and is then applied. Nothing has to be done.`,
  )
  const events = {
    applied: (done: Done & { readonly hash: string; readonly tookMs: number }) => {
      log.manifestApplied(appliedFacts(path, done), done.created + done.changed + done.deleted > 0)
      wait.over()
    },
    notApplied: (problem: ManifestProblem, { result, hash }: NotApplied) => {
      log.manifestNotApplied(problemFacts(path, problem, hash), result === 'refused')
      wait.because(problem.open)
    },
    drifted: (drift: Drift, before: Drift | undefined) => {
      const isDrifted = drift.total > 0
      if (isDrifted || (before !== undefined && before.total > 0))
        log.manifestDrifted({ path, ...driftFacts(drift) }, { isDrifted, isChanged: drift.changes > 0 })
    },
    driftUnknown: (error: unknown) => log.manifestDriftUnknown(error),
  }
  const follower = new Follower({ path, prune, administration, events, ...options })
  const stop = store.subscribe(({ changes }) => follower.storeChanged(changes.some(isDeclarable)))
  readiness.show('manifest', () => factsOf(path, follower.state))
  follower.open()
  return {
    get state() {
      return follower.state
    },
    get measurements() {
      return measurementsOf(follower.state)
    },
    close: async () => {
      stop()
      await follower.close()
    },
  }
}

function appliedFacts(
  path: string,
  { leftAlone, tookMs, ...done }: Done & { readonly hash: string; readonly tookMs: number },
) {
  return { path, ...done, left_alone: leftAlone, took_ms: Math.round(tookMs) }
}

function problemFacts(
  path: string,
  { code, message, place, faults, cause }: ManifestProblem,
  hash: string | undefined,
) {
  const shown = faults.slice(0, faultsLogged)
  const more = faults.length - shown.length
  return {
    path,
    ...(hash === undefined ? {} : { hash }),
    code,
    error: message,
    ...place,
    ...(shown.length > 0 ? { faults: shown } : {}),
    ...(more > 0 ? { faults_left_out: more } : {}),
    ...(code === 'internal_failure' ? { err: cause } : {}),
  }
}

/** Whether a change can bring the store nearer to a manifest, or away from it. Members are in no manifest. */
const declarable: Readonly<Record<ChangeKind, boolean>> = {
  permission_put: true,
  permission_deleted: true,
  role_put: true,
  role_deleted: true,
  role_set_put: true,
  role_set_deleted: true,
  organization_put: true,
  organization_deleted: true,
  organizations_moved: true,
  assignment_put: true,
  assignment_deleted: true,
  scope_kind_put: true,
  scope_kind_deleted: true,
  scope_default_put: true,
  scope_default_deleted: true,
  scope_renamed: true,
  members_reassigned: false,
  membership_put: false,
  membership_deleted: false,
  invitation_put: false,
  access_key_put: false,
  settings_put: false,
  history_compacted: false,
}

function isDeclarable(change: Change): boolean {
  return declarable[kindOf(change)]
}
