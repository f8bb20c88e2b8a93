/** The measurements, as Prometheus reads them. The numbers are taken at the moment of the reading. */

import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client'
import type { Buckets, Measurements } from './measurements.ts'

/** What is known elsewhere and only read here. */
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
  const labelled = (name: string, help: string, labels: { names: string[]; counts: ReadonlyMap<string, number> }) =>
    new Counter({
      name,
      help,
      labelNames: labels.names,
      registers: [registry],
      collect() {
        this.reset()
        for (const [key, count] of labels.counts) {
          const values = key.split(' ')
          this.inc(Object.fromEntries(labels.names.map((label, place) => [label, values[place] ?? ''])), count)
        }
      },
    })
  labelled('rolesets_decisions_total', 'Questions answered, by reason.', {
    names: ['reason'],
    counts: measurements.decisions,
  })
  labelled('rolesets_writes_total', 'Writes by operation and result: OK, DRY_RUN, or the reason of the error.', {
    names: ['operation', 'result'],
    counts: measurements.writes,
  })
  labelled('rolesets_watchers_ended_total', 'Watchers that ended, by reason.', {
    names: ['reason'],
    counts: measurements.watchersEnded,
  })
  counted(registry, 'rolesets_access_refused_total', {
    help: 'Calls refused for want of a key.',
    count: () => measurements.accessRefusals,
  })
  counted(registry, 'rolesets_unforeseen_failures_total', {
    help: 'Calls that failed in a way nobody foresaw; the log has the records.',
    count: () => measurements.unforeseenFailures,
  })
}

function addGauges(registry: Registry, measurements: Measurements, state: StateSource): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('rolesets_head_revision', 'The number of the last committed revision.', state.headRevision)
  gauge('rolesets_watchers', 'Watchers that follow now.', () => measurements.watchers.size)
  gauge('rolesets_watcher_lag_revisions', 'How many revisions the slowest watcher is behind.', () => {
    const behind = [...measurements.watchers].map(({ handedRevision }) => state.headRevision() - handedRevision)
    return Math.max(0, ...behind)
  })
  gauge(
    'rolesets_organizations_cached',
    'Organizations whose role set is in memory.',
    () => state.cache().organizations,
  )
  counted(registry, 'rolesets_organizations_cache_hits_total', {
    help: 'Questions about organizations that were in memory.',
    count: () => state.cache().hits,
  })
  counted(registry, 'rolesets_organizations_cache_misses_total', {
    help: 'Questions about organizations that the store had to be asked for.',
    count: () => state.cache().misses,
  })
}

function addHistograms(registry: Registry, measurements: Measurements): void {
  histogram(registry, 'rolesets_check_seconds', {
    help: 'From the reading of a Check to its answer.',
    buckets: measurements.checkSeconds,
  })
  histogram(registry, 'rolesets_commit_batch_size', {
    help: 'Writes that share one commit.',
    buckets: measurements.commitSize,
  })
  histogram(registry, 'rolesets_commit_seconds', {
    help: 'What making a transaction durable takes.',
    buckets: measurements.commitSeconds,
  })
  histogram(registry, 'rolesets_feed_delay_seconds', {
    help: 'From a commit to its hand-over to a watcher’s stream.',
    buckets: measurements.feedDelaySeconds,
  })
}

function counted(registry: Registry, name: string, { help, count }: { help: string; count: () => number }): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(count())
    },
  })
}

/** prom-client's own histogram can't be filled from counts, but its registry takes anything that answers like one. */
function histogram(registry: Registry, name: string, { help, buckets }: { help: string; buckets: Buckets }): void {
  const get = (): Promise<MetricObjectWithValues<MetricValue<string>>> =>
    Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values: valuesOf(name, buckets) } as never)
  registry.registerMetric({ name, get, reset: () => undefined } as never)
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
