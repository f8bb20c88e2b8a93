/** The feed: listeners, the history, and its compaction. */

import type { ChangeSet } from '@rolesets/core'
import type { Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, openWatched, type Suite } from './suite.ts'
import { at, organization, provenance, record, recording, withCatalogue } from './things.ts'

const put = (store: Store, id: string) => record(store, (revision) => [organization(id, revision)])

const revisionsAfter = async (store: Store, revision: number, limit = 1_000) =>
  (await store.changesAfter(revision, limit)).map((changeSet) => changeSet.revision)

const everything = { newerThan: 0, count: 1_000_000 }

export function feeding(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: listeners receive each change set once, in order, before its writer is answered`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const told: string[] = []
    store.subscribe(({ revision }) => told.push(`heard ${revision} at ${store.head >= revision}`))
    const writes = ['a', 'b', 'c'].map(async (id) => told.push(`answered ${await put(store, id)}`))
    await Promise.all(writes)
    const heard = [2, 3, 4].map((revision) => `heard ${revision} at true`)
    t.deepEqual(told.slice(0, 3), heard)
    t.deepEqual(told.slice(3).sort(), ['answered 2', 'answered 3', 'answered 4'])
    await put(store, 'd')
    t.is(told.filter((line) => line.startsWith('heard')).length, 4)
  })

  test(`${name}: a listener hears what the history keeps`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const heard: ChangeSet[] = []
    store.subscribe((changeSet) => heard.push(changeSet))
    await put(store, 'a')
    await Promise.all(['b', 'c'].map((id) => put(store, id)))
    t.deepEqual(await store.changesAfter(1, 10), heard)
  })

  test(`${name}: a write that makes no revision reaches no listener`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    store.subscribe(() => t.fail('Nothing has changed.'))
    const work = recording((revision) => [organization('a', revision)])
    await store.write(provenance({ dryRun: true }), work)
    await store.write(provenance(), async () => undefined)
    const refusal = new Error('no')
    const throwing = store.write(provenance(), async (writer) => work(writer).then(() => Promise.reject(refusal)))
    t.is(await t.throwsAsync(throwing), refusal)
    t.is(store.head, 1)
  })

  test(`${name}: a stopped listener is not called again, not even within the current batch`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const heard: string[] = []
    const stopFirst = store.subscribe(({ revision }) => {
      heard.push(`first ${revision}`)
      stopFirst()
      stopSecond()
    })
    const stopSecond = store.subscribe(({ revision }) => heard.push(`second ${revision}`))
    const same = ({ revision }: ChangeSet) => heard.push(`same ${revision}`)
    const stopOne = store.subscribe(same)
    store.subscribe(same)
    await Promise.all([put(store, 'a'), put(store, 'b')])
    stopOne()
    stopOne()
    await put(store, 'c')
    t.deepEqual(heard, ['first 2', 'same 2', 'same 2', 'same 3', 'same 3', 'same 4'])
  })

  test(`${name}: a listener that throws disturbs neither the others nor the writer`, async (t) => {
    const { store, events } = await openWatched(suite, t)
    const heard: number[] = []
    store.subscribe(() => {
      throw new Error('broken')
    })
    store.subscribe(({ revision }) => heard.push(revision))
    await withCatalogue(store)
    t.is(await put(store, 'a'), 2)
    t.deepEqual(heard, [1, 2])
    t.is(events.filter(({ kind }) => kind === 'listener_failed').length, 2)
  })

  test(`${name}: a listener may write`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const followed = new Promise<number>((resolve) => {
      const stop = store.subscribe(() => {
        stop()
        void put(store, 'b').then(resolve)
      })
    })
    t.is(await put(store, 'a'), 2)
    t.is(await followed, 3)
  })

  test(`${name}: change sets come in order after a revision, at most as many as asked for`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    for (const id of ['a', 'b', 'c', 'd']) await put(store, id)
    t.deepEqual(await revisionsAfter(store, 0), [1, 2, 3, 4, 5])
    t.deepEqual(await revisionsAfter(store, 1, 2), [2, 3])
    t.deepEqual(await revisionsAfter(store, 5), [])
    t.deepEqual(await revisionsAfter(store, 99), [])
  })

  test(`${name}: history is removed by age and by count, and a read of removed history says to take a snapshot`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    for (let n = 2; n <= 10; n++) {
      const work = recording((revision) => [organization(`o${n}`, revision)])
      await store.write(provenance({ at: at + n }), work)
    }
    const compacted = async (after: number) => {
      const error = await t.throwsAsync<StoreError>(store.changesAfter(after, 10), { name: 'StoreError' })
      t.is(error?.code, 'compacted')
    }
    await store.compact(everything)
    t.is((await revisionsAfter(store, 0)).length, 10)
    await store.compact({ ...everything, newerThan: at + 4 })
    // Each compaction is a change set, which doesn't count.
    t.deepEqual(await revisionsAfter(store, 3), [4, 5, 6, 7, 8, 9, 10, 11])
    t.is((await store.changesAfter(10, 1))[0]?.operation, 'CompactHistory')
    await compacted(2)
    await compacted(0)
    await store.compact({ ...everything, count: 3 })
    t.deepEqual(await revisionsAfter(store, 7), [8, 9, 10, 11, 12])
    await store.compact({ ...everything, count: 3 })
    t.is(store.head, 12, 'there was nothing to forget')
    await compacted(6)
    await store.compact({ newerThan: at + 1_000, count: 0 })
    t.deepEqual(await revisionsAfter(store, 9), [10, 11, 12, 13])
    t.deepEqual(await revisionsAfter(store, 13), [])
    await compacted(8)
    t.is(await put(store, 'more'), 14)
    t.is((await store.read((reader) => reader.organizationCount('free'))).value, 10)
  })

  test(`${name}: a clock that went back makes no hole in the history`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    for (const [n, time] of [5, 1, 6].entries()) {
      const work = recording((revision) => [organization(`o${n}`, revision)])
      await store.write(provenance({ at: at + time }), work)
    }
    await store.compact({ ...everything, newerThan: at + 4 })
    t.deepEqual(await revisionsAfter(store, 1), [2, 3, 4, 5])
  })

  test(`${name}: history is forgotten in steps, between which writes go on`, async (t) => {
    const { store, events } = await openWatched(suite, t)
    await withCatalogue(store)
    for (let round = 0; round < 4; round++) {
      await Promise.all(Array.from({ length: 500 }, (_, n) => put(store, `o${round}_${n}`)))
    }
    events.length = 0
    const compacting = store.compact({ ...everything, count: 10 })
    const revisions: number[] = []
    let isDone = false
    void compacting.then(() => (isDone = true))
    while (!isDone) revisions.push(await put(store, `during_${revisions.length}`))
    t.true(revisions.length > 1)
    t.deepEqual(
      await revisionsAfter(store, 1991),
      // With the compaction itself.
      Array.from({ length: 10 + revisions.length + 1 }, (_, n) => 1992 + n),
    )
  })
}
