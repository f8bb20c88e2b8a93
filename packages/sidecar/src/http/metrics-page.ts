/**
 * The page of the metrics, which several listeners serve. prom-client is loaded with the first request, so that the start does
 * without it. There is a page as soon as the store is open.
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
  #state: StateSource | undefined
  #metrics: Promise<Metrics> | undefined
  #reading: Promise<Page> | undefined

  constructor(measurements: Measurements) {
    this.#measurements = measurements
  }

  /** From now on there is a page. */
  open(state: StateSource): void {
    this.#state = state
  }

  /** @returns undefined: there is no page yet */
  async read(): Promise<Page | undefined> {
    const state = this.#state
    if (state === undefined) return undefined
    // Those that ask at the same time share one reading, because it takes some milliseconds of a processor.
    this.#reading ??= this.#readNow(state).finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readNow(state: StateSource): Promise<Page> {
    this.#metrics ??= import('./metrics.ts').then(({ createMetrics }) => createMetrics(this.#measurements, state))
    const { contentType, read } = await this.#metrics
    return { contentType, text: await read() }
  }
}

export function sendPage(response: ServerResponse, { contentType, text }: Page): void {
  response.setHeader('Content-Type', contentType).end(text)
}
