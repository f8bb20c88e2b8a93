/** How long something takes, done so many times one after the other: one that met a neighbour should not speak for all. */

export async function medianDurationMs(
  repetitions: number,
  work: (repetition: number) => Promise<unknown>,
  /** What has to be done before each, and isn't measured. */
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
