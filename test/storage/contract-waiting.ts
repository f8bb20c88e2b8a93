/** What waits is bounded, and a caller can stop waiting. */

import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { createGate, openFresh, openWatched, type Suite } from './suite.ts'
import { organization, provenance, record, withCatalogue } from './things.ts'

export function waiting(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: a write over the limit is refused as overloaded, with nothing done, and later ones are taken`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t, { writesWaitingMax: 3 }))
    const gate = createGate()
    const begun = createGate()
    const running = store.write(provenance(), async () => {
      begun.open()
      await gate.passed
    })
    await begun.passed
    const put = (id: string) => record(store, (revision) => [organization(id, revision)])
    const waiting = ['a', 'b', 'c'].map(put)
    const error = await t.throwsAsync<StoreError>(put('d'), { name: 'StoreError' })
    t.is(error?.code, 'overloaded')
    gate.open()
    await running
    t.deepEqual(await Promise.all(waiting), [2, 3, 4])
    t.is(await put('e'), 5)
    t.is((await store.read((reader) => reader.organizationCount('free'))).value, 4)
  })

  test(`${name}: a read over the limit is refused as overloaded, and later ones are taken`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t, { writesWaitingMax: 3 }))
    const gate = createGate()
    const reads = Array.from({ length: 50 }, () => store.read(() => gate.passed))
    const settled = Promise.allSettled(reads)
    gate.open()
    const refused = (await settled).filter((read) => read.status === 'rejected')
    t.true(refused.length > 0)
    for (const { reason } of refused) t.is((reason as StoreError).code, 'overloaded')
    t.is((await store.read((reader) => reader.organizationCount('free'))).value, 0)
  })

  test(`${name}: each call that ends with an error of the store is an event, and a work that refuses is none`, async (t) => {
    const { store, events } = await openWatched(suite, t, { writesWaitingMax: 2 })
    await withCatalogue(store)
    const gate = createGate()
    const calls = Array.from({ length: 9 }, () => store.write(provenance(), () => gate.passed))
    const settled = Promise.allSettled(calls)
    gate.open()
    const refused = (await settled).filter(({ status }) => status === 'rejected').length
    await t.throwsAsync(store.write(provenance(), () => Promise.reject(new RangeError('refused'))))
    await t.throwsAsync(store.read(() => Promise.reject(new RangeError('refused'))))
    const codes = () => events.flatMap((event) => (event.kind === 'call_failed' ? [event.error.code] : []))
    t.true(refused > 0)
    t.deepEqual(codes(), new Array(refused).fill('overloaded'))
    await store.close()
    await t.throwsAsync(store.read(() => gate.passed))
    t.is(codes().at(-1), 'closed')
  })

  test(`${name}: a caller that stops waiting is answered at once, and its work is never run`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const gate = createGate()
    const begun = createGate()
    const running = store.write(provenance(), async () => {
      begun.open()
      await gate.passed
    })
    await begun.passed
    const abort = new AbortController()
    const reason = new Error('too long')
    const impatient = store.write(provenance({ signal: abort.signal }), async () => t.fail('It must not run.'))
    const patient = record(store, (revision) => [organization('a', revision)])
    abort.abort(reason)
    t.is(await t.throwsAsync(impatient), reason)
    const late = store.write(provenance({ signal: abort.signal }), async () => t.fail('It must not run.'))
    t.is(await t.throwsAsync(late), reason)
    gate.open()
    await running
    t.is(await patient, 2)
  })

  test(`${name}: a work that has begun is finished, whatever its signal says`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const abort = new AbortController()
    const { revision } = await store.write(provenance({ signal: abort.signal }), async (writer) => {
      abort.abort()
      await writer.record([organization('a', writer.nextRevision)])
    })
    t.is(revision, 2)
  })
}
