/** The end of a store, and its next life. */

import type { Catalogue } from '@rolesets/core'
import type { Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { createGate, openFresh, type Suite } from './suite.ts'
import { catalogueChanges, membership, organization, provenance, record, withCatalogue } from './things.ts'

export function closing(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: closing finishes what has begun and refuses the rest`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const gate = createGate()
    const begun = createGate()
    const writing = store.write(provenance(), async (writer) => {
      begun.open()
      await gate.passed
      await writer.record([organization('a', writer.nextRevision)])
    })
    const readGate = createGate()
    const reading = store.read(async (reader) => {
      await readGate.passed
      return reader.organizationCount('free')
    })
    await begun.passed
    const settled: string[] = []
    const waiting = record(store, (revision) => [organization('b', revision)])
    const refused = t.throwsAsync<StoreError>(waiting, { name: 'StoreError' })
    const closing = store.close().then(() => settled.push('closed'))
    t.is((await refused)?.code, 'closed')
    void reading.then(() => settled.push('read'))
    void writing.then(() => settled.push('written'))
    readGate.open()
    t.is((await reading).value, 0)
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    t.deepEqual(settled, ['read'])
    gate.open()
    t.is((await writing).revision, 2)
    await closing
    t.deepEqual(settled, ['read', 'written', 'closed'])
  })

  test(`${name}: a closed store refuses everything, and can be closed again`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await Promise.all([store.close(), store.close()])
    await store[Symbol.asyncDispose]()
    const calls = [
      () => store.read(async () => 1),
      () => store.write(provenance(), async () => 1),
      () => store.changesAfter(0, 1),
      () => store.compact({ newerThan: 0, count: 1 }),
    ]
    for (const call of calls) t.is((await t.throwsAsync<StoreError>(call(), { name: 'StoreError' }))?.code, 'closed')
  })

  test(`${name}: a store that is opened again is as it was`, async (t) => {
    const place = await suite.createPlace(t)
    const dump = async (store: Store) => [
      store.epoch,
      store.head,
      await store.changesAfter(0, 100),
      await store.read(async (reader) => ({
        catalogue: catalogueOf(await reader.catalogue()),
        settings: (await reader.catalogue()).settings,
        organizations: await reader.organizations({ size: 100 }),
        members: await reader.memberships('a', { size: 100 }),
        counts: [await reader.organizationCount('free'), await reader.organizationCount('pro')],
      })),
    ]
    const first = await place.open()
    await record(first, (next) => [...catalogueChanges(next), organization('a', next), membership('a', 'u', next)])
    await record(first, (next) => [organization('b', next, { roleSetId: 'pro' })])
    const before = await dump(first)
    await first.close()
    const second = await place.open()
    t.teardown(() => second.close())
    t.deepEqual(await dump(second), before)
    t.is(await record(second, (next) => [organization('c', next)]), 3)
  })
}

function catalogueOf({ permissions, roles, roleSets }: Catalogue): unknown {
  return [permissions, roles, roleSets].map((index) => [...index.values()])
}
