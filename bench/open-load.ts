/**
 * Open-model load: calls arrive at a fixed rate, whether or not the ones before were answered, and a call's latency
 * counts from the moment at which it was due. So a stall is felt by all that it delays, as users would feel it.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { Latency } from './row.ts'

export interface OpenLoad {
  readonly name: string
  readonly ratePerSecond: number
  readonly durationMs: number
  /** A call that is due while so many wait is dropped, and counted. */
  readonly waitingMax: number
  readonly signal?: AbortSignal
  /** One call; it fails by rejecting. */
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
    // A timer is no finer than a millisecond: nearer than that, what is under way is let on instead.
    if (nextDueInMs > 1) await delay(nextDueInMs - 1)
    else await new Promise(setImmediate)
  }
  if (waiting > 0) await new Promise<void>((resolve) => (wake = resolve))
  return latencyOf(name, latenciesMs, { failed, dropped })
}

/** Figures of latencies in milliseconds that were measured elsewhere. */
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

/** Eight bounds to each doubling, from a microsecond on: fine enough to draw, small enough to keep. */
function histogramOf(sorted: Float64Array): Latency['histogram'] {
  const counts = new Map<number, number>()
  for (const value of sorted) {
    const step = Math.max(0, Math.ceil(Math.log2(Math.max(value, 0.001) / 0.001) * 8))
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  return [...counts].map(([step, count]) => ({ upTo: Number((0.001 * 2 ** (step / 8)).toPrecision(6)), count }))
}
