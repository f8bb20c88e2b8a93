/** Measures what connected caches cost the sidecar, without edits and for each edit. */

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { editedRoleSet, openEditedSidecar, spareRole } from '../edited-sidecar.ts'
import { residentBytes } from '../memory.ts'
import { latencyOf } from '../open-load.ts'
import { processorMicroseconds } from '../processor-time.ts'
import type { Row, RowResult, RunOptions, Series } from '../row.ts'
import { slopeOf } from '../slope.ts'
import { editLoad, startFleet } from '../watcher-fleet.ts'

const organizationId = 'org_watched'

export const row: Row = {
  id: 'growth-watchers',
  title: 'connected caches: 1 to 1 000',
  goal: 'reported',
  quick: false,
  run,
}

interface Measured {
  readonly watchers: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly missing: number
  readonly microsecondsPerEdit: number
  readonly microsecondsPerIdleSecond: number
  readonly residentMegabytes: number
}

async function run(options: RunOptions): Promise<RowResult> {
  const measured: Measured[] = []
  for (const watchers of options.quick ? [1, 10, 100] : [1, 10, 100, 1000]) {
    options.signal.throwIfAborted()
    const each = await measure(watchers, options)
    options.log(
      `${watchers} watchers: everywhere within ${each.medianMs.toFixed(2)} ms, ${each.microsecondsPerEdit.toFixed(0)} µs an edit`,
    )
    measured.push(each)
  }
  return resultOf(measured)
}

async function measure(watchers: number, { quick, signal, folder }: RunOptions): Promise<Measured> {
  const { client, sidecar, target, close } = await openEditedSidecar({ file: join(folder, `w${watchers}.db`), signal })
  await client.admin.createOrganization({ id: organizationId })
  const fleet = await startFleet({ target, caches: watchers, organizationId, role: spareRole }, signal)
  const seconds = quick ? 1 : 4
  const load = { durationMs: seconds * 1000, roleSet: editedRoleSet, role: spareRole, signal }
  const ratePerSecond = watchers > 100 ? 3 : 20
  await fleet.report((await editLoad(client, { ...load, ratePerSecond })).edits)

  const processorTime = async () => (await processorMicroseconds(sidecar.pid)) ?? Number.NaN
  const atRest = await processorTime()
  await delay(seconds * 1000)
  const atEdits = await processorTime()
  const { edits } = await editLoad(client, { ...load, ratePerSecond })
  const { everywhereMs, missing } = await fleet.report(edits)
  const atEnd = await processorTime()

  const microsecondsPerIdleSecond = (atEdits - atRest) / seconds
  const { p50, p99 } = latencyOf('', everywhereMs).quantiles
  const residentMegabytes = ((await residentBytes(sidecar.pid)) ?? Number.NaN) / 1e6
  await fleet.process.stop()
  await close()
  return {
    ...{ watchers, missing, medianMs: p50, p99Ms: p99, microsecondsPerIdleSecond, residentMegabytes },
    microsecondsPerEdit: (atEnd - atEdits - microsecondsPerIdleSecond * seconds) / edits.length,
  }
}

function resultOf(measured: readonly Measured[]): RowResult {
  const series = (name: string, y: string, pick: (each: Measured) => number): Series => ({
    ...{ name, y, x: 'connected caches' },
    points: measured.map((each) => ({ x: each.watchers, y: pick(each) })),
  })
  const median = series('an edit until it is enforced everywhere, median', 'ms', ({ medianMs }) => medianMs)
  const p99 = series('an edit until it is enforced everywhere, p99', 'ms', ({ p99Ms }) => p99Ms)
  const edit = series('processor time of the sidecar for an edit', 'µs', (each) => each.microsecondsPerEdit)
  const rest = series(
    'processor time of the sidecar at rest',
    'µs per second',
    (each) => each.microsecondsPerIdleSecond,
  )
  const memory = series('resident memory of the sidecar', 'MB', (each) => each.residentMegabytes)
  return {
    comparisons: [],
    series: [median, p99, edit, rest, memory],
    readings: [
      { name: 'one more cache: processor time for each edit', value: slopeOf(edit), unit: 'µs' },
      { name: 'one more cache: processor time at rest', value: slopeOf(rest), unit: 'µs per second' },
      { name: 'one more cache: memory of the sidecar', value: slopeOf(memory) * 1000, unit: 'kB' },
      {
        name: 'caches that an edit did not reach',
        value: measured.reduce((sum, { missing }) => sum + missing, 0),
        unit: '',
        goal: { atMost: 0 },
      },
    ],
  }
}
