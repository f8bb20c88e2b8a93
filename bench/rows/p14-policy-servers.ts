/**
 * P14: asks a policy server and a database the same question: Cerbos with its own client, PostgreSQL with a prepared
 * statement, each with the set-up that is best for it. A server that this machine lacks is left out, with the reason.
 */

import { startAskedSidecar } from '../asked-sidecar.ts'
import { compare } from '../compare.ts'
import { startLoad, type Load } from '../load.ts'
import { openCerbos } from '../peers/cerbos.ts'
import { openPostgres } from '../peers/postgres.ts'
import type { Comparison, Row, RowResult, RunOptions } from '../row.ts'

export const row: Row = {
  id: 'P14',
  title: 'The same question asked of Cerbos, and of PostgreSQL; 16 in flight',
  goal: 'ahead',
  quick: false,
  run,
}

const inFlight = 16

/** Resources in one call of Cerbos: its default limit. */
const batchSize = 50

interface Ours {
  readonly cached: Load
  readonly asked: Load
  readonly batched: Load
}

async function run(options: RunOptions): Promise<RowResult> {
  const { signal } = options
  const { target } = await startAskedSidecar(options)
  const ours = {
    cached: await startLoad({ kind: 'client', target }, signal),
    asked: await startLoad({ kind: 'check', target, isConstant: false }, signal),
    batched: await startLoad({ kind: 'batch', target, questionsPerCall: batchSize }, signal),
  }
  for (const load of Object.values(ours)) await load.warmUp(inFlight)
  const cerbos = await againstCerbos(ours, options)
  const postgres = await againstPostgres(ours, options)
  return {
    comparisons: [...cerbos.comparisons, ...postgres.comparisons],
    notes: [...(cerbos.notes ?? []), ...(postgres.notes ?? [])],
  }
}

async function againstCerbos(ours: Ours, options: RunOptions): Promise<RowResult> {
  const cerbos = await openCerbos(options)
  if (cerbos.missing !== undefined) return { comparisons: [], notes: [`Cerbos is left out: ${cerbos.missing}`] }
  const { target, close } = cerbos
  const one = await startLoad({ kind: 'cerbos', target, questionsPerCall: 1 }, options.signal)
  const many = await startLoad({ kind: 'cerbos', target, questionsPerCall: batchSize }, options.signal)
  const hold = contest(options)
  const against = 'Cerbos through its own client'
  const comparisons = [
    await hold('our client, from its cache', ours.cached, { against, load: one }),
    await hold('the sidecar, asked each time', ours.asked, { against, load: one }),
    await hold(`the sidecar, ${batchSize} questions a call`, ours.batched, {
      against: `Cerbos, ${batchSize} a call`,
      load: many,
    }),
  ]
  for (const load of [one, many]) await load.stop()
  await close()
  return { comparisons }
}

async function againstPostgres(ours: Ours, options: RunOptions): Promise<RowResult> {
  const postgres = await openPostgres(options)
  if (postgres.missing !== undefined) return { comparisons: [], notes: [`PostgreSQL is left out: ${postgres.missing}`] }
  const { target, close } = postgres
  try {
    const load = await startLoad({ kind: 'postgres', target, connections: inFlight }, options.signal)
    const hold = contest(options)
    const against = 'PostgreSQL, a prepared point query'
    const comparisons = [
      await hold('our client, from its cache', ours.cached, { against, load }),
      // A database is not a policy server, and its protocol is leaner than gRPC: the figure is shown, but there is no
      // goal.
      await hold('the sidecar, asked each time', ours.asked, { against, load, goal: undefined }),
    ]
    await load.stop()
    return { comparisons }
  } finally {
    await close()
  }
}

interface Opponent {
  readonly against: string
  readonly load: Load
  /** Default: at least as good. */
  readonly goal?: Comparison['goal'] | undefined
}

const ahead = { atLeast: 1 }

function contest(options: RunOptions) {
  const durationMs = durationMsOf(options)
  return async (name: string, ours: Load, theirs: Opponent): Promise<Comparison> => {
    const goal = 'goal' in theirs ? theirs.goal : ahead
    await theirs.load.warmUp(inFlight)
    return compare({
      name,
      against: theirs.against,
      unit: 'decisions/s',
      better: 'higher',
      ...(goal && { goal }),
      rounds: options.rounds,
      ours: () => ours.closed(inFlight, durationMs),
      theirs: () => theirs.load.closed(inFlight, durationMs),
    })
  }
}

function durationMsOf({ quick }: RunOptions): number {
  return quick ? 500 : 1_500
}
