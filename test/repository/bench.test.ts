/** The calculations of the benchmarks are right, whatever the figures are. */

import test from 'ava'
import { compare, statOf } from '../../bench/compare.ts'
import { ratiosOf, verdictsOf } from '../../bench/decay.ts'
import { latencyOf, openLoad } from '../../bench/open-load.ts'
import { isMet, tableOf } from '../../bench/report.ts'
import type { Comparison } from '../../bench/row.ts'
import type { Outcome } from '../../bench/runner.ts'

const what = { name: 'a check', against: 'another', unit: 'ns', better: 'lower', goal: { atMost: 1.5 } } as const

/** A comparison whose ratios are these. */
function compared(ratios: readonly number[], about: Partial<Comparison> = {}): Comparison {
  return { ...what, ours: statOf(ratios), theirs: statOf(ratios.map(() => 1)), ratio: statOf(ratios), ...about }
}

function outcome(comparison: Comparison): Outcome {
  return { id: 'P1', title: 'a title', goal: '≤ 1.5 ×', seconds: 1, result: { comparisons: [comparison] } }
}

test('the median of an odd number of rounds is the middle one, of an even number the mean of the two', (t) => {
  t.like(statOf([3, 1, 2]), { median: 2, min: 1, max: 3, rounds: [3, 1, 2] })
  t.is(statOf([4, 1, 2, 3]).median, 2.5)
})

test('both sides are warmed up, the order is swapped every round, and the warm-up is not counted', async (t) => {
  const calls: string[] = []
  const figures = { ours: [100, 2, 4, 6], theirs: [100, 1, 4, 2] }
  const side = (name: 'ours' | 'theirs') => async () => {
    calls.push(name)
    return figures[name].shift() ?? Number.NaN
  }
  const comparison = await compare({ ...what, rounds: 3, ours: side('ours'), theirs: side('theirs') })
  t.deepEqual(calls, ['ours', 'theirs', 'ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs'])
  t.deepEqual(comparison.ours.rounds, [2, 4, 6])
  t.deepEqual(comparison.ratio.rounds, [2, 1, 3])
  t.is(comparison.ratio.median, 2)
})

test('a ratio that is twice as bad as recorded passes, and a worse one fails, whichever direction is good', (t) => {
  const recorded = { P1: { 'a check / another': 1.2 } }
  const complaints = (ratio: number, better: 'lower' | 'higher') =>
    verdictsOf([outcome(compared([ratio], { better }))], recorded).flatMap((verdict) => verdict.complaints).length
  t.is(complaints(2.4, 'lower'), 0)
  t.is(complaints(2.41, 'lower'), 1)
  t.is(complaints(0.1, 'lower'), 0)
  t.is(complaints(0.6, 'higher'), 0)
  t.is(complaints(0.59, 'higher'), 1)
  t.is(complaints(Number.NaN, 'lower'), 1)
})

test('a ratio without a recorded one passes, and a row without a result fails', (t) => {
  t.deepEqual(verdictsOf([outcome(compared([99]))], {}), [{ id: 'P1', complaints: [] }])
  const broken: Outcome = { id: 'P2', title: 'a title', goal: '', seconds: 1, error: 'It ended.' }
  t.deepEqual(verdictsOf([broken], {}), [{ id: 'P2', complaints: ['It ended.'] }])
})

test('the recorded figures are the medians of the ratios', (t) => {
  t.deepEqual(ratiosOf([outcome(compared([1, 1.23456, 9]))]), { P1: { 'a check / another': 1.23 } })
})

test('the table says whether each goal was met', (t) => {
  t.true(isMet(compared([1.5])))
  t.false(isMet(compared([1.51])))
  const { goal: _, ...withoutGoal } = compared([1])
  t.is(isMet(withoutGoal), undefined)
  const table = tableOf([
    outcome(compared([1, 1.234, 9])),
    { id: 'P2', title: 'a | b', goal: '', seconds: 1, error: '' },
  ])
  t.true(table.includes('| P1 | a check | another | 1.23 ns | 1 ns | **1.23** (1–9) | ≤ 1.5 × | yes |'), table)
  t.true(table.includes('| P2 | a \\| b | '), table)
})

test('quantiles are values that occurred, and the histogram counts each once', (t) => {
  const { count, quantiles, histogram } = latencyOf(
    'calls',
    Array.from({ length: 1000 }, (_, index) => 1000 - index),
  )
  t.is(count, 1000)
  t.deepEqual(quantiles, { p50: 500, p90: 900, p99: 990, p999: 999, max: 1000 })
  t.is(
    histogram.reduce((sum, each) => sum + each.count, 0),
    1000,
  )
  t.true(histogram.every(({ upTo }, index) => index === 0 || upTo > (histogram[index - 1]?.upTo ?? 0)))
  t.true((histogram.at(-1)?.upTo ?? 0) >= 1000)
})

test('arrivals do not wait for answers: a call is dropped when too many wait, and failed calls are counted', async (t) => {
  let turns: Promise<void> | undefined
  const call = async (index: number) => {
    // All ten are due within ten microseconds, long before that many turns are over.
    turns ??= manyTurns()
    await turns
    if (index === 1) throw new Error('refused')
  }
  const latency = await openLoad({ name: 'calls', ratePerSecond: 1e6, durationMs: 0.01, waitingMax: 3, call })
  t.like(latency, { count: 2, failed: 1, dropped: 7 })
})

async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
}
