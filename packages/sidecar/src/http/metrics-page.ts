/**
 * The page of the metrics, which several listeners serve. prom-client is loaded with the first request, so that the start does
 * without it.
 */

import type { ServerResponse } from 'node:http'
import type { Measurements } from './measurements.ts'
import type { Metrics } from './metrics.ts'
import type { StateSource } from './metrics-source.ts'

interface Page {
  readonly contentType: string
  readonly text: string
}

export class MetricsPage {
  readonly #measurements: Measurements
  #state: StateSource
  #metrics: Promise<Metrics> | undefined
  #reading: Promise<Page> | undefined

  /** @param state what is known before the store is open */
  constructor(measurements: Measurements, state: StateSource) {
    this.#measurements = measurements
    this.#state = state
  }

  /** The store is open. */
  open(state: StateSource): void {
    this.#state = state
  }

  async read(): Promise<Page> {
    // Those that ask at the same time share one reading, because it takes some milliseconds of a processor.
    this.#reading ??= this.#readNow().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readNow(): Promise<Page> {
    this.#metrics ??= import('./metrics.ts').then(({ createMetrics }) =>
      createMetrics(this.#measurements, () => this.#state),
    )
    const { contentType, read } = await this.#metrics
    return { contentType, text: await read() }
  }
}

export function sendPage(response: ServerResponse, { contentType, text }: Page): void {
  response.setHeader('Content-Type', contentType).end(text)
}
