/** Timelines of one store: a restart goes on with another one, and an older copy that was put back has lost some. */

import test from 'ava'
import { RoleSetsError } from '@rolesets/client'
import { openScriptedFresh } from './open-client.ts'
import { changeSet, checkReply, free, heartbeat, organization, pro, snapshot } from './wire-messages.ts'
import { unavailable } from './scripted-transport.ts'

const lost = () => new RoleSetsError('revision_of_another_epoch', 'An older copy was put back.')

test('a change set on the next timeline is applied without a snapshot (F3)', async (t) => {
  const events: string[] = []
  const { client, transport, clock } = await openScriptedFresh(t, 'e:10', { events })
  transport.stream.end(unavailable())
  await clock.advance(100)
  t.is(transport.stream.after, 'e:10')
  transport.stream.send(heartbeat('e:10'), changeSet('e_b:11', [{ organizationPut: organization('acme', pro) }]))
  transport.stream.send(heartbeat('e_b:11'))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', revision: 'e_b:11' })
  t.deepEqual(events, ['connected', 'snapshot', 'disconnected', 'connected'])
  const asked = client.check('acme', 'org:analyst', { atLeastRevision: 'e:10' })
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e_b:11', 'the client knows that the store had the earlier one')
  transport.call.reply(checkReply('e_b:11', pro))
  t.like(await asked, { revision: 'e_b:11' })
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: true, revision: 'e_b:11' })
})

test('a heartbeat at the same number on another timeline makes it start over (F8)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.send(heartbeat('e_b:10'))
  await clock.settle()
  t.is(client.status().state, 'stale')
  t.is(transport.stream.after, '')
})

test('a client whose cursor was lost is fresh again with a snapshot of lower number', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.end(unavailable())
  await clock.advance(100)
  transport.stream.end(lost())
  await clock.settle()
  t.is(transport.stream.after, '')
  transport.stream.send(snapshot('e:7'), heartbeat('e:7'))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', revision: 'e:7' })
  void client.check('acme', 'org:member').catch(() => {})
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:7')
})

test("a revision that the client can't place is asked for as it is, and the sidecar's refusal is the answer", async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t, 'e_b:20')
  const asked = client.check('acme', 'org:member', { atLeastRevision: 'e:15' })
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:15')
  transport.call.fail(lost())
  t.like(await t.throwsAsync(asked), { code: 'revision_of_another_epoch' })
  t.is(client.status().state, 'fresh', 'what the cache has is not in doubt')
})

test('an answer on a later timeline is used for its question, and not kept before the feed has come there', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e_b:12', pro))
  t.like(await asked, { allowed: true, revision: 'e_b:12' })
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
})

test('an answer at the same number on another timeline is no answer', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e_b:10', pro))
  t.like(await t.throwsAsync(asked), { code: 'unavailable' })
})

test('a write on a later timeline needs no snapshot, and holds back answers until the feed has it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.settle()
  transport.call.reply({ revision: 'e_b:11' })
  await written
  void client.check('acme', 'org:member').catch(() => {})
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e_b:11')
  transport.stream.send(changeSet('e_b:11'), heartbeat('e_b:11'))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', revision: 'e_b:11' })
  t.is(transport.streams.length, 1)
})

test('a write that was lost holds back no answer once the feed has gone on without it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.settle()
  transport.call.reply({ revision: 'e:14' })
  await written
  transport.stream.send(changeSet('e_b:11'), heartbeat('e_b:11'))
  await clock.settle()
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e_b:11')
  transport.call.reply(checkReply('e_b:11', free))
  t.true((await asked).allowed)
})
