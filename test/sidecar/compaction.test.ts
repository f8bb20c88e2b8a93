import test from 'ava'
import { compactOnce, openCompaction } from '../../packages/sidecar/src/service/compaction.ts'
import { openTestService, writing } from '../service/open-service.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'

test('history beyond the count is forgotten, and what is within it is kept', async (t) => {
  const { store, admin } = await openTestService(t)
  for (const key of ['org:a:b', 'org:a:c', 'org:a:d', 'org:a:e']) await admin.createPermission({ key }, writing())
  const head = store.head
  await compactOnce(store, { historyMaxCount: 2, historyMaxAgeMs: 86_400_000 }, { now: 1_700_000_000_000 })
  const kept = await store.changesAfter(head - 2, 10)
  t.deepEqual(
    kept.map(({ revision }) => revision),
    [head - 1, head, head + 1],
  )
  await t.throwsAsync(store.changesAfter(head - 3, 10), { code: 'compacted' })
})

test('history older than its age is forgotten, but never the last change', async (t) => {
  const { store, admin } = await openTestService(t)
  await admin.createPermission({ key: 'org:a:b' }, writing())
  const keep = { historyMaxCount: 1_000, historyMaxAgeMs: 1_000 }
  await compactOnce(store, keep, { now: 1_700_000_000_500 })
  t.is((await store.changesAfter(1, 10)).length, 1)
  await compactOnce(store, keep, { now: 1_700_000_002_000 })
  t.deepEqual(
    (await store.changesAfter(1, 10)).map(({ operation }) => operation),
    ['CreatePermission', 'CompactHistory'],
  )
  await t.throwsAsync(store.changesAfter(0, 10), { code: 'compacted' })
})

test('after a compaction it is known which history is kept, and since when', async (t) => {
  const { store, admin } = await openTestService(t)
  for (const key of ['org:a:b', 'org:a:c', 'org:a:d']) await admin.createPermission({ key }, writing())
  const [{ committedAt = 0 } = {}] = await store.changesAfter(store.head - 1, 1)
  const fail = { compactionFailed: () => t.fail() }
  const { facts, stop } = openCompaction(store, { historyMaxCount: 1, historyMaxAgeMs: 1e15 }, fail)
  t.deepEqual(facts(), { compactedAt: undefined, compactionFailures: 0, kept: undefined })
  const newest = store.head
  while (facts().kept === undefined) await new Promise((resolve) => setImmediate(resolve))
  await stop()
  t.deepEqual(facts().kept, { afterRevision: newest - 1, since: committedAt })
  t.true(Number(facts().compactedAt) > 0)
})

test('a compaction that fails is counted and told', async (t) => {
  const store = await openStore('sqlite::memory:')
  await store.close()
  const told: unknown[] = []
  const keep = { historyMaxCount: 1, historyMaxAgeMs: 1 }
  const { facts, stop } = openCompaction(store, keep, { compactionFailed: (error) => void told.push(error) })
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await stop()
  t.like(told, [{ code: 'closed' }])
  t.deepEqual(facts(), { compactedAt: undefined, compactionFailures: 1, kept: undefined })
})

test('stopping leaves no timer behind', async (t) => {
  const store = await openStore('sqlite::memory:')
  const { stop } = openCompaction(
    store,
    { historyMaxCount: 1, historyMaxAgeMs: 1 },
    { compactionFailed: () => t.fail() },
  )
  await stop()
  await store.close()
  t.pass()
})
