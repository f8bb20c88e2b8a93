/**
 * Finds performance that got worse: compares the ratios of a quick run with recorded ones. A ratio fails only if it is
 * more than twice as bad, so that a noisy machine causes no failures.
 */

import type { Comparison } from './row.ts'
import type { Outcome } from './runner.ts'

/** Ratios of quick runs, by row and then by comparison. */
export type RecordedRatios = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Verdict {
  readonly id: string
  /** One sentence for each failed ratio. */
  readonly complaints: readonly string[]
}

const worseAtMost = 2

export function ratiosOf(outcomes: readonly Outcome[]): RecordedRatios {
  const rows = outcomes.filter(({ result }) => result !== undefined && result.comparisons.length > 0)
  return Object.fromEntries(
    rows.map(({ id, result }) => [
      id,
      Object.fromEntries((result?.comparisons ?? []).map((each) => [nameOf(each), rounded(each.ratio.median)])),
    ]),
  )
}

/** A row with an error fails. A comparison that was not recorded, or is missing on this machine, does not fail. */
export function verdictsOf(outcomes: readonly Outcome[], recorded: RecordedRatios): readonly Verdict[] {
  return outcomes.map(({ id, result, error }) => ({
    id,
    complaints: [
      ...(error === undefined ? [] : [error]),
      ...(result?.comparisons ?? []).flatMap((each) => complaintsOf(each, recorded[id]?.[nameOf(each)])),
    ],
  }))
}

function complaintsOf(comparison: Comparison, before: number | undefined): readonly string[] {
  if (before === undefined) return []
  const { better, ratio } = comparison
  const worse = better === 'lower' ? ratio.median / before : before / ratio.median
  // Written like this so that NaN fails, too.
  if (worse <= worseAtMost) return []
  const name = nameOf(comparison)
  return [
    `${name}: the ratio is ${rounded(ratio.median)}; it was ${before} (${better} is better): ${rounded(worse)} × worse.`,
  ]
}

function nameOf({ name, against }: Comparison): string {
  return `${name} / ${against}`
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
