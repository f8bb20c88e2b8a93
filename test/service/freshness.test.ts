import test, { type ExecutionContext } from 'ava'
import { authority, Freshness, type DataSource } from '../../packages/sidecar/src/service/freshness.ts'
import { openServiceOver, openTestService, reading } from './open-service.ts'

const question = { organizationId: 'org_acme', role: 'org:member', permission: undefined }

/** A source whose staleness a test sets. */
function sourceAt(stalenessMs: number) {
  const source = { role: 'replica' as const, ms: stalenessMs, stalenessMs: () => source.ms }
  return source satisfies DataSource
}

/** A service over a store that has what an authority began with. */
async function openFollowing(t: ExecutionContext, source: DataSource) {
  const { store } = await openTestService(t)
  const service = await openServiceOver(store, { source, maxStalenessMs: 100 })
  t.teardown(() => service.close())
  return { service, store }
}

test('an authority is fresh until it is closed', async (t) => {
  const { service } = await openTestService(t)
  t.like(service.freshness, { role: 'authority', stalenessMs: 0, isFresh: true })
  service.close()
  t.like(service.freshness, { stalenessMs: Infinity, isFresh: false })
})

test('the bound itself is fresh, and one millisecond more is not', (t) => {
  const source = sourceAt(100)
  const freshness = new Freshness(source, 100)
  t.true(freshness.isFresh)
  t.notThrows(() => freshness.check())
  source.ms = 101
  t.false(freshness.isFresh)
  t.throws(() => freshness.check(), { code: 'stale', message: /100 ms/ })
  t.true(new Freshness(authority, 100).isFresh)
})

test('while the source is stale no decision is made, neither from memory nor from the storage', async (t) => {
  const source = sourceAt(0)
  const { decisions } = (await openFollowing(t, source)).service
  t.true((await decisions.check(question, reading())).allowed)
  source.ms = 101
  const code = 'stale'
  t.throws(() => decisions.checkNow(question), { code })
  t.throws(() => decisions.batchCheckNow([question]), { code })
  await t.throwsAsync(decisions.check(question, reading()), { code })
  await t.throwsAsync(decisions.batchCheck([{ ...question, organizationId: 'org_cold' }], reading()), { code })
  await t.throwsAsync(decisions.listAvailableRoles({ organizationId: 'org_acme' }, reading()), { code })
  source.ms = 100
  t.true(decisions.checkNow(question)?.allowed)
})

test('a decision that waited for a revision is not made when the source was lost meanwhile', async (t) => {
  const source = sourceAt(0)
  const { service, store } = await openFollowing(t, source)
  const next = `${store.epoch}:${store.head + 1}`
  const waiting = service.decisions.check(question, reading({ atLeastRevision: next }))
  source.ms = Infinity
  await service.administration.createRole({ key: 'org:x' }, { actor: 'a', dryRun: false, ...reading() })
  await t.throwsAsync(waiting, { code: 'stale' })
})

test('heartbeats carry the staleness of the source', async (t) => {
  const source = sourceAt(42)
  const { service } = await openTestService(t, { source })
  const messages = service.changes.watch({ snapshotScope: 'catalogue' }, reading())
  await messages.next()
  t.like((await messages.next()).value, { kind: 'heartbeat', stalenessMs: 42 })
  await messages.return(undefined as never)
})
