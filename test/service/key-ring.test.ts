/** Which keys open the API, and from when until when. */

import test, { type ExecutionContext } from 'ava'
import { digestOf, openKeyRing, type KeyRing } from '../../packages/sidecar/src/service/key-ring.ts'
import { openTestService, reading, writing, type OpenedService } from './open-service.ts'

const bootstrap = [
  { name: 'admin', access: 'secret', key: 'the secret one' },
  { name: 'read', access: 'read', key: 'the reading one' },
] as const

async function open(t: ExecutionContext): Promise<OpenedService & { ring: KeyRing }> {
  const opened = await openTestService(t)
  const ring = await openKeyRing(opened.store, bootstrap)
  t.teardown(ring.close)
  return { ...opened, ring }
}

test('the keys of the settings work without the store, and can not be revoked', async (t) => {
  const { ring } = await open(t)
  t.deepEqual(ring.identify('the secret one'), { name: 'admin', access: 'secret', revoked: undefined })
  t.deepEqual(ring.identify('the reading one'), { name: 'read', access: 'read', revoked: undefined })
  for (const wrong of ['', 'the secret', 'the secret one ', digestOf('the secret one').toString('hex')])
    t.is(ring.identify(wrong), undefined, wrong)
})

test('a key works before the call that made it is answered, until the tick in which its revocation is published', async (t) => {
  const { admin, store, ring } = await open(t)
  const { key } = await admin.createAccessKey({ name: 'ci', access: 'read' }, writing())
  const identity = ring.identify(key)
  t.like(identity, { name: 'ci', access: 'read' })
  t.false(identity?.revoked?.aborted)
  const seen: unknown[] = []
  t.teardown(store.subscribe(() => seen.push(ring.identify(key), identity?.revoked?.aborted)))
  await admin.revokeAccessKey({ accessKey: 'ci' }, writing())
  t.deepEqual(seen, [undefined, true])
})

test('a dry run neither makes a key nor revokes one', async (t) => {
  const { admin, ring } = await open(t)
  const { key } = await admin.createAccessKey({ name: 'ci' }, writing())
  t.is((await admin.createAccessKey({ name: 'ops' }, writing({ dryRun: true }))).key, '')
  t.like((await admin.revokeAccessKey({ accessKey: 'ci' }, writing({ dryRun: true }))).value, {
    revokedAt: 1_700_000_000_000,
  })
  t.like(ring.identify(key), { name: 'ci' })
  const { items } = await admin.listAccessKeys({ ...reading(), pageSize: 0, pageToken: '' })
  t.deepEqual(
    items.map(({ name, revokedAt }) => ({ name, revokedAt })),
    [{ name: 'ci', revokedAt: null }],
  )
})

test('only the digest of a key is kept, and not even that is shown', async (t) => {
  const { admin, store } = await open(t)
  const { key, value } = await admin.createAccessKey({ name: 'ci' }, writing())
  t.false(Object.keys(value ?? {}).includes('digest'))
  const stored = await store.read((reader) => reader.accessKeys())
  t.is(stored.value[0]?.digest, digestOf(key).toString('hex'))
  t.false(JSON.stringify(await store.changesAfter(0, 10)).includes(key))
})

test('a ring that opens while keys change knows them all', async (t) => {
  const { admin, store } = await openTestService(t)
  const made = Array.from({ length: 20 }, (_, i) => admin.createAccessKey({ name: `key-${i}` }, writing()))
  const rings = await Promise.all(
    made.map(async (making, i) => {
      if (i % 3 === 0) await making
      return openKeyRing(store, bootstrap)
    }),
  )
  const keys = (await Promise.all(made)).map(({ key }) => key)
  for (const ring of rings) {
    t.teardown(ring.close)
    t.deepEqual(
      keys.map((key) => ring.identify(key)?.name),
      keys.map((_, i) => `key-${i}`),
    )
  }
})
