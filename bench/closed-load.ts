/**
 * Closed-model load: a fixed number of calls in flight; a new one starts when one ends. For throughput, never for
 * latency.
 */

export interface ClosedLoad {
  readonly inFlight: number
  readonly durationMs: number
  readonly call: (index: number) => Promise<unknown>
}

/** @returns calls per second. A failed call ends the load. */
export async function closedLoad({ inFlight, durationMs, call }: ClosedLoad): Promise<number> {
  const startedAtMs = performance.now()
  const endAtMs = startedAtMs + durationMs
  let next = 0
  const keepAsking = async () => {
    while (performance.now() < endAtMs) await call(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, keepAsking))
  return (next * 1000) / (performance.now() - startedAtMs)
}
