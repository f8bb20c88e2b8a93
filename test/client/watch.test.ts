/** The feed for people: each change once and in order, or an error. */

import test from 'ava'
import { RoleSetsError, type ChangeSet, type RoleSetsClient, type WatchOptions } from '@rolesets/client'
import { openBesideFake, openScriptedFresh } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import { changeSet, heartbeat, snapshot } from './wire-messages.ts'

interface Watched {
  readonly seen: ChangeSet[]
  readonly done: Promise<void>
}

function watch(client: RoleSetsClient, options?: WatchOptions): Watched {
  const seen: ChangeSet[] = []
  const run = async () => {
    for await (const each of client.watch(options)) seen.push(each)
  }
  return { seen, done: run() }
}

const revisions = (seen: readonly ChangeSet[]) => seen.map(({ revision }) => revision)

test('it begins with the next change, and shows each whole', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const { seen } = watch(client)
  await clock.settle()
  const first = sidecar.assign('acme', 'role_set:pro')
  const second = sidecar.touch()
  await clock.settle()
  t.deepEqual(revisions(seen), [first, second])
  t.like(seen[0], { operation: 'AssignRoleSet', actor: 'fake' })
  const [change] = seen[0]?.changes ?? []
  t.like(change, { organizationPut: { id: 'acme', roleSet: 'role_set:pro' } })
})

test('it begins after a revision, with what was missed', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const after = sidecar.revision
  const missed = [sidecar.touch(), sidecar.touch()]
  const { seen } = watch(client, { after })
  await clock.settle()
  t.deepEqual(revisions(seen), missed)
})

test('it resumes by itself after an outage, without gap or repetition', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const { seen } = watch(client)
  await clock.settle()
  const expected = [sidecar.touch()]
  sidecar.goDown()
  expected.push(sidecar.touch(), sidecar.touch())
  await clock.advance(10_000)
  sidecar.comeBack()
  await clock.advance(2000)
  expected.push(sidecar.touch())
  await clock.settle()
  t.deepEqual(revisions(seen), expected)
})

test('a repetition is dropped, and a gap is closed by resuming', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const { seen } = watch(client)
  await clock.settle()
  transport.stream.send(snapshot('e:10'), changeSet('e:10'), changeSet('e:11'), changeSet('e:13'))
  await clock.advance(100)
  t.is(transport.stream.after, 'e:11')
  transport.stream.send(changeSet('e:11'), changeSet('e:12'), changeSet('e:13'), heartbeat('e:13'))
  await clock.settle()
  t.deepEqual(revisions(seen), ['e:11', 'e:12', 'e:13'])
})

for (const code of ['cursor_compacted', 'cursor_in_the_future', 'revision_of_another_epoch', 'key_required'] as const) {
  test(`it ends with ${code} rather than leaving something out`, async (t) => {
    const { client, transport, clock } = await openScriptedFresh(t)
    const { done } = watch(client, { after: 'e:3' })
    await clock.settle()
    transport.stream.end(new RoleSetsError(code, 'The cursor is of no use.'))
    await t.throwsAsync(done, { code })
  })
}

test('a restored store ends it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const { done } = watch(client, { after: 'e:3' })
  await clock.settle()
  transport.stream.send(changeSet('f:4'))
  await t.throwsAsync(done, { code: 'revision_of_another_epoch' })
})

// atproto's outbox: an aborted, idle consumer that was never woken.
test('an idle loop ends when its signal aborts, and its stream with it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const controller = new AbortController()
  const { done } = watch(client, { signal: controller.signal })
  await clock.settle()
  controller.abort()
  await done
  t.true(transport.stream.call.signal.aborted)
})

test('a loop that is left ends its stream', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const left = (async () => {
    for await (const { revision } of client.watch({ after: 'e:10' })) return revision
    return undefined
  })()
  await clock.settle()
  transport.stream.send(changeSet('e:11'))
  t.is(await left, 'e:11')
  t.true(transport.stream.call.signal.aborted)
})

test('closing the client ends the loop, also in the pause before a reconnection', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const [idle, pausing] = [watch(client), watch(client)]
  await clock.settle()
  transport.stream.end(unavailable())
  await clock.settle()
  await client.close()
  await Promise.all([idle.done, pausing.done])
  t.is(clock.timers, 0)
})

test('a signal that aborted before ends the loop before it begins', async (t) => {
  const { client, transport } = await openScriptedFresh(t)
  await watch(client, { signal: AbortSignal.abort() }).done
  t.is(transport.streams.length, 1)
})

test('a revision that is none is refused at once', async (t) => {
  const { client } = await openBesideFake(t)
  t.throws(() => client.watch({ after: 'yesterday' }), { code: 'invalid_argument' })
})

test('a consumer that takes its time is not taken for a broken stream', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const iterator = client.watch()[Symbol.asyncIterator]()
  const first = iterator.next()
  await clock.settle()
  const expected = [sidecar.touch(), sidecar.touch()]
  t.is((await first).value?.revision, expected[0])
  await clock.advance(60_000)
  t.is((await iterator.next()).value?.revision, expected[1])
  await iterator.return?.()
})
