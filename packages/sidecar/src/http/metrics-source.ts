/**
 * What the metrics read from other rooms when they are scraped. What is left out or undefined isn't known, and has no sample:
 * while the store is being opened, only the health is.
 */

import type { HealthFacts } from '../readiness.ts'

export interface StateSource {
  readonly health: () => Pick<HealthFacts, 'started' | 'ready' | 'fresh' | 'writable'>
  readonly readOnly: boolean
  readonly headRevision?: () => number
  /** How long the data of the sidecar hasn't been known to be up to date. */
  readonly stalenessMs?: () => number
  readonly cache?: () => { readonly organizations: number; readonly hits: number; readonly misses: number }
  /** Bytes of the store's files, and how many their disk has free. */
  readonly diskUsage?: () => Promise<{ readonly database: number; readonly log: number; readonly free: number }>
  readonly history?: () => HistoryState
  /** Unix milliseconds until which the TLS certificate is valid; left out: no TLS. */
  readonly certificateValidTo?: (() => number) | undefined
  /** Left out: no manifest is followed. */
  readonly manifest?: (() => ManifestState) | undefined
}

/** The kept history and its limits. Times are Unix milliseconds. */
export interface HistoryState {
  readonly countMax: number
  readonly ageMsMax: number
  readonly compactionFailures: number
  /** When the history was last compared with its limits, and what was beyond them deleted. */
  readonly compactedAt: number | undefined
  /** The last revision that isn't kept any more, and when the oldest kept change set was made. */
  readonly kept: { readonly afterRevision: number; readonly since: number } | undefined
}

/** The words of `manifest.result` in `/readyz`. */
export const manifestResults = ['applied', 'unchanged', 'refused', 'failed'] as const

export type ManifestResult = (typeof manifestResults)[number]

/** How the store follows its manifest. Times are Unix milliseconds. */
export interface ManifestState {
  /** Of the last attempt; undefined: none has ended yet. */
  readonly result: ManifestResult | undefined
  /** Attempts since the start. */
  readonly reconciles: Readonly<Record<ManifestResult, number>>
  readonly lastAttemptAt: number | undefined
  /** When the store was last known to be as the manifest, and its revision then. */
  readonly lastSuccessAt: number | undefined
  readonly appliedRevision: number | undefined
  /** How many things differ from the manifest now. */
  readonly drift: number | undefined
}
