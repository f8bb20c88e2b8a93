/** Measures what more edits per second cost with a hundred connected caches. */

import { join } from 'node:path'
import { editedRoleSet, openEditedSidecar, spareRole } from '../edited-sidecar.ts'
import { latencyOf } from '../open-load.ts'
import { processorMicroseconds } from '../processor-time.ts'
import type { Row, RowResult, RunOptions, Series } from '../row.ts'
import { slopeOf } from '../slope.ts'
import { editLoad, startFleet } from '../watcher-fleet.ts'

const caches = 100
const organizationId = 'org_watched'

export const row: Row = {
  id: 'growth-changes',
  title: `1 to 50 edits a second with ${caches} connected caches`,
  goal: 'reported',
  quick: false,
  run,
}

interface Measured {
  readonly ratePerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  /** A share of one processor. */
  readonly sidecarShare: number
  readonly cacheShare: number
  readonly missing: number
}

async function run({ quick, signal, log, folder }: RunOptions): Promise<RowResult> {
  const { client, sidecar, target, close } = await openEditedSidecar({ file: join(folder, 'changes.db'), signal })
  await client.admin.createOrganization({ id: organizationId })
  const fleet = await startFleet({ target, caches, organizationId, role: spareRole }, signal)
  const seconds = quick ? 2 : 8
  const load = { durationMs: seconds * 1000, roleSet: editedRoleSet, role: spareRole, signal }
  await fleet.report((await editLoad(client, { ...load, ratePerSecond: 20 })).edits)

  const processorTimes = () =>
    Promise.all([sidecar.pid, fleet.process.pid].map(async (pid) => (await processorMicroseconds(pid)) ?? Number.NaN))
  const measured: Measured[] = []
  for (const ratePerSecond of quick ? [1, 10] : [1, 5, 10, 20, 50]) {
    const before = await processorTimes()
    const { edits } = await editLoad(client, { ...load, ratePerSecond })
    const { everywhereMs, missing } = await fleet.report(edits)
    const after = await processorTimes()
    const [sidecarShare = 0, fleetShare = 0] = after.map((time, place) => (time - (before[place] ?? 0)) / seconds / 1e6)
    const { p50, p99 } = latencyOf('', everywhereMs).quantiles
    measured.push({ ratePerSecond, missing, medianMs: p50, p99Ms: p99, sidecarShare, cacheShare: fleetShare / caches })
    log(`${ratePerSecond} edits a second: everywhere within ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
  }
  await fleet.process.stop()
  await close()
  return resultOf(measured)
}

function resultOf(measured: readonly Measured[]): RowResult {
  const series = (name: string, y: string, pick: (each: Measured) => number): Series => ({
    ...{ name, y, x: 'edits per second' },
    points: measured.map((each) => ({ x: each.ratePerSecond, y: pick(each) })),
  })
  const sidecar = series('processor of the sidecar', 'share of one', ({ sidecarShare }) => sidecarShare)
  const cache = series('processor of one cache', 'share of one', ({ cacheShare }) => cacheShare)
  return {
    comparisons: [],
    series: [
      series('an edit until it is enforced everywhere, median', 'ms', ({ medianMs }) => medianMs),
      series('an edit until it is enforced everywhere, p99', 'ms', ({ p99Ms }) => p99Ms),
      sidecar,
      cache,
    ],
    readings: [
      { name: `one more edit a second: the sidecar, with ${caches} caches`, value: slopeOf(sidecar) * 1e6, unit: 'µs' },
      { name: 'one more edit a second: each cache', value: slopeOf(cache) * 1e6, unit: 'µs' },
      {
        name: 'caches that an edit did not reach',
        value: measured.reduce((sum, { missing }) => sum + missing, 0),
        unit: '',
        goal: { atMost: 0 },
      },
    ],
  }
}
