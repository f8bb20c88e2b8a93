/**
 * P7: the time from the moment when an edit is due until the last of a hundred connected caches answers according to
 * it.
 */

import { editedRoleSet, openEditedSidecar, spareRole } from '../edited-sidecar.ts'
import { join } from 'node:path'
import { statOf } from '../compare.ts'
import { latencyOf } from '../open-load.ts'
import type { Row, RowResult, RunOptions } from '../row.ts'
import { editLoad, startFleet, type EditLoadResult, type Enforcement } from '../watcher-fleet.ts'

const caches = 100
const ratePerSecond = 20
const organizationId = 'org_propagation'

export const row: Row = {
  id: 'P7',
  title: `edit of a role set → enforced in all of ${caches} connected caches`,
  goal: 'p99 ≤ 10 ms on one machine',
  quick: false,
  run,
}

async function run({ quick, rounds, signal, log, folder }: RunOptions): Promise<RowResult> {
  const { client, target, close } = await openEditedSidecar({ file: join(folder, 'p7.db'), signal })
  await client.admin.createOrganization({ id: organizationId })
  const fleet = await startFleet({ target, caches, organizationId, role: spareRole }, signal)
  const load = { ratePerSecond, durationMs: quick ? 2_000 : 10_000, roleSet: editedRoleSet, role: spareRole, signal }
  const results: (EditLoadResult & Enforcement)[] = []
  // The first round is the warm-up.
  for (let round = 0; round <= rounds; round += 1) {
    const loaded = await editLoad(client, load)
    const enforcement = await fleet.report(loaded.edits)
    const { p50, p99 } = latencyOf('', enforcement.everywhereMs).quantiles
    log(`round ${round}: enforced everywhere within ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
    if (round > 0) results.push({ ...loaded, ...enforcement })
  }
  await fleet.process.stop()
  await close()
  return resultOf(results)
}

function resultOf(results: readonly (EditLoadResult & Enforcement)[]): RowResult {
  const sum = (count: (result: EditLoadResult & Enforcement) => number) =>
    results.reduce((total, result) => total + count(result), 0)
  const failed = sum(({ edits, everywhereMs }) => edits.length - everywhereMs.length)
  const refused = { failed: sum(({ answered }) => answered.failed), dropped: sum(({ answered }) => answered.dropped) }
  const everywhere = latencyOf(
    `edit due → enforced in all of ${caches} caches`,
    results.flatMap(({ everywhereMs }) => everywhereMs),
    { failed: failed + refused.failed, dropped: refused.dropped },
  )
  const missing = sum((result) => result.missing)
  const each = latencyOf(
    'edit due → enforced in one of them',
    results.flatMap(({ eachMs }) => eachMs),
    { failed: missing, dropped: 0 },
  )
  const answers = results.flatMap(({ answeredMs }) => answeredMs)
  const answered = latencyOf('edit due → answered to who made it', answers, refused)
  const p99 = statOf(results.map(({ everywhereMs }) => latencyOf('', everywhereMs).quantiles.p99))
  return {
    comparisons: [],
    readings: [
      {
        name: `enforced in all of ${caches} caches, p99`,
        value: everywhere.quantiles.p99,
        unit: 'ms',
        goal: { atMost: 10 },
      },
      { name: `enforced in all of ${caches} caches, median`, value: everywhere.quantiles.p50, unit: 'ms' },
      { name: 'enforced in one of them, p99', value: each.quantiles.p99, unit: 'ms' },
      {
        name: 'answers that were not those of their revision',
        value: sum(({ wrong }) => wrong),
        unit: '',
        goal: { atMost: 0 },
      },
    ],
    latencies: [everywhere, each, answered],
    notes: [
      `${ratePerSecond} edits a second; p99 of the rounds ${p99.min.toFixed(2)} to ${p99.max.toFixed(2)} ms.`,
      'Authority → replica → client is not measured: there are no replicas yet.',
    ],
  }
}
