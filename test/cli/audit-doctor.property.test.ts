/** Whatever was written by the rules, and whatever of it was forgotten, the doctor finds nothing wrong with it. */

import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { attempt, historyWithScopes, startMs } from '../service/audit-histories.ts'
import { openServiceOver } from '../service/open-service.ts'

const dayMs = 86_400_000

test('a file that was only ever written by the rules is sound', async (t) => {
  const url = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
  const clock = { now: startMs }
  let revisions = 0
  let inScopes = 0
  const property = fc.asyncProperty(historyWithScopes, fc.option(fc.nat({ max: 20 })), async (steps, count) => {
    // Each history goes on where the one before it ended, as after a restart.
    const store = await openStore(url)
    const service = await openServiceOver(store, { now: () => clock.now })
    for (const { write, pause } of steps) {
      clock.now += pause * dayMs
      await attempt(service.administration, write)
    }
    if (count !== null) await store.compact({ newerThan: 0, count: count + 1 })
    revisions = store.head
    const page = { size: 100 }
    const members = await store.read((reader) => reader.membershipsOfPlaces({ userId: 'u', scope: '*' }, page))
    inScopes += members.value.filter(({ scope }) => scope !== '').length
    service.close()
    await store.close()
    const options = { now: clock.now, report: () => undefined, signal: new AbortController().signal, findingsMax: 9 }
    const { findings, unverified, head } = await examine(url, options)
    t.deepEqual({ findings, unverified }, { findings: [], unverified: [] })
    t.is(head, revisions)
  })
  await fc.assert(property, { numRuns: 25 })
  t.true(revisions > 100, `${revisions} revisions`)
  t.true(inScopes > 0, `${inScopes} memberships in scopes`)
})
