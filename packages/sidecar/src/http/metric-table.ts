/** Every metric of the sidecar: its name, type, labels and help. `docs/metrics.md` lists them; a test compares the two. */

interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

export type MetricName = keyof typeof metricTable

export const metricTable = {
  rolesets_build_info: gauge('Always 1. The version of the sidecar that runs.', 'version'),
  rolesets_started: gauge('1 if the store is open, 0 if not yet.'),
  rolesets_ready: gauge(
    '1 if the sidecar answers calls, 0 while it waits for something or stops; /readyz says for what.',
  ),
  rolesets_fresh: gauge('1 if the data is within the bound of staleness, 0 if the sidecar makes no decisions.'),
  rolesets_store_writable: gauge('1, or 0 while the store refuses every write; the log says why.'),
  rolesets_read_only: gauge('1 if every write is refused but those of the manifest (ROLESETS_READ_ONLY), else 0.'),
  rolesets_staleness_seconds: gauge(
    'Seconds since the data of this sidecar was known to be up to date; 0 for the authority.',
  ),
  rolesets_head_revision: gauge('Number of the last committed revision.'),

  rolesets_decisions_total: counter(
    'Answered questions by answer (allowed, refused), by reason, and by where the role set of the organization was found (memory, store).',
    ...['answer', 'reason', 'source'],
  ),
  rolesets_member_decisions_total: counter(
    'Answered questions about what a user holds now, by answer (allowed, refused) and by reason.',
    ...['answer', 'reason'],
  ),
  rolesets_check_seconds: histogram('Time from reading a Check to its answer.'),
  rolesets_batch_check_seconds: histogram('Time from reading a BatchCheck to its answer.'),
  rolesets_organizations_cached: gauge('Organizations whose role set is in memory.'),
  rolesets_organizations_cache_hits_total: counter('Questions about organizations that were in memory.'),
  rolesets_organizations_cache_misses_total: counter('Questions about organizations that were read from the store.'),

  rolesets_watchers: gauge('Present watchers.'),
  rolesets_watchers_ended_total: counter('Ended watchers by reason.', 'reason'),
  rolesets_watcher_lag_revisions: gauge('How many revisions the slowest watcher is behind.'),
  rolesets_feed_delay_seconds: histogram("Time from a commit until it is handed to a watcher's stream."),

  rolesets_writes_total: counter(
    'Writes by operation and result: OK, DRY_RUN, or the reason of the error.',
    ...['operation', 'result'],
  ),
  rolesets_commit_batch_size: histogram('Writes in one commit.'),
  rolesets_commit_seconds: histogram('Time to make a transaction durable.'),
  rolesets_store_errors_total: counter('Reads and writes that ended with an error of the store, by its code.', 'kind'),
  rolesets_store_rollbacks_total: counter('Transactions that were rolled back because of an error of the store.'),
  rolesets_store_file_bytes: gauge('Size of the files of the store: the database and its log.', 'file'),
  rolesets_store_disk_free_bytes: gauge('What the disk of the store has free.'),

  rolesets_history_change_sets: gauge('Change sets that are kept.'),
  rolesets_history_change_sets_max: gauge('How many of them are kept at most (ROLESETS_HISTORY_MAX_COUNT).'),
  rolesets_history_oldest_timestamp_seconds: gauge('Unix time of the oldest change set that is kept.'),
  rolesets_history_age_max_seconds: gauge('How long they are kept at most (ROLESETS_HISTORY_MAX_AGE_DAYS).'),
  rolesets_history_compaction_last_success_timestamp_seconds: gauge(
    'Unix time at which history beyond its limits was last looked for, and deleted.',
  ),
  rolesets_history_compaction_failures_total: counter('Attempts to delete old history that failed.'),

  rolesets_backup_last_success_timestamp_seconds: gauge(
    'Unix time at which this process last sent a whole backup (rolesets backup --target).',
  ),

  rolesets_access_refused_total: counter('Calls rejected because they have no valid key.'),
  rolesets_unforeseen_failures_total: counter('Calls that failed unexpectedly; the log has the details.'),
  rolesets_certificate_expiry_timestamp_seconds: gauge('Unix time at which the TLS certificate in use expires.'),

  rolesets_manifest_applied: gauge(
    '1 if the last attempt to apply the manifest succeeded, 0 if the manifest was refused or the attempt failed.',
  ),
  rolesets_manifest_reconciles_total: counter(
    'Attempts to apply the manifest by result, in the words of /readyz: applied, unchanged (nothing was to be done), refused (the manifest is at fault), failed (the store is).',
    'result',
  ),
  rolesets_manifest_last_attempt_timestamp_seconds: gauge('Unix time of the last attempt to apply the manifest.'),
  rolesets_manifest_last_success_timestamp_seconds: gauge(
    'Unix time at which the store was last known to be as the manifest says.',
  ),
  rolesets_manifest_applied_revision: gauge('Number of the revision at which the store was last as the manifest says.'),
  rolesets_manifest_drift: gauge('How many things differ from the manifest now, or exist beside it.'),
} as const satisfies Record<string, MetricRow>

function counter<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { type: 'counter', labels, help } as const
}

function gauge<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { type: 'gauge', labels, help } as const
}

function histogram(help: string) {
  return { type: 'histogram', labels: [], help } as const
}
