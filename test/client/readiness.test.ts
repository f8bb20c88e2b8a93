/** Becoming ready, and closing. */

import test from 'ava'
import { createRoleSetsClient, RoleSetsError } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import { openBesideFake, openScripted, openScriptedFresh, tiers } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { heartbeat, snapshot } from './wire-messages.ts'

test('it is ready once the snapshot and a heartbeat are there', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  let isReady = false
  const ready = client.ready().then(() => (isReady = true))
  transport.stream.send(snapshot('e:10'))
  await clock.settle()
  t.false(isReady)
  transport.stream.send(heartbeat('e:10'))
  await ready
  t.is(client.status().state, 'fresh')
  await client.ready({ timeoutMs: 1 })
})

// spicedb#3262: a readiness call could hang.
test('it says that the sidecar is unreachable, and why', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.end(new RoleSetsError('unavailable', 'Nobody listens there.'))
  const ready = client.ready({ timeoutMs: 500 })
  const error = t.throwsAsync(ready, { code: 'not_ready', message: /500 ms.*Nobody listens there/ })
  await clock.advance(500)
  t.like(await error, { detail: 'unreachable' })
})

test('it says that the snapshot is still on its way', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.call.onCall()
  transport.stream.send(snapshot('e:10', 0, { last: false }))
  const error = t.throwsAsync(client.ready({ timeoutMs: 500 }), { code: 'not_ready' })
  await clock.advance(500)
  t.like(await error, { detail: 'loading' })
})

// "Healthy" while nothing was loaded or the first sync had failed (topaz#618, ld-relay#549, opal PR#915, opa#2015).
test('it says that what it has is stale', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.send(snapshot('e:10'), heartbeat('e:10', 0, 60_000))
  const error = t.throwsAsync(client.ready({ timeoutMs: 500 }), { code: 'not_ready', message: /maxStalenessMs/ })
  await clock.advance(500)
  t.like(await error, { detail: 'stale' })
})

test('it stops waiting by default', async (t) => {
  const { client, clock } = await openScripted(t)
  const error = t.throwsAsync(client.ready(), { code: 'not_ready' })
  await clock.advance(10_000)
  await error
})

test('waiting to be ready ends with the signal', async (t) => {
  const { client } = await openScripted(t)
  const controller = new AbortController()
  const error = t.throwsAsync(client.ready({ signal: controller.signal }), { code: 'aborted' })
  controller.abort()
  await error
})

test('it becomes ready when the sidecar comes up later', async (t) => {
  const clock = new SimulatedClock()
  const sidecar = createFakeSidecar({ ...tiers, clock })
  sidecar.goDown()
  const client = createRoleSetsClient({ transport: sidecar.transport, clock })
  t.teardown(() => client.close())
  await clock.advance(7000)
  const ready = client.ready({ timeoutMs: 3000 })
  sidecar.comeBack()
  await clock.advance(2000)
  await ready
  t.is(client.status().state, 'fresh')
})

test('closing rejects everything that waits, ends the streams and leaves no timer', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const waiting = [
    client.ready(),
    client.check('acme', 'org:member'),
    client.check('acme', 'org:member'),
    client.checkMany([{ organizationId: 'acme', role: 'org:member' }]),
    client.availableRoles('acme'),
    client.admin.listRoles({}),
  ].map((each) => t.throwsAsync<RoleSetsError>(Promise.resolve<unknown>(each), { code: 'closed' }))
  await clock.settle()
  await client.close()
  await Promise.all(waiting)
  await clock.settle()
  t.true(transport.streams.every(({ call }) => call.signal.aborted))
  t.true(transport.calls.every(({ signal }) => signal.aborted))
  t.is(transport.closed, 1)
  t.is(clock.timers, 0)
})

test('a closed client answers nothing, and can be closed again', async (t) => {
  const { client } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  await client.close()
  await client.close()
  await client[Symbol.asyncDispose]()
  t.like(client.status(), { state: 'closed' })
  t.is(client.checkCached('acme', 'org:member'), undefined)
  await t.throwsAsync(client.check('acme', 'org:member'), { code: 'closed' })
  await t.throwsAsync(client.availableRoles('acme'), { code: 'closed' })
  await t.throwsAsync(client.ready(), { code: 'closed' })
  await t.throwsAsync(client.admin.listRoles({}), { code: 'closed' })
  t.throws(() => client.watch(), { code: 'closed' })
})

test('closing during the pause before a reconnection ends at once (F16)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.end(unavailable())
  await clock.settle()
  await client.close()
  t.is(clock.timers, 0)
  t.is(transport.streams.length, 1)
})

test('closing is not held up by a transport whose stream is stuck', async (t) => {
  const { client } = await openScripted(t)
  await client.close()
  t.is(client.status().state, 'closed')
})

test('a signal closes the client, also one that aborted before', async (t) => {
  const { transport } = await openScripted(t)
  const controller = new AbortController()
  const client = createRoleSetsClient({ transport, signal: controller.signal })
  const asked = t.throwsAsync(client.check('acme', 'org:member'), { code: 'closed' })
  controller.abort()
  await asked
  t.is(client.status().state, 'closed')
  const late = createRoleSetsClient({ transport, signal: AbortSignal.abort() })
  t.is(late.status().state, 'closed')
  await t.throwsAsync(late.ready(), { code: 'closed' })
})
