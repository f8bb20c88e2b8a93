/**
 * Measures how long something takes: the median of many times, so that one disturbed by another process does not count.
 */

export async function medianDurationMs(
  repetitions: number,
  work: (repetition: number) => Promise<unknown>,
  /** Runs before each measurement and is not measured. */
  before?: () => Promise<unknown>,
): Promise<number> {
  const durationsMs: number[] = []
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await before?.()
    const startedAtMs = performance.now()
    await work(repetition)
    durationsMs.push(performance.now() - startedAtMs)
  }
  return durationsMs.sort((one, other) => one - other)[Math.floor(repetitions / 2)] ?? Number.NaN
}
