/**
 * Compares two ways to do the same thing: both are warmed up, then they take turns, and the order changes every round.
 */

import type { Comparison, Stat } from './row.ts'

export interface Contest extends Pick<Comparison, 'name' | 'against' | 'unit' | 'better'> {
  readonly goal?: Comparison['goal']
  readonly rounds: number
  /** One round. Returns its figure in `unit`. The first call of each is the warm-up and does not count. */
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
}

export async function compare({ ours, theirs, rounds, goal, ...what }: Contest): Promise<Comparison> {
  await ours()
  await theirs()
  const our: number[] = []
  const their: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    // The second one finds caches and processor clock rates as the first one left them, so they take turns to be
    // second.
    if (round % 2 === 0) our.push(await cleanly(ours))
    their.push(await cleanly(theirs))
    if (round % 2 !== 0) our.push(await cleanly(ours))
  }
  const ratio = statOf(our.map((value, round) => value / (their[round] ?? Number.NaN)))
  return { ...what, ours: statOf(our), theirs: statOf(their), ratio, ...(goal ? { goal } : {}) }
}

/** Collects garbage, so that neither side pays for the garbage of the other. */
function cleanly(round: () => Promise<number>): Promise<number> {
  globalThis.gc?.()
  return round()
}

export function statOf(rounds: readonly number[]): Stat {
  const sorted = rounds.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, rounds }
}
