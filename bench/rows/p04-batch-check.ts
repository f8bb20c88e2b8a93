/** P4: compares a thousand questions in one `BatchCheck` with single `Check` calls, 16 in flight. */

import { startAskedSidecar } from '../asked-sidecar.ts'
import { compare } from '../compare.ts'
import { startLoad } from '../load.ts'
import type { Row, RowResult, RunOptions } from '../row.ts'

export const row: Row = {
  id: 'P4',
  title: '`BatchCheck` of 1000 questions',
  goal: '≥ 50 × the decisions per second of one `Check` at a time, 16 in flight',
  quick: true,
  run,
}

async function run(options: RunOptions): Promise<RowResult> {
  const { quick, rounds, signal } = options
  const { target } = await startAskedSidecar(options)
  const batches = await startLoad({ kind: 'batch', target, questionsPerCall: 1_000 }, signal)
  const checks = await startLoad({ kind: 'check', target, isConstant: false }, signal)
  const durationMs = quick ? 500 : 1_500
  for (const load of [batches, checks]) await load.warmUp(16)
  const contest = (inFlight: number) =>
    compare({
      name: `batches, ${inFlight} in flight`,
      against: 'one `Check` a call, 16 in flight',
      unit: 'decisions/s',
      better: 'higher',
      goal: { atLeast: 50 },
      rounds,
      ours: () => batches.closed(inFlight, durationMs),
      theirs: () => checks.closed(16, durationMs),
    })
  return { comparisons: [await contest(1), await contest(16)] }
}
