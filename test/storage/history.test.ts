/** The history as the audit reads it: what it is found by, how it is sealed, and what is left of it after it was forgotten. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { type SealedChangeSet, subjectsOf } from '@rolesets/core'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { HistoryPage, HistoryQuery, Provenance, Store } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import type { Teardown } from './suite.ts'
import { at, catalogueChanges, membership, organization, provenance, recording, role, withCatalogue } from './things.ts'

async function openFresh(t: Teardown): Promise<Store> {
  const store = await openStore(`sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`)
  t.teardown(() => store.close())
  return store
}

const sha256 = (...texts: readonly string[]) => {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text)
  return hash.digest('hex')
}

const historyOf = async (store: Store, query: HistoryQuery = {}, page: Partial<HistoryPage> = {}) =>
  (await store.read((reader) => reader.history(query, { size: 1_000, ...page }))).value

const revisionsOf = (changeSets: readonly SealedChangeSet[]) => changeSets.map(({ revision }) => revision)

const anchorOf = async (store: Store) => (await store.read((reader) => reader.historyAnchor())).value

/** The seal as it is documented, computed independently. */
function sealAfter(previous: string, { revision, committedAt, actor, operation, changes }: SealedChangeSet): string {
  const head = JSON.stringify([previous, revision, committedAt, actor, operation])
  return sha256(head, '\n', JSON.stringify(changes))
}

/** The first that doesn't follow the one before it; undefined: all do. */
async function firstUnsealed(store: Store): Promise<number | undefined> {
  let previous = (await anchorOf(store)).seal
  for (const changeSet of await historyOf(store, {}, { oldestFirst: true })) {
    if (changeSet.seal !== sealAfter(previous, changeSet)) return changeSet.revision
    previous = changeSet.seal
  }
  return undefined
}

const put = (id: string, more: Partial<Provenance> = {}) =>
  [provenance(more), recording((revision) => [organization(id, revision)])] as const

test('the first change set is sealed to the epoch, and each other one to the one before it', async (t) => {
  const store = await openFresh(t)
  t.deepEqual(await anchorOf(store), { revision: 0, seal: sha256(store.epoch) })
  await withCatalogue(store)
  await store.write(...put('a'))
  // These share a transaction.
  await Promise.all(['b', 'c', 'd'].map((id) => store.write(...put(id))))
  t.deepEqual(revisionsOf(await historyOf(store)), [5, 4, 3, 2, 1])
  t.is(await firstUnsealed(store), undefined)
})

test('the chain goes on after a restart, a dry run, a refusal and a transaction that failed', async (t) => {
  const url = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
  const first = await openStore(url)
  await withCatalogue(first)
  await first.close()
  const store = await openStore(url)
  t.teardown(() => store.close())
  await store.write(...put('a'))
  await store.write(...put('dry', { dryRun: true }))
  const refusal = new Error('no')
  await t.throwsAsync(store.write(provenance(), async () => Promise.reject(refusal)))
  // There is no such role: the whole batch is rolled back, and the others are written again.
  const spoiling = recording((revision) => [membership('a', 'u', revision, { roleIds: ['none'] })])
  const others = ['b', 'c'].map((id) => store.write(...put(id)))
  await t.throwsAsync(store.write(provenance(), spoiling), { name: 'StoreError' })
  await Promise.all(others)
  t.deepEqual(revisionsOf(await historyOf(store)), [4, 3, 2, 1])
  t.is(await firstUnsealed(store), undefined)
})

test('what is left after a part was forgotten follows the seal that was kept, and nothing is found by what is gone', async (t) => {
  const store = await withCatalogue(await openFresh(t))
  for (let n = 2; n <= 10; n++) await store.write(...put(`o${n}`))
  const forgotten = (await historyOf(store))[3]
  t.is(forgotten?.revision, 7)
  await store.compact({ newerThan: 0, count: 3 })
  t.deepEqual(await anchorOf(store), { revision: 7, seal: forgotten?.seal ?? '' })
  // The compaction itself is 11.
  t.deepEqual(revisionsOf(await historyOf(store)), [11, 10, 9, 8])
  t.deepEqual(await historyOf(store, { subject: 'o7' }), [])
  t.deepEqual(revisionsOf(await historyOf(store, { subject: 'o8' })), [8])
  await store.write(...put('more'))
  t.is(await firstUnsealed(store), undefined)
})

