/** The follower on sinks of other kinds than the cache: those that take their time, and those that fail. */

import test, { type ExecutionContext } from 'ava'
import { RoleSetsError, type ClientEvent } from '@rolesets/client'
import { Follower, type FeedSink, type FollowerOptions } from '@rolesets/client/feed'
import { ScriptedTransport, unavailable } from '../scripted-transport.ts'
import { SimulatedClock } from '../simulated-clock.ts'
import { changeSet, heartbeat, organization, pro, snapshot } from '../wire-messages.ts'

class SlowSink implements FeedSink {
  readonly begun: string[] = []
  readonly done: string[] = []
  readonly #pending: { readonly finish: () => void; readonly fail: (error: Error) => void }[] = []

  adopt = () => this.#write('adopt')
  apply = ({ revision }: { readonly revision: string }) => this.#write(revision)
  prove = () => this.#write('prove')

  finish(): void {
    this.#pending.shift()?.finish()
  }

  fail(): void {
    this.#pending.shift()?.fail(new Error('The disk is full.'))
  }

  async #write(what: string): Promise<void> {
    this.begun.push(what)
    await new Promise<void>((finish, fail) => this.#pending.push({ finish, fail }))
    this.done.push(what)
  }
}

function follow(t: ExecutionContext, sink: FeedSink, options: Partial<FollowerOptions> = {}) {
  const [clock, transport, events] = [new SimulatedClock(), new ScriptedTransport(), [] as ClientEvent['type'][]]
  const onEvent = ({ type }: ClientEvent) => void events.push(type)
  const follower = new Follower({ transport, clock, sink, random: () => 0.5, onEvent, ...options })
  t.teardown(() => void follower.close())
  return { clock, transport, follower, events }
}

test('a sink that takes its time gets one write after the other, and the stream waits for it (F20)', async (t) => {
  const sink = new SlowSink()
  const { clock, transport } = follow(t, sink)
  transport.stream.send(snapshot('e:10'), changeSet('e:11'), changeSet('e:12'), heartbeat('e:12'))
  for (const next of ['adopt', 'e:11', 'e:12', 'prove']) {
    await clock.advance(10_000)
    t.is(sink.begun.at(-1), next, 'a slow sink is not a silent stream')
    sink.finish()
    await clock.settle()
    t.is(sink.done.at(-1), next)
  }
  t.is(transport.streams.length, 1)
})

test('what the sink could not write is sent again after the last revision that it wrote (F12)', async (t) => {
  const sink = new SlowSink()
  const { clock, transport, follower, events } = follow(t, sink)
  transport.stream.send(snapshot('e:10'), changeSet('e:11'))
  await clock.settle()
  sink.finish()
  await clock.settle()
  sink.fail()
  await clock.advance(100)
  t.is(transport.streams.length, 2)
  t.is(transport.stream.after, 'e:10')
  t.like(follower.state.lastError, { code: 'unavailable' })
  t.deepEqual(events, ['connected', 'snapshot', 'disconnected'])
  transport.stream.send(changeSet('e:11'))
  await clock.settle()
  sink.finish()
  await clock.settle()
  t.deepEqual(follower.state.cursor, { epoch: 'e', number: 11 })
})

test('a sink that fails at once and for good is tried again with pauses that grow (F12)', async (t) => {
  const fail = () => {
    throw new Error('The disk is full.')
  }
  const { clock, transport } = follow(t, { adopt: fail, apply: fail, prove: fail })
  for (const pauseMs of [50, 100, 200, 400, 750, 750, 750]) {
    const before = transport.streams.length
    transport.stream.send(snapshot('e:10'))
    await clock.advance(pauseMs - 1)
    t.is(transport.streams.length, before)
    await clock.advance(1)
    t.is(transport.streams.length, before + 1)
  }
})

test('what happens while the sink writes is dealt with afterwards (F20)', async (t) => {
  const sink = new SlowSink()
  const { clock, transport, follower } = follow(t, sink, { after: { epoch: 'e', number: 10 } })
  t.is(transport.stream.after, 'e:10', 'a sink that has something already is not given a snapshot (F2)')
  transport.stream.send(changeSet('e:11'))
  await clock.settle()
  follower.startOver(new RoleSetsError('revision_of_another_epoch', 'The store was restored.'))
  await clock.advance(100)
  t.is(transport.streams.length, 1)
  sink.finish()
  await clock.advance(100)
  t.is(transport.stream.after, '')
})

test('closing waits for the write that is going on, and nothing is written after it (F16)', async (t) => {
  const sink = new SlowSink()
  const { clock, transport, follower } = follow(t, sink)
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await clock.settle()
  let isClosed = false
  const closed = follower.close().then(() => (isClosed = true))
  await clock.settle()
  t.false(isClosed)
  sink.finish()
  await closed
  await clock.advance(10_000)
  t.deepEqual(sink.begun, ['adopt'])
  t.is(clock.timers, 0)
})

test('a stream that is over is not listened to any more (F15)', async (t) => {
  const applied: string[] = []
  const { clock, transport } = follow(t, {
    adopt() {},
    apply: ({ revision }) => void applied.push(revision),
    prove() {},
  })
  const first = transport.stream
  first.send(snapshot('e:10'), changeSet('e:12'))
  await clock.advance(100)
  t.is(transport.streams.length, 2)
  first.send(changeSet('e:11'))
  await clock.settle()
  t.deepEqual(applied, [])
})

test('a cursor that is dropped twice is reported once (F9)', async (t) => {
  const { clock, transport, follower, events } = follow(t, { adopt() {}, apply() {}, prove() {} })
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await clock.settle()
  const restored = new RoleSetsError('revision_of_another_epoch', 'The store was restored.')
  for (let each = 0; each < 3; each++) follower.startOver(restored)
  await clock.advance(100)
  t.is(transport.streams.length, 2)
  t.deepEqual(events, ['connected', 'snapshot', 'started_over'])
})

test('a pause ends when the owner wants to start over (F9)', async (t) => {
  const { transport, follower, clock } = follow(
    t,
    { adopt() {}, apply() {}, prove() {} },
    { after: { epoch: 'e', number: 10 } },
  )
  transport.stream.end(unavailable())
  await clock.settle()
  t.is(follower.state.name, 'paused')
  follower.startOver(new RoleSetsError('revision_of_another_epoch', 'The store was restored.'))
  t.is(transport.stream.after, '')
})

test('a snapshot has the organizations where the consumer asks for them', async (t) => {
  const organizations: unknown[] = []
  const sink: FeedSink = {
    adopt: ({ chunk }) => void organizations.push(...(chunk?.organizations ?? [])),
    apply() {},
    prove() {},
  }
  const scope = 'CATALOGUE_AND_ORGANIZATIONS'
  const { clock, transport } = follow(t, sink, { snapshotScope: scope })
  const acme = organization('acme', pro)
  transport.stream.send(snapshot('e:10', 0, { organizations: [acme] }))
  await clock.settle()
  t.is(transport.stream.snapshotScope, scope)
  t.deepEqual(organizations, [acme])
})
