/**
 * P9: a check of an organization that is not in the memory of the client or the sidecar, and the memory of the sidecar,
 * with more and more organizations in the store. Such a check can be done only once, so every round starts new
 * processes.
 */

import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { compare } from '../compare.ts'
import { residentPeakBytes } from '../memory.ts'
import { startSidecar } from '../processes.ts'
import type { Comparison, Reading, Row, RowResult, RunOptions, Series } from '../row.ts'
import { makeStoreFile, removeStoreFile, scatteredOrganizationId } from '../store-file.ts'

const smallest = 1_000
/** The same for all sizes: each organization is asked about once, and the smallest file has only this many. */
const checks = 250
/** More than the sidecar keeps in memory, so that its memory is full. */
const organizationsAsked = 400_000
const bytesPerOrganization = 300
const gigabyte = 1e9

export const row: Row = {
  id: 'P9',
  title: 'cold check, and resident memory, with 1 k … 10 M organizations',
  goal: '≤ 1.5 × the time at 1 k; ≤ 400 MB',
  quick: true,
  run,
}

interface Measured {
  readonly size: number
  readonly comparison: Comparison
  /** Undefined in a quick run, and without /proc. */
  readonly peakMegabytes: number | undefined
}

async function run(options: RunOptions): Promise<RowResult> {
  const { quick, folder, signal, log } = options
  const small = join(folder, 'small.db')
  await makeStoreFile({ file: small, organizations: smallest, signal })
  const measured: Measured[] = []
  const notes: string[] = []
  for (const size of await sizesThatFit(options, notes)) {
    const large = join(folder, 'large.db')
    await makeStoreFile({ file: large, organizations: size, signal })
    log(`the file with ${size} organizations is filled`)
    const comparison = await compareAt(size, { small, large, ...options })
    const bytes = quick ? undefined : await peakBytes({ file: large, organizations: size, signal })
    measured.push({ size, comparison, peakMegabytes: bytes && bytes / 1e6 })
    await removeStoreFile(large)
  }
  const comparisons = measured.map(({ comparison }) => comparison)
  return { comparisons, readings: measured.flatMap(memoryReading), series: seriesOf(measured), notes }
}

interface Files extends RunOptions {
  readonly small: string
  readonly large: string
}

function compareAt(size: number, { small, large, rounds, signal }: Files): Promise<Comparison> {
  return compare({
    name: `cold check, ${size} organizations`,
    against: `itself with ${smallest}`,
    unit: 'µs',
    better: 'lower',
    goal: { atMost: 1.5 },
    rounds,
    ours: () => coldCheckMicroseconds({ file: large, organizations: size, signal }),
    theirs: () => coldCheckMicroseconds({ file: small, organizations: smallest, signal }),
  })
}

interface StoreFile {
  readonly file: string
  readonly organizations: number
  readonly signal: AbortSignal
}

/** One after the other, as for the first user of each organization. */
async function coldCheckMicroseconds(store: StoreFile): Promise<number> {
  return withClient(store, async (client) => {
    // The warm-up asks about organizations that are not in the store: so the code is warm, and the organizations are
    // not.
    for (let index = 0; index < 2 * checks; index += 1) await client.check(`org_unregistered_${index}`, 'org:member')
    const startedAtMs = performance.now()
    for (let index = 0; index < checks; index += 1) {
      await client.check(scatteredOrganizationId(index, store.organizations), 'org:member')
    }
    return ((performance.now() - startedAtMs) * 1000) / checks
  })
}

/** The peak of the sidecar after questions about more organizations than it keeps in memory. */
async function peakBytes(store: StoreFile): Promise<number | undefined> {
  return withClient(store, async (client, pid) => {
    for (let asked = 0; asked < organizationsAsked; asked += 1_000) {
      // Organizations beyond those in the store are unregistered. The sidecar keeps them in memory, too.
      const questions = Array.from({ length: 1_000 }, (_, index) => {
        const number = asked + index
        const isThere = number < store.organizations
        const id = isThere ? scatteredOrganizationId(number, store.organizations) : `org_unregistered_${number}`
        return { organizationId: id, role: 'org:member' }
      })
      await client.checkMany(questions, { deadlineMs: 10_000 })
    }
    return residentPeakBytes(pid)
  })
}

async function withClient<T>(
  { file, signal }: StoreFile,
  work: (client: RoleSetsClient, pid: number) => Promise<T>,
): Promise<T> {
  const env = { ROLESETS_DATABASE: `sqlite:${file}`, ROLESETS_GRPC_LISTEN: `unix:${file}.sock` }
  const sidecar = await startSidecar({ env, signal })
  const client = createRoleSetsClient({ target: sidecar.target, deadlineMs: 10_000 })
  try {
    await client.ready({ timeoutMs: 30_000 })
    return await work(client, sidecar.pid)
  } finally {
    await client.close()
    await sidecar.stop()
  }
}

async function sizesThatFit({ quick, folder }: RunOptions, notes: string[]): Promise<readonly number[]> {
  if (quick) return [100_000]
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  return [10_000, 100_000, 1_000_000, 10_000_000].filter((size) => {
    const fits = size * bytesPerOrganization + gigabyte < freeBytes
    if (!fits) notes.push(`${size} organizations are left out: the disk has only ${freeBytes} bytes left.`)
    return fits
  })
}

function memoryReading({ size, peakMegabytes: value }: Measured): Reading[] {
  if (value === undefined) return []
  return [{ name: `resident peak, ${size} organizations`, value, unit: 'MB', goal: { atMost: 400 } }]
}

function seriesOf(measured: readonly Measured[]): Series[] {
  const x = 'organizations'
  const atSmallest = { x: smallest, y: measured[0]?.comparison.theirs.median ?? Number.NaN }
  const times = measured.map(({ size, comparison }) => ({ x: size, y: comparison.ours.median }))
  const peaks = measured.flatMap(({ size, peakMegabytes }) => (peakMegabytes ? [{ x: size, y: peakMegabytes }] : []))
  return [
    { name: 'cold check', x, y: 'µs', points: [atSmallest, ...times] },
    { name: 'resident peak of the sidecar', x, y: 'MB', points: peaks },
  ]
}
