/**
 * P12: the time from the start of the process to its ready line, with gRPC on a Unix socket and HTTP on, compared with
 * a complete run of a Node that does nothing. Each round is the mean of some starts, because a single start depends on
 * the scheduler.
 */

import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import { compare, statOf } from '../compare.ts'
import { residentPeakBytes } from '../memory.ts'
import { launch, startSidecar } from '../processes.ts'
import type { Reading, Row, RowResult, RunOptions } from '../row.ts'
import { makeStoreFile, organizationIdAt, removeStoreFile } from '../store-file.ts'

const startsPerRound = 3

export const row: Row = {
  id: 'P12',
  title: 'start to ready: 1 M organizations, and a fresh file',
  goal: '≤ 10 × `node -e ""`; fresh ≤ 5 ×',
  quick: true,
  run,
}

async function run({ folder, quick, rounds, signal, log }: RunOptions): Promise<RowResult> {
  const organizations = quick ? 100_000 : 1_000_000
  const file = join(folder, 'filled.db')
  log(`filling a file with ${organizations} organizations`)
  await makeStoreFile({ file, organizations, signal })
  const freshFile = join(folder, 'fresh.db')
  const shared = { against: "node -e ''", unit: 'ms', better: 'lower', rounds, theirs: meanOf(nothing) } as const
  const comparisons = [
    await compare({
      ...shared,
      name: `start with ${organizations} organizations`,
      goal: { atMost: 10 },
      ours: meanOf(() => startOver(file, signal)),
    }),
    await compare({
      ...shared,
      name: 'fresh start',
      goal: { atMost: 5 },
      ours: meanOf(async () => {
        await removeStoreFile(freshFile)
        return startOver(freshFile, signal)
      }),
    }),
  ]
  return { comparisons, readings: await firstAnswer(file, rounds) }
}

function meanOf(measure: () => Promise<number>): () => Promise<number> {
  return async () => {
    let sum = 0
    for (let count = 0; count < startsPerRound; count += 1) sum += await measure()
    return sum / startsPerRound
  }
}

async function nothing(): Promise<number> {
  const startedAtMs = performance.now()
  const { child } = launch({ command: process.execPath, args: ['-e', ''] })
  return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - startedAtMs)))
}

function environmentOf(file: string) {
  return { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_GRPC_LISTEN: `unix:${file}.sock` }
}

/** With HTTP, as by default. */
async function startOver(file: string, signal: AbortSignal): Promise<number> {
  const env = { ...environmentOf(file), ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }
  const startedAtMs = performance.now()
  const sidecar = await startSidecar({ env, signal })
  const tookMs = performance.now() - startedAtMs
  await sidecar.stop()
  return tookMs
}

/** Also shows how long the first answer takes, because work after the ready line must not delay the first caller. */
async function firstAnswer(file: string, rounds: number): Promise<readonly Reading[]> {
  const tookMs: number[] = []
  let peakBytes = 0
  for (let round = 0; round < rounds; round += 1) {
    const sidecar = await startSidecar({ env: environmentOf(file) })
    const client = createRoleSetsClient({ target: sidecar.target, deadlineMs: 10_000 })
    const startedAtMs = performance.now()
    await client.check(organizationIdAt(round), 'org:member')
    tookMs.push(performance.now() - startedAtMs)
    peakBytes = Math.max(peakBytes, (await residentPeakBytes(sidecar.pid)) ?? 0)
    await client.close()
    await sidecar.stop()
  }
  return [
    { name: 'first answer to a new client after ready, connecting included', value: statOf(tookMs).median, unit: 'ms' },
    { name: 'resident peak after the first answer', value: peakBytes / 1_048_576, unit: 'MiB' },
  ]
}
