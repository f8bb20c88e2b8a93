/** Where the numbers of each metric come from. They are taken when they are read. */

import { readFileSync } from 'node:fs'
import { isMemberAllowed, type MemberReason } from '@rolesets/core'
import type { Buckets, Measurements } from './measurements.ts'
import { manifestResults, type ManifestState, type StateSource } from './metrics-source.ts'
import type { MetricName, metricTable } from './metric-table.ts'

/** The values of the labels, in the order of the table. */
export type Sample = readonly [labels: readonly string[], value: number]

interface ReadingOf {
  /** Undefined: it isn't known, and there is no sample. */
  readonly counter: number | undefined | readonly Sample[]
  readonly gauge: number | undefined | readonly Sample[]
  readonly histogram: Buckets
}

export type Reading = ReadingOf[keyof ReadingOf]

export type Readings = {
  readonly [Name in MetricName]: () =>
    ReadingOf[(typeof metricTable)[Name]['type']] | Promise<ReadingOf[(typeof metricTable)[Name]['type']]>
}

/** @param state is called with each reading, because more is known when the store is open */
export function readingsOf(measured: Measurements, state: () => StateSource): Readings {
  return {
    ...healthReadings(state),
    ...decisionReadings(measured, state),
    ...watcherReadings(measured, state),
    ...storeReadings(measured, state),
    ...historyReadings(state),
    ...manifestReadings(state),
    rolesets_backup_last_success_timestamp_seconds: () => seconds(measured.backedUpAt),
    rolesets_access_refused_total: () => measured.accessRefusals,
    rolesets_unforeseen_failures_total: () => measured.unforeseenFailures,
    rolesets_certificate_expiry_timestamp_seconds: () => seconds(state().certificateValidTo?.()),
  }
}

type Part<Prefix extends string> = Pick<Readings, Extract<MetricName, `rolesets_${Prefix}${string}`>>

function healthReadings(
  state: () => StateSource,
): Part<'build' | 'started' | 'read' | 'fresh' | 'staleness' | 'head' | 'store_writable'> {
  const version = readVersion()
  const health = () => state().health()
  return {
    rolesets_build_info: () => [[[version], 1]],
    rolesets_started: () => Number(health().started),
    rolesets_ready: () => Number(health().ready),
    rolesets_fresh: () => Number(health().fresh),
    rolesets_store_writable: () => Number(health().writable !== false),
    rolesets_read_only: () => Number(state().readOnly),
    rolesets_staleness_seconds: () => seconds(state().stalenessMs?.()),
    rolesets_head_revision: () => state().headRevision?.(),
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

function decisionReadings(
  measured: Measurements,
  state: () => StateSource,
): Part<'decisions' | 'member_decisions' | 'check' | 'batch_check' | 'organizations'> {
  const decisions = () =>
    Object.entries(measured.decisions).flatMap(([source, byReason]) =>
      Object.entries(byReason).map(([reason, count]): Sample => {
        const answer = reason === 'ROLE_IN_SET' ? 'allowed' : 'refused'
        return [[answer, reason, source], count]
      }),
    )
  const memberDecisions = () =>
    Object.entries(measured.memberDecisions).map(([reason, count]): Sample => {
      // The table has a row for each reason.
      return [[isMemberAllowed(reason as MemberReason) ? 'allowed' : 'refused', reason], count]
    })
  const cache = () => state().cache?.()
  return {
    rolesets_decisions_total: decisions,
    rolesets_member_decisions_total: memberDecisions,
    rolesets_check_seconds: () => measured.checkSeconds,
    rolesets_batch_check_seconds: () => measured.batchCheckSeconds,
    rolesets_organizations_cached: () => cache()?.organizations,
    rolesets_organizations_cache_hits_total: () => cache()?.hits,
    rolesets_organizations_cache_misses_total: () => cache()?.misses,
  }
}

function watcherReadings(measured: Measurements, state: () => StateSource): Part<'watcher' | 'feed'> {
  const lag = () => {
    const head = state().headRevision?.() ?? 0
    return Math.max(0, ...[...measured.watchers].map(({ handedRevision }) => head - handedRevision))
  }
  return {
    rolesets_watchers: () => measured.watchers.size,
    rolesets_watchers_ended_total: () => samplesOf(measured.watchersEnded),
    rolesets_watcher_lag_revisions: lag,
    rolesets_feed_delay_seconds: () => measured.feedDelaySeconds,
  }
}

function storeReadings(
  measured: Measurements,
  state: () => StateSource,
): Part<'writes' | 'commit' | 'store_errors' | 'store_rollbacks' | 'store_file' | 'store_disk'> {
  return {
    rolesets_writes_total: () => samplesOf(measured.writes),
    rolesets_commit_batch_size: () => measured.commitSize,
    rolesets_commit_seconds: () => measured.commitSeconds,
    rolesets_store_errors_total: () => samplesOf(measured.storeErrors),
    rolesets_store_rollbacks_total: () => measured.rollbacks,
    rolesets_store_file_bytes: async () => {
      const usage = await state().diskUsage?.()
      if (usage === undefined) return undefined
      return [
        [['database'], usage.database],
        [['log'], usage.log],
      ]
    },
    rolesets_store_disk_free_bytes: async () => (await state().diskUsage?.())?.free,
  }
}

function historyReadings(state: () => StateSource): Part<'history'> {
  const history = () => state().history?.()
  return {
    rolesets_history_change_sets: () => {
      const [head, kept] = [state().headRevision?.(), history()?.kept]
      return head === undefined || kept === undefined ? undefined : head - kept.afterRevision
    },
    rolesets_history_change_sets_max: () => history()?.countMax,
    rolesets_history_oldest_timestamp_seconds: () => seconds(history()?.kept?.since),
    rolesets_history_age_max_seconds: () => seconds(history()?.ageMsMax),
    rolesets_history_compaction_last_success_timestamp_seconds: () => seconds(history()?.compactedAt),
    rolesets_history_compaction_failures_total: () => history()?.compactionFailures,
  }
}

function manifestReadings(state: () => StateSource): Part<'manifest'> {
  const of = (read: (manifest: ManifestState) => ReadingOf['gauge']) => () => {
    const manifest = state().manifest?.()
    return manifest && read(manifest)
  }
  return {
    rolesets_manifest_applied: of(({ result }) => result && Number(result === 'applied' || result === 'unchanged')),
    rolesets_manifest_reconciles_total: of(({ reconciles }) =>
      manifestResults.map((result): Sample => [[result], reconciles[result]]),
    ),
    rolesets_manifest_last_attempt_timestamp_seconds: of(({ lastAttemptAt }) => seconds(lastAttemptAt)),
    rolesets_manifest_last_success_timestamp_seconds: of(({ lastSuccessAt }) => seconds(lastSuccessAt)),
    rolesets_manifest_applied_revision: of(({ appliedRevision }) => appliedRevision),
    rolesets_manifest_drift: of(({ drift }) => drift),
  }
}

/** Keys are the values of the labels, with spaces between them. */
function samplesOf(counted: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counted].map(([key, count]) => [key.split(' '), count])
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
