/**
 * Open-model load: calls start at a fixed rate, also if earlier ones are not answered. Latency counts from the moment
 * when a call was due. So a pause makes every call slower that it delays, as it does for users.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { Latency } from './row.ts'

export interface OpenLoad {
  readonly name: string
  readonly ratePerSecond: number
  readonly durationMs: number
  /** A call that is due while this many are waiting is dropped and counted. */
  readonly waitingMax: number
  readonly signal?: AbortSignal
  /** One call. It rejects if it fails. */
  readonly call: (index: number) => Promise<unknown>
}

export async function openLoad({
  name,
  ratePerSecond,
  durationMs,
  waitingMax,
  signal,
  call,
}: OpenLoad): Promise<Latency> {
  const total = Math.floor((ratePerSecond * durationMs) / 1000)
  const latenciesMs: number[] = []
  let failed = 0
  let dropped = 0
  let waiting = 0
  let wake: (() => void) | undefined

  const startedAtMs = performance.now()
  const send = (index: number) => {
    const dueAtMs = startedAtMs + (index * 1000) / ratePerSecond
    waiting += 1
    void call(index)
      .then(
        () => void latenciesMs.push(performance.now() - dueAtMs),
        () => void (failed += 1),
      )
      .finally(() => {
        waiting -= 1
        if (waiting === 0) wake?.()
      })
  }

  for (let next = 0; next < total && !signal?.aborted;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAtMs) * ratePerSecond) / 1000) + 1)
    for (; next < due; next += 1) {
      if (waiting >= waitingMax) dropped += 1
      else send(next)
    }
    const nextDueInMs = startedAtMs + (next * 1000) / ratePerSecond - performance.now()
    // A timer has a resolution of a millisecond. For a shorter wait, the loop lets running calls continue instead.
    if (nextDueInMs > 1) await delay(nextDueInMs - 1)
    else await new Promise(setImmediate)
  }
  if (waiting > 0) await new Promise<void>((resolve) => (wake = resolve))
  return latencyOf(name, latenciesMs, { failed, dropped })
}

/** Quantiles and histogram of latencies in milliseconds. */
export function latencyOf(
  name: string,
  latenciesMs: readonly number[],
  { failed, dropped }: { readonly failed: number; readonly dropped: number } = { failed: 0, dropped: 0 },
): Latency {
  const sorted = Float64Array.from(latenciesMs).sort()
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  const quantiles = {
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    p999: quantile(0.999),
    max: quantile(1),
  }
  return { name, unit: 'ms', count: sorted.length, failed, dropped, quantiles, histogram: histogramOf(sorted) }
}

/** Eight bounds for each doubling, starting at a microsecond: fine enough for plots, and small enough to store. */
function histogramOf(sorted: Float64Array): Latency['histogram'] {
  const counts = new Map<number, number>()
  for (const value of sorted) {
    const step = Math.max(0, Math.ceil(Math.log2(Math.max(value, 0.001) / 0.001) * 8))
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  return [...counts].map(([step, count]) => ({ upTo: Number((0.001 * 2 ** (step / 8)).toPrecision(6)), count }))
}
