/** The measurements as Prometheus reads them. The numbers are taken when they are read. */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Measurements } from './measurements.ts'
import { readingsOf, type Reading } from './metric-readings.ts'
import { metricTable, type MetricName } from './metric-table.ts'
import type { StateSource } from './metrics-source.ts'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics(measured: Measurements, state: () => StateSource) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  const readings = readingsOf(measured, state)
  for (const name of Object.keys(metricTable) as MetricName[]) new ReadMetric(name, { registry, read: readings[name] })
  return { contentType: registry.contentType, read: () => registry.metrics() }
}

/** Gauges that are named like counters; the same without `_total` count each kind. */
const misnamed = ['handles', 'requests', 'resources'].map((name) => `nodejs_active_${name}_total`)

interface ReadOptions {
  readonly registry: Registry
  readonly read: () => Reading | Promise<Reading>
}

/** prom-client's metrics only count themselves. The registry asks each of them for its values by this method. */
class ReadMetric extends Gauge {
  readonly #name: MetricName
  readonly #read: ReadOptions['read']

  constructor(name: MetricName, { registry, read }: ReadOptions) {
    super({ name, help: metricTable[name].help, registers: [registry] })
    this.#name = name
    this.#read = read
  }

  async getForPromString() {
    const { type, help } = metricTable[this.#name]
    return { name: this.#name, type, help, values: valuesOf(this.#name, await this.#reading()) }
  }

  /** A reading that fails leaves its metric out: then the others are needed most. */
  async #reading(): Promise<Reading> {
    try {
      return await this.#read()
    } catch {
      return undefined
    }
  }
}

interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

function valuesOf(name: MetricName, reading: Reading): readonly Value[] {
  if (reading === undefined) return []
  if (typeof reading === 'number') return [{ metricName: name, labels: {}, value: reading }]
  if ('bounds' in reading) return bucketsOf(name, reading)
  const labelNames: readonly string[] = metricTable[name].labels
  return reading.map(([labels, value]) => {
    return {
      metricName: name,
      labels: Object.fromEntries(labels.map((label, at) => [labelNames[at] ?? '', label] as const)),
      value,
    }
  })
}

function bucketsOf(name: MetricName, { bounds, counts, sum }: Extract<Reading, { readonly sum: number }>): Value[] {
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
