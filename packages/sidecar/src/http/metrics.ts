/** The measurements as Prometheus reads them. The numbers are taken when they are read. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type HistogramConfiguration } from 'prom-client'
import type { Buckets, Measurements } from './measurements.ts'

/** Facts of other rooms that are only read here. */
export interface StateSource {
  readonly headRevision: () => number
  /** How long the data of the sidecar hasn't been known to be up to date. */
  readonly stalenessMs: () => number
  /** Whether the store accepts writes. */
  readonly isWritable: () => boolean
  readonly cache: () => { readonly organizations: number; readonly hits: number; readonly misses: number }
}

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics(measured: Measurements, { headRevision, stalenessMs, isWritable, cache }: StateSource) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const { counter, gauge, histogram } = metersIn(registry)
  const lag = () => Math.max(0, ...[...measured.watchers].map(({ handedRevision }) => headRevision() - handedRevision))

  counter('rolesets_decisions_total{reason}', 'Answered questions by reason.', () => measured.decisions)
  const writes = 'Writes by operation and result: OK, DRY_RUN, or the reason of the error.'
  counter('rolesets_writes_total{operation,result}', writes, () => measured.writes)
  counter('rolesets_watchers_ended_total{reason}', 'Ended watchers by reason.', () => measured.watchersEnded)
  const refused = 'Calls rejected because they have no valid key.'
  counter('rolesets_access_refused_total', refused, () => measured.accessRefusals)
  const unforeseen = 'Calls that failed unexpectedly; the log has the details.'
  counter('rolesets_unforeseen_failures_total', unforeseen, () => measured.unforeseenFailures)

  gauge('rolesets_head_revision', 'Number of the last committed revision.', headRevision)
  const staleness = 'Seconds since the data of this sidecar was known to be up to date; 0 for the authority.'
  gauge('rolesets_staleness_seconds', staleness, () => stalenessMs() / 1000)
  const writable = '1, or 0 while the store refuses every write; the log says why.'
  gauge('rolesets_store_writable', writable, () => Number(isWritable()))
  gauge('rolesets_watchers', 'Present watchers.', () => measured.watchers.size)
  gauge('rolesets_watcher_lag_revisions', 'How many revisions the slowest watcher is behind.', lag)
  const cached = 'Organizations whose role set is in memory.'
  gauge('rolesets_organizations_cached', cached, () => cache().organizations)
  const hits = 'Questions about organizations that were in memory.'
  counter('rolesets_organizations_cache_hits_total', hits, () => cache().hits)
  const misses = 'Questions about organizations that were read from the store.'
  counter('rolesets_organizations_cache_misses_total', misses, () => cache().misses)

  histogram('rolesets_check_seconds', 'Time from reading a Check to its answer.', measured.checkSeconds)
  histogram('rolesets_commit_batch_size', 'Writes in one commit.', measured.commitSize)
  histogram('rolesets_commit_seconds', 'Time to make a transaction durable.', measured.commitSeconds)
  const delay = "Time from a commit until it is handed to a watcher's stream."
  histogram('rolesets_feed_delay_seconds', delay, measured.feedDelaySeconds)

  return { contentType: registry.contentType, read: () => registry.metrics() }
}

/** Each takes the name, the help, and the way to the numbers. */
function metersIn(registry: Registry) {
  const registers = [registry]
  return {
    /** The labels stand in braces after the name. Their values are the keys of the map, with spaces between them. */
    counter: (named: string, help: string, read: () => number | ReadonlyMap<string, number>) => {
      const [name = '', ...labelNames] = named.match(/\w+/g) ?? []
      const collect = function (this: Counter) {
        this.reset()
        const counted = read()
        if (typeof counted === 'number') return this.inc(counted)
        for (const [key, count] of counted) this.labels(...key.split(' ')).inc(count)
      }
      new Counter({ name, help, labelNames, registers, collect })
    },
    gauge: (name: string, help: string, read: () => number) => {
      const collect = function (this: Gauge) {
        this.set(read())
      }
      new Gauge({ name, help, registers, collect })
    },
    histogram: (name: string, help: string, buckets: Buckets) =>
      new FilledHistogram({ name, help, registers }, buckets),
  }
}

/** prom-client's histogram only counts itself. The registry asks each histogram for its values by this method. */
class FilledHistogram extends Histogram {
  readonly #shown: HistogramConfiguration<string>
  readonly #buckets: Buckets

  constructor(shown: HistogramConfiguration<string>, buckets: Buckets) {
    super(shown)
    this.#shown = shown
    this.#buckets = buckets
  }

  async getForPromString() {
    const { name, help } = this.#shown
    return { name, help, type: 'histogram', aggregator: 'sum', values: valuesOf(name, this.#buckets) }
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
