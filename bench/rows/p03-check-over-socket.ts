/** P3: compares `Check` over gRPC on a Unix socket with a server that only answers with the same messages. */

import { join } from 'node:path'
import { startAskedSidecar } from '../asked-sidecar.ts'
import { compare } from '../compare.ts'

import { startLoad, type Load } from '../load.ts'
import { startProgram, type Process } from '../processes.ts'
import { processorMicroseconds } from '../processor-time.ts'
import type { Comparison, Latency, Row, RowResult, RunOptions } from '../row.ts'

export const row: Row = {
  id: 'P3',
  title: '`Check` over gRPC on a Unix socket, 1 and 16 in flight',
  goal: '≥ 0.95 × the throughput of an empty grpc-js service, p99 ≤ 1.1 ×',
  quick: true,
  run,
}

const against = 'an empty grpc-js service'

/** Latencies are measured at this share of the throughput with 16 in flight: busy, but not overloaded. */
const offeredShare = 0.4

interface Side {
  readonly server: Process
  readonly load: Load
}

async function run(options: RunOptions): Promise<RowResult> {
  const { folder, signal, log } = options
  const sidecar = await startAskedSidecar(options)
  const target = `unix:${join(folder, 'empty.sock')}`
  const empty = startProgram('empty-decisions', [target], signal)
  await empty.nextLine()
  const ours: Side = {
    server: sidecar,
    load: await startLoad({ kind: 'check', target: sidecar.target, isConstant: false }, signal),
  }
  const theirs: Side = { server: empty, load: await startLoad({ kind: 'check', target, isConstant: true }, signal) }

  // Both sides are compiled before the measurement starts.
  for (const { load } of [ours, theirs]) await load.warmUp(16)
  const one = await throughput({ ours, theirs }, 1, options)
  const many = await throughput({ ours, theirs }, 16, options)
  const processor = many.processor ? [many.processor] : []
  const throughputs = [one.rate, many.rate, ...processor]
  // The p99 of a short run is noise, so a quick run has none.
  if (options.quick) return { comparisons: throughputs }
  const rate = Math.round((offeredShare * Math.min(many.rate.ours.median, many.rate.theirs.median)) / 100) * 100
  log(`latencies at ${rate} calls per second`)
  const { p99, latencies } = await latency({ ours, theirs }, rate, options)
  return { comparisons: [...throughputs, p99], latencies }
}

interface Sides {
  readonly ours: Side
  readonly theirs: Side
}

/** Calls per second, and the processor time of the server for each call, which other processes hardly change. */
async function throughput(
  { ours, theirs }: Sides,
  inFlight: number,
  { quick, rounds }: RunOptions,
): Promise<{ rate: Comparison; processor: Comparison | undefined }> {
  const durationMs = quick ? 400 : 1_500
  const costs = new Map<Side, number[]>([
    [ours, []],
    [theirs, []],
  ])
  const measure = async (side: Side) => {
    const before = await processorMicroseconds(side.server.pid)
    const rate = await side.load.closed(inFlight, durationMs)
    const after = await processorMicroseconds(side.server.pid)
    if (before !== undefined && after !== undefined) {
      costs.get(side)?.push((after - before) / ((rate * durationMs) / 1000))
    }
    return rate
  }
  const rate = await compare({
    name: `throughput, ${inFlight} in flight`,
    against,
    unit: 'calls/s',
    better: 'higher',
    goal: { atLeast: 0.95 },
    rounds,
    ours: () => measure(ours),
    theirs: () => measure(theirs),
  })
  const [ourCosts = [], theirCosts = []] = [...costs.values()]
  if (ourCosts.length === 0) return { rate, processor: undefined }
  const next = (from: number[]) => async () => from.shift() ?? Number.NaN
  const processor = await compare({
    name: `processor time of the server per call, ${inFlight} in flight`,
    against,
    unit: 'µs',
    better: 'lower',
    rounds,
    ours: next(ourCosts),
    theirs: next(theirCosts),
  })
  return { rate, processor }
}

async function latency(
  { ours, theirs }: Sides,
  ratePerSecond: number,
  { rounds }: RunOptions,
): Promise<{ p99: Comparison; latencies: readonly Latency[] }> {
  const durationMs = 3_000
  const last = new Map<string, Latency>()
  const measure = async ({ load }: Side, server: string) => {
    const measured = await load.open({ name: `Check, ${server}`, ratePerSecond, durationMs })
    last.set(server, measured)
    return measured.quantiles.p99
  }
  const p99 = await compare({
    name: `p99 at ${ratePerSecond} calls/s, open-model`,
    against,
    unit: 'ms',
    better: 'lower',
    goal: { atMost: 1.1 },
    rounds,
    ours: () => measure(ours, 'sidecar'),
    theirs: () => measure(theirs, against),
  })
  return { p99, latencies: [...last.values()] }
}