test('a change set is found by each thing in it, and by the keys that things have and had', async (t) => {
  const store = await withCatalogue(await openFresh(t))
  await store.write(provenance(), async (writer) => {
    const { roles } = await writer.catalogue()
    const before = roles.byId('analyst') ?? null
    const [renamed] = [role('analyst', writer.nextRevision, { key: 'org:watcher' })]
    await writer.record([{ ...renamed, before } as typeof renamed])
  })
  await store.write(
    provenance(),
    recording((revision) => [organization('a', revision), membership('a', 'u', revision)]),
  )
  const found = async (subject: string) => revisionsOf(await historyOf(store, { subject }))
  t.deepEqual(await found('analyst'), [2, 1])
  t.deepEqual(await found('org:analyst'), [2, 1])
  t.deepEqual(await found('org:watcher'), [2])
  for (const subject of ['a', 'u', 'orgmem_a_u']) t.deepEqual(await found(subject), [3])
  t.deepEqual(await found('nothing'), [])
})

test('one write of very many things is found by each of them', async (t) => {
  const store = await withCatalogue(await openFresh(t))
  const ids = Array.from({ length: 20_000 }, (_, n) => `o${n}`)
  await store.write(
    provenance(),
    recording((revision) => ids.map((id) => organization(id, revision))),
  )
  for (const subject of ['o0', 'o19999']) t.deepEqual(revisionsOf(await historyOf(store, { subject })), [2])
  await store.write(...put('last'))
  await store.compact({ newerThan: 0, count: 1 })
  t.deepEqual(revisionsOf(await historyOf(store)), [4, 3])
})

test('any question to the history is answered like a filter over all of it', async (t) => {
  const store = await openFresh(t)
  const texts = (...values: readonly string[]) => fc.constantFrom(...values)
  const write = fc.record({ id: texts('a', 'b', 'c'), actor: texts('x', 'y'), operation: texts('P', 'Q') })
  const writes = fc.sample(fc.tuple(write, fc.integer({ min: -5, max: 5 })), { numRuns: 60, seed: 7 })
  await store.write(provenance(), recording(catalogueChanges))
  // Clocks go back now and then.
  for (const [{ id, ...who }, time] of writes) await store.write(...put(id, { ...who, at: at + time }))
  const all = await historyOf(store, {}, { oldestFirst: true })
  t.is(all.length, 61)
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const time = optional(fc.integer({ min: at - 6, max: at + 6 }))
  const query = fc.record({
    ...{ subject: optional(texts('a', 'b', 'c', 'admin')), actor: optional(texts('x', 'y')) },
    ...{ operation: optional(texts('P', 'Q')), from: time, to: time },
    // Any second subject will do; only operations that aren't left out are found.
    ...{ scope: optional(texts('a', 'b', 'admin')), exceptOperations: optional(fc.subarray(['P', 'Q'])) },
  })
  const page = fc.record({
    ...{ size: fc.integer({ min: 1, max: 70 }), after: optional(fc.integer({ min: 0, max: 62 })) },
    oldestFirst: fc.boolean(),
  })
  const isMeant =
    ({ subject, scope, actor, operation, exceptOperations, from, to }: HistoryQuery) =>
    (each: SealedChangeSet) =>
      (subject === undefined || subjectsOf(each.changes).includes(subject)) &&
      (scope === undefined || subjectsOf(each.changes).includes(scope)) &&
      !(exceptOperations ?? []).includes(each.operation) &&
      (actor === undefined || each.actor === actor) &&
      (operation === undefined || each.operation === operation) &&
      (from === undefined || each.committedAt >= from) &&
      (to === undefined || each.committedAt < to)
  const property = fc.asyncProperty(query, page, async (asked, { size, after, oldestFirst }) => {
    const ordered = oldestFirst ? all : all.toReversed()
    const behind = ({ revision }: SealedChangeSet) =>
      after === undefined || (oldestFirst ? revision > after : revision < after)
    const expected = ordered.filter(isMeant(asked)).filter(behind).slice(0, size)
    t.deepEqual(await historyOf(store, asked, { size, after, oldestFirst }), expected)
  })
  await fc.assert(property, { numRuns: 150 })
})

test('the change of a thing that is nearest to a revision is found on either side, within what is kept', async (t) => {
  const store = await withCatalogue(await openFresh(t))
  for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await store.write(...put(id))
  const near = async (side: 'after' | 'up_to', revision: number) => {
    const subjects = new Map(['a', 'b', 'c', 'nothing'].map((id) => [id, revision]))
    return Object.fromEntries((await store.read((reader) => reader.changedNear(side, subjects))).value)
  }
  t.deepEqual(await near('after', 0), { a: 2, b: 3, c: 5 })
  t.deepEqual(await near('after', 2), { a: 4, b: 3, c: 5 })
  t.deepEqual(await near('after', 5), { a: 6, b: 7 })
  t.deepEqual(await near('up_to', 5), { a: 4, b: 3, c: 5 })
  t.deepEqual(await near('up_to', 1), {})
  await store.compact({ newerThan: 0, count: 2 })
  t.deepEqual(await near('up_to', 5), {})
  t.deepEqual(await near('after', 0), { a: 6, b: 7 })
})
