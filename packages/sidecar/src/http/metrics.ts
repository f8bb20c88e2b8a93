/** The measurements as Prometheus reads them. The numbers are taken when they are read. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Buckets, Measurements } from './measurements.ts'

/** Facts of other rooms that are only read here. */
export interface StateSource {
  readonly headRevision: () => number
  readonly cache: () => { readonly organizations: number; readonly hits: number; readonly misses: number }
}

export interface Metrics {
  readonly contentType: string
  readonly read: () => Promise<string>
}

export function createMetrics(measurements: Measurements, state: StateSource): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  addCounters(registry, measurements)
  addGauges(registry, measurements, state)
  addHistograms(registry, measurements)
  return { contentType: registry.contentType, read: () => registry.metrics() }
}

function addCounters(registry: Registry, measurements: Measurements): void {
  counter(registry, 'rolesets_decisions_total', {
    help: 'Answered questions by reason.',
    labelNames: ['reason'],
    counts: () => measurements.decisions,
  })
  counter(registry, 'rolesets_writes_total', {
    help: 'Writes by operation and result: OK, DRY_RUN, or the reason of the error.',
    labelNames: ['operation', 'result'],
    counts: () => measurements.writes,
  })
  counter(registry, 'rolesets_watchers_ended_total', {
    help: 'Ended watchers by reason.',
    labelNames: ['reason'],
    counts: () => measurements.watchersEnded,
  })
  counter(registry, 'rolesets_access_refused_total', {
    help: 'Calls rejected because they have no valid key.',
    counts: () => measurements.accessRefusals,
  })
  counter(registry, 'rolesets_unforeseen_failures_total', {
    help: 'Calls that failed unexpectedly; the log has the details.',
    counts: () => measurements.unforeseenFailures,
  })
}

function addGauges(registry: Registry, measurements: Measurements, state: StateSource): void {
  gauge(registry, 'rolesets_head_revision', {
    help: 'Number of the last committed revision.',
    read: state.headRevision,
  })
  gauge(registry, 'rolesets_watchers', { help: 'Present watchers.', read: () => measurements.watchers.size })
  gauge(registry, 'rolesets_watcher_lag_revisions', {
    help: 'How many revisions the slowest watcher is behind.',
    read: () => {
      const behind = [...measurements.watchers].map(({ handedRevision }) => state.headRevision() - handedRevision)
      return Math.max(0, ...behind)
    },
  })
  gauge(registry, 'rolesets_organizations_cached', {
    help: 'Organizations whose role set is in memory.',
    read: () => state.cache().organizations,
  })
  counter(registry, 'rolesets_organizations_cache_hits_total', {
    help: 'Questions about organizations that were in memory.',
    counts: () => state.cache().hits,
  })
  counter(registry, 'rolesets_organizations_cache_misses_total', {
    help: 'Questions about organizations that were read from the store.',
    counts: () => state.cache().misses,
  })
}

function addHistograms(registry: Registry, measurements: Measurements): void {
  new FilledHistogram('rolesets_check_seconds', {
    registry,
    help: 'Time from reading a Check to its answer.',
    buckets: measurements.checkSeconds,
  })
  new FilledHistogram('rolesets_commit_batch_size', {
    registry,
    help: 'Writes in one commit.',
    buckets: measurements.commitSize,
  })
  new FilledHistogram('rolesets_commit_seconds', {
    registry,
    help: 'Time to make a transaction durable.',
    buckets: measurements.commitSeconds,
  })
  new FilledHistogram('rolesets_feed_delay_seconds', {
    registry,
    help: "Time from a commit until it is handed to a watcher's stream.",
    buckets: measurements.feedDelaySeconds,
  })
}

interface Counted {
  readonly help: string
  /** Default: none, and one count. */
  readonly labelNames?: string[]
  /** The keys of a map are the values of the labels, with spaces between them. */
  readonly counts: () => number | ReadonlyMap<string, number>
}

function counter(registry: Registry, name: string, { help, labelNames = [], counts }: Counted): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      const counted = counts()
      if (typeof counted === 'number') return this.inc(counted)
      for (const [key, count] of counted) this.labels(...key.split(' ')).inc(count)
    },
  })
}

function gauge(registry: Registry, name: string, { help, read }: { help: string; read: () => number }): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/** prom-client's histogram only counts itself. The registry asks each histogram for its values by this method. */
class FilledHistogram extends Histogram {
  readonly #shown: { readonly name: string; readonly help: string }
  readonly #buckets: Buckets

  constructor(name: string, { help, buckets, registry }: { help: string; buckets: Buckets; registry: Registry }) {
    super({ name, help, registers: [registry] })
    this.#shown = { name, help }
    this.#buckets = buckets
  }

  async getForPromString() {
    return { ...this.#shown, type: 'histogram', aggregator: 'sum', values: valuesOf(this.#shown.name, this.#buckets) }
  }
}

function valuesOf(name: string, { bounds, counts, sum }: Buckets) {
  let below = 0
  const filled = counts.map((count, place) => {
    below += count
    return { metricName: `${name}_bucket`, labels: { le: bounds[place] ?? '+Inf' }, value: below }
  })
  return [
    ...filled,
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: below },
  ]
}
