/**
 * For each alert, what happens to a healthy sidecar so that it fires: some of its series get other values. Series are those
 * of a real scrape, one value a minute, in the notation of promtool: `5+1x9` is 5, 6, … 14.
 */

import type { Sample } from '../processes/scrape.ts'

export interface Firing {
  /** Values of the series with this name, and with these labels if given. Null: there are no such series any more. */
  readonly series: Readonly<Record<string, string | null>>
  /** When it must fire. */
  readonly at: string
  /** What an alert says besides its severity; default: the labels of the target. */
  readonly labels?: Readonly<Record<string, string>>
}

export const target = { job: 'rolesets', instance: '10.0.0.7:7452', namespace: 'shop', pod: 'rolesets-0' }

const pod = { namespace: target.namespace, pod: target.pod }
/** How many values a series has: enough for each alert. */
const minutes = 240

export const firing: Readonly<Record<string, Firing>> = {
  RolesetsMissing: { series: { rolesets_build_info: null }, at: '15m', labels: {} },
  RolesetsNotReady: { series: { rolesets_ready: '1x9 0x60', rolesets_fresh: '1x9 0x60' }, at: '20m' },
  RolesetsNotWritable: { series: { rolesets_store_writable: '1x9 0x60' }, at: '15m' },
  RolesetsStale: { series: { rolesets_fresh: '1x9 0x60' }, at: '15m' },
  RolesetsRestarts: { series: { process_start_time_seconds: '1000x9 1010x3 1020x3 1030x3 1040x3 1050x60' }, at: '35m' },
  // The clock of these tests begins at 1970.
  RolesetsCertificateExpires: { series: { rolesets_certificate_expiry_timestamp_seconds: '600000x120' }, at: '90m' },
  RolesetsManifestRefused: { series: { rolesets_manifest_applied: '1x9 0x60' }, at: '20m' },
  RolesetsManifestDrift: { series: { rolesets_manifest_drift: '0x9 3x60' }, at: '30m' },
  RolesetsUnforeseenFailures: { series: { rolesets_unforeseen_failures_total: '0x9 1x60' }, at: '13m' },
  RolesetsAccessRefused: { series: { rolesets_access_refused_total: '0x9 0+120x60' }, at: '40m' },
  RolesetsSlowChecks: {
    series: {
      'rolesets_check_seconds_bucket{le="0.1"}': '0+60x90',
      'rolesets_check_seconds_bucket{le="1"}': '0+60x90',
      'rolesets_check_seconds_bucket{le="+Inf"}': '0+60x90',
    },
    ...{ at: '30m', labels: pod },
  },
  RolesetsSlowCommits: {
    series: {
      'rolesets_commit_seconds_bucket{le="0.5"}': '9+60x90',
      'rolesets_commit_seconds_bucket{le="2"}': '9+60x90',
      'rolesets_commit_seconds_bucket{le="+Inf"}': '9+60x90',
    },
    ...{ at: '30m', labels: pod },
  },
  RolesetsStoreErrors: {
    series: {
      'rolesets_store_errors_total{kind="overloaded"}': '0x9 7x60',
      'rolesets_store_errors_total{kind="compacted"}': '0+1x60',
    },
    ...{ at: '13m', labels: { ...pod, kind: 'overloaded' } },
  },
  RolesetsDiskFull: { series: { rolesets_store_disk_free_bytes: '9000000x60' }, at: '15m' },
  RolesetsFileLarge: { series: { 'rolesets_store_file_bytes{file="database"}': '2000000000x200' }, at: '90m' },
  RolesetsNoBackup: {
    series: { rolesets_backup_last_success_timestamp_seconds: '-200000x60' },
    ...{ at: '20m', labels: { namespace: target.namespace, job: target.job } },
  },
  RolesetsWatchersTooSlow: {
    series: { 'rolesets_watchers_ended_total{reason="CONSUMER_TOO_SLOW"}': '0x9 1x60' },
    ...{ at: '13m', labels: { ...target, reason: 'CONSUMER_TOO_SLOW' } },
  },
  RolesetsFeedBehind: { series: { rolesets_watcher_lag_revisions: '0x9 700x60' }, at: '20m' },
  RolesetsHistoryCutShort: {
    series: { rolesets_history_change_sets: '950000x200', rolesets_history_oldest_timestamp_seconds: '0x200' },
    at: '90m',
  },
  RolesetsCompactionFails: {
    series: { rolesets_history_compaction_failures_total: '0x60 1x60 2x60 3x60' },
    at: '190m',
  },
}

/** What promtool takes as input: each series with its values. */
export function inputOf(samples: readonly Sample[], { series }: Firing) {
  const changed = new Set<string>()
  const input = samples.flatMap(({ name, labels, value }) => {
    const keys = [name, ...Object.entries(labels).map(([label, given]) => `${name}{${label}="${given}"}`)]
    const key = keys.find((each) => Object.hasOwn(series, each))
    if (key !== undefined) changed.add(key)
    const values = key === undefined ? `${value}x${minutes}` : series[key]
    return values === null || values === undefined ? [] : [{ series: seriesOf(name, { ...labels, ...target }), values }]
  })
  // Not served by a healthy sidecar: what is only there with TLS, a manifest or a backup.
  const more = Object.entries(series).filter(([key, values]) => !changed.has(key) && values !== null)
  return [...input, ...more.map(([name, values]) => ({ series: seriesOf(name, target), values: values ?? '' }))]
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  return `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`
}
