/** How old the cache is, counted end to end. */

import test from 'ava'
import { openBesideFake, openScripted, openScriptedFresh } from './open-client.ts'
import { changeSet, checkReply, free, heartbeat, snapshot } from './wire-messages.ts'

test('without heartbeats the cache gets stale, and decides nothing any more', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.reply(checkReply('e:10', free))
  await asked
  clock.jump(5000)
  t.like(client.status(), { state: 'fresh', ageMs: 5000 })
  t.truthy(client.checkCached('acme', 'org:member'))
  clock.jump(1)
  t.like(client.status(), { state: 'stale', ageMs: 5001 })
  t.is(client.checkCached('acme', 'org:member'), undefined)
  t.is(client.checkManyCached([{ organizationId: 'acme', role: 'org:member' }]), undefined)
})

// spicedb#2252: without heartbeats, idle looks like lag.
test('an idle feed with heartbeats stays fresh for hours', async (t) => {
  const { client, clock } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  for (let minutes = 0; minutes < 120; minutes += 10) {
    clock.onStep = () => t.true(client.checkCached('acme', 'org:member')?.allowed)
    await clock.advance(30_000)
  }
})

test('a network that delays every message by the same time does not make the cache look younger', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.call.onCall()
  // Sent at 0 and 1000 of the sender's clock, 100 ms after the call; on their way for four seconds.
  await clock.advance(2900)
  transport.stream.send(snapshot('e:10', 0))
  await clock.advance(1200)
  transport.stream.send(heartbeat('e:10', 1000))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', ageMs: 3100 })
  await clock.advance(1900)
  t.is(client.status().state, 'fresh')
  clock.jump(1)
  t.is(client.status().state, 'stale')
})

test('a delay of more than the bound is never fresh, however regular the heartbeats', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.call.onCall()
  for (let second = 0; second < 2; second++) {
    await clock.advance(2900)
    transport.stream.send(snapshot('e:10', 0, { last: false }))
  }
  transport.stream.send(snapshot('e:10', 0))
  for (let second = 0; second < 20; second++) {
    transport.stream.send(heartbeat('e:10', second * 1000))
    await clock.settle()
    t.is(client.status().state, 'stale')
    await clock.advance(1000)
  }
})

test('the time that connecting takes does not count, if the transport says when it calls', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  await clock.advance(3000)
  transport.stream.call.onCall()
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await clock.settle()
  t.is(client.status().ageMs, 0)
})

test('a transport that does not say when it calls makes the cache look older, never younger', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  await clock.advance(3000)
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await clock.settle()
  t.is(client.status().ageMs, 3000)
})

test('the staleness of the sender counts as our own', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.send(snapshot('e:10'), heartbeat('e:10', 0, 4000))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', ageMs: 4000 })
  transport.stream.send(heartbeat('e:10', 1000, 6000))
  await clock.advance(1001)
  t.is(client.status().state, 'stale')
})

// "Healthy" while nothing was loaded or the first sync had failed (topaz#618, ld-relay#549, opal PR#915, opa#2015).
test('a snapshot alone is not fresh: its sender may be behind, and says so with the first heartbeat', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  transport.stream.send(snapshot('e:10'))
  await clock.settle()
  t.is(client.status().state, 'stale')
  transport.stream.send(heartbeat('e:10', 0, 60_000))
  await clock.settle()
  t.is(client.status().state, 'stale')
})

test('change sets alone prove nothing: others may wait behind them (F5)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (let number = 11; number < 18; number++) {
    await clock.advance(1000)
    transport.stream.send(changeSet(`e:${number}`, [], (number - 10) * 1000))
    await clock.settle()
  }
  t.like(client.status(), { state: 'stale', revision: 'e:17' })
})

test('a heartbeat from before what was delivered proves nothing (F5, F6)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.send(changeSet('e:11'))
  await clock.advance(1000)
  transport.stream.send(heartbeat('e:10', 1000))
  await clock.settle()
  t.is(client.status().ageMs, 1000)
})

test('a sender whose clock runs fast can not make the cache younger than its message', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  await clock.advance(1000)
  transport.stream.send(heartbeat('e:10', 60_000))
  await clock.settle()
  t.is(client.status().ageMs, 0)
  await clock.advance(2500)
  t.is(client.status().ageMs, 2500)
})

test('a broken stream leaves the cache as fresh as it was, for as long as it was', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  sidecar.goDown()
  await clock.advance(4000)
  t.true(client.checkCached('acme', 'org:member')?.allowed)
  await clock.advance(1001)
  t.is(client.checkCached('acme', 'org:member'), undefined)
})

test('a renewed stream has its own anchor, and the old one counts until it speaks', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const beat = async (sentAtMs: number) => {
    transport.stream.send(heartbeat('e:10', sentAtMs))
    await clock.advance(1000)
  }
  for (let second = 0; transport.streams.length === 1; second++) await beat(second * 1000)
  t.true(clock.nowMs() >= 1_540_000 && clock.nowMs() <= 1_661_000)
  t.is(client.status().state, 'fresh')
  // Another sender, whose clock began long ago.
  await beat(77_000_000)
  t.like(client.status(), { state: 'fresh', ageMs: 1000 })
})
