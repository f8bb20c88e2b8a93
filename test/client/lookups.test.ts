/** Questions that the cache can't answer, and what is kept of the replies. */

import test from 'ava'
import { RoleSetsError } from '@rolesets/client'
import { openBesideFake, openScripted, openScriptedFresh } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import {
  changeSet,
  checkReply,
  free,
  heartbeat,
  organization,
  pro,
  roleSet,
  snapshot,
  admin,
  member,
} from './wire-messages.ts'

test('one lookup is in flight per organization, however many callers wait', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const roles = ['org:analyst', 'org:member', 'org:analyst', 'org:owner', 'org:admin']
  const asked = Promise.all(roles.map((role) => client.check('acme', role)))
  const other = client.check('globex', 'org:member')
  await clock.settle()
  t.deepEqual(
    transport.calls.map(({ method, request }) => [method, request]),
    [
      ['Decisions/Check', { organizationId: 'acme', role: 'org:analyst', permission: '', atLeastRevision: 'e:10' }],
      ['Decisions/Check', { organizationId: 'globex', role: 'org:member', permission: '', atLeastRevision: 'e:10' }],
    ],
  )
  transport.calls[0]?.reply(checkReply('e:10', free, { allowed: false, reason: 'ROLE_NOT_IN_SET' }))
  const decisions = await asked
  t.deepEqual(
    decisions.map(({ reason, source }) => [reason, source]),
    [
      ['ROLE_NOT_IN_SET', 'sidecar'],
      ['ROLE_IN_SET', 'cache'],
      ['ROLE_NOT_IN_SET', 'cache'],
      ['ROLE_UNKNOWN', 'cache'],
      ['ROLE_IN_SET', 'cache'],
    ],
  )
  t.is(transport.calls.length, 2)
  transport.calls[1]?.reply(checkReply('e:10', pro))
  t.true((await other).allowed)
})

// openfga#3155: an entry that was being filled while a write invalidated it survived.
test('an answer that was on its way while a change touched the organization is not kept', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.stream.send(changeSet('e:11', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  transport.call.reply(checkReply('e:10', free))
  t.like(
    await asked,
    { revision: 'e:10', source: 'sidecar' },
    'the answer itself is not older than when it was asked for',
  )
  t.is(client.checkCached('acme', 'org:member'), undefined)
  const again = client.check('acme', 'org:member')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:11')
  transport.call.reply(checkReply('e:11', pro))
  await again
  t.is(client.checkCached('acme', 'org:member')?.roleSet, 'role_set:pro')
})

// openfga#2811: invalidation ran only when several checks came at once.
test('a batch in flight is marked by changes as a single question is', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.checkMany([
    { organizationId: 'acme', role: 'org:member' },
    { organizationId: 'globex', role: 'org:member' },
  ])
  await clock.settle()
  transport.stream.send(changeSet('e:11', [{ organizationDeleted: { id: 'acme', key: '' } }]))
  await clock.settle()
  const result = { ...checkReply('', pro), revision: undefined }
  transport.call.reply({ revision: 'e:10', results: [result, result] })
  await asked
  t.is(client.checkCached('acme', 'org:member'), undefined)
  t.is(client.checkCached('globex', 'org:member')?.revision, 'e:11')
})

test('an answer that was on its way while organizations moved is not kept', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  const moved = { organizationsMoved: { fromRoleSetId: 'roleset_pro', toRoleSetId: 'roleset_free' } }
  transport.stream.send(changeSet('e:11', [moved, { roleSetDeleted: { id: 'roleset_pro', key: 'role_set:pro' } }]))
  await clock.settle()
  transport.call.reply(checkReply('e:10', pro))
  await asked
  t.is(client.checkCached('acme', 'org:member'), undefined)
})

test('organizations that leave a set which stays are asked for again', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.reply(checkReply('e:10', pro))
  await asked
  transport.stream.send(
    changeSet('e:11', [{ organizationsMoved: { fromRoleSetId: 'roleset_pro', toRoleSetId: 'roleset_free' } }]),
  )
  await clock.settle()
  t.is(client.checkCached('acme', 'org:member'), undefined)
})

test('an answer that was on its way while a snapshot was taken is not kept', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.stream.end(new RoleSetsError('cursor_compacted', 'Compacted.'))
  await clock.settle()
  transport.stream.send(snapshot('e:20'), heartbeat('e:20'))
  await clock.settle()
  transport.call.reply(checkReply('e:20', free))
  await asked
  t.is(client.checkCached('acme', 'org:member'), undefined)
})

// Two pieces of state that decide together but are cached apart (sim PR#5947).
test('an answer from ahead of the feed is not combined with the older catalogue', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:owner')
  await clock.settle()
  // In revision 12 the set loses a role, and in 13 the organization moves to it.
  transport.call.reply(checkReply('e:13', pro))
  t.is((await asked).revision, 'e:13')
  t.is(client.checkCached('acme', 'org:analyst'), undefined, 'the catalogue of revision 10 would allow it')
  const narrower = roleSet('roleset_pro', 'role_set:pro', [admin, member])
  transport.stream.send(changeSet('e:11'), changeSet('e:12', [{ roleSetPut: narrower }]))
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  transport.stream.send(changeSet('e:13', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: false, revision: 'e:13' })
})

// OpenFGA's caching notes: a stale answer stamped with a newer clock time than the write that should have removed it.
test('a change that an entry has seen already is ignored for it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.reply(checkReply('e:13', pro))
  await asked
  const changes = [free, pro].map((set, at) =>
    changeSet(`e:${11 + at}`, [{ organizationPut: organization('acme', set) }]),
  )
  transport.stream.send(...changes)
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  transport.stream.send(changeSet('e:13'))
  await clock.settle()
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: true, revision: 'e:13' })
  transport.stream.send(changeSet('e:14', [{ organizationPut: organization('acme', free) }]))
  await clock.settle()
  t.false(client.checkCached('acme', 'org:analyst')?.allowed)
})

test('replies that come in another order do not bring the past back', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.checkMany([{ organizationId: 'acme', role: 'org:member' }])
  await clock.settle()
  const second = client.check('acme', 'org:member')
  await clock.settle()
  const [slow, quick] = transport.calls
  quick?.reply(checkReply('e:11', pro))
  await second
  slow?.reply({ revision: 'e:10', results: [checkReply('', free)] })
  await first
  t.is(client.checkCached('acme', 'org:member'), undefined, 'what is known waits for revision 11')
  transport.stream.send(changeSet('e:11', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  t.is(client.checkCached('acme', 'org:member')?.roleSet, 'role_set:pro')
})

test('a caller that waited and finds nothing in the cache shares the reply to the same question, or asks', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const [first, same, other] = ['org:analyst', 'org:analyst', 'org:member'].map((role) => client.check('acme', role))
  await clock.settle()
  t.is(transport.calls.length, 1)
  transport.call.reply(checkReply('e:12', pro))
  await clock.settle()
  t.deepEqual(await first, await same)
  t.is(transport.calls.length, 2, 'the feed has not delivered revision 12, so the cache has nothing for the other one')
  transport.call.reply(checkReply('e:12', pro))
  t.true((await other)?.allowed)
})

test('a caller that asks later does not share an answer that is older than what was delivered meanwhile', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.stream.send(changeSet('e:11', [{ organizationPut: organization('acme', free) }]))
  await clock.settle()
  const second = client.check('acme', 'org:analyst')
  await clock.settle()
  t.is(transport.calls.length, 1)
  transport.call.reply(checkReply('e:10', pro))
  t.true((await first).allowed)
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:11')
  transport.call.reply(checkReply('e:11', free, { allowed: false, reason: 'ROLE_NOT_IN_SET' }))
  t.false((await second).allowed)
})

// openfga#3125: a cancelled request cached a false answer.
test('an aborted caller leaves the lookup to those that still wait, and nothing in the cache', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const controller = new AbortController()
  const leader = client.check('acme', 'org:analyst', { signal: controller.signal })
  const waiter = client.check('acme', 'org:analyst')
  await clock.settle()
  controller.abort()
  await t.throwsAsync(leader, { code: 'aborted' })
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  t.false(transport.call.signal.aborted)
  transport.call.reply(checkReply('e:10', pro))
  t.true((await waiter).allowed)
  t.is(transport.calls.length, 1)
})

test('any number of calls can share a signal', async (t) => {
  const { client, clock } = await openScriptedFresh(t)
  const warnings: Error[] = []
  const warned = (warning: Error) => void warnings.push(warning)
  process.on('warning', warned)
  const controller = new AbortController()
  const { signal } = controller
  const asked = Array.from({ length: 50 }, (_, at) => client.check(`organization ${at}`, 'org:member', { signal }))
  await clock.settle()
  controller.abort()
  for (const each of asked) await t.throwsAsync(each, { code: 'aborted' })
  await clock.settle()
  process.off('warning', warned)
  t.deepEqual(warnings, [])
})

test('a lookup that no caller waits for any more is called off, and its reply is not kept', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const controller = new AbortController()
  const asked = client.check('acme', 'org:analyst', { signal: controller.signal })
  await clock.settle()
  controller.abort()
  await t.throwsAsync(asked, { code: 'aborted' })
  t.true(transport.call.signal.aborted)
  transport.call.reply(checkReply('e:10', pro))
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  const again = client.check('acme', 'org:analyst')
  await clock.settle()
  t.is(transport.calls.length, 2)
  transport.call.reply(checkReply('e:10', pro))
  t.true((await again).allowed)
})

test('a lookup that fails or comes too late leaves nothing in the cache', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const failed = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.fail(unavailable())
  await clock.settle()
  transport.call.fail(unavailable())
  await t.throwsAsync(failed, { code: 'unavailable' })
  const late = client.check('acme', 'org:analyst', { deadlineMs: 100 })
  await clock.advance(100)
  await t.throwsAsync(late, { code: 'deadline_exceeded' })
  transport.call.reply(checkReply('e:10', pro))
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
})

test('a caller with more time does not fail with one that had less', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const hasty = client.check('acme', 'org:analyst', { deadlineMs: 10 })
  const patient = client.check('acme', 'org:analyst', { deadlineMs: 100 })
  await clock.advance(10)
  await t.throwsAsync(hasty, { code: 'deadline_exceeded' })
  t.is(transport.calls.length, 2)
  transport.call.reply(checkReply('e:10', pro))
  t.true((await patient).allowed)
})

test('callers that wait for an answer that can not be had fail together', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = ['org:analyst', 'org:member', 'org:admin'].map((role) => client.check('acme', role))
  await clock.settle()
  transport.call.fail(unavailable())
  await clock.settle()
  transport.call.fail(unavailable())
  for (const each of asked) await t.throwsAsync(each, { code: 'unavailable' })
  t.is(transport.calls.length, 2, 'one lookup, tried twice')
})

test('a read is tried once more within its deadline where the connection broke', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:analyst', { deadlineMs: 100 })
  await clock.advance(60)
  transport.call.fail(unavailable())
  await clock.settle()
  t.is(transport.calls.length, 2)
  t.is(transport.call.deadlineMs, 40)
  transport.call.reply(checkReply('e:10', pro))
  t.true((await asked).allowed)
})

test('a revision that the caller has seen is waited for, and the cache is passed over until it has it', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e:10', free))
  await first
  const asked = client.check('acme', 'org:analyst', { atLeastRevision: 'e:12' })
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:12')
  transport.call.reply(checkReply('e:12', pro))
  t.true((await asked).allowed)
  transport.stream.send(changeSet('e:11'), changeSet('e:12', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  t.is((await client.check('acme', 'org:analyst', { atLeastRevision: 'e:12' })).source, 'cache')
  t.is(transport.calls.length, 2)
})

test('a revision of another epoch is for the caller to forget', async (t) => {
  const { client } = await openBesideFake(t)
  const error = await t.throwsAsync(client.check('acme', 'org:member', { atLeastRevision: 'other:1' }))
  t.like(error, { code: 'revision_of_another_epoch' })
  t.is(client.status().state, 'fresh', 'the cache is not to blame')
})

test('before the first snapshot the sidecar is asked, and answers', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], '')
  transport.call.reply(checkReply('e:10', pro))
  t.like(await asked, { allowed: true, source: 'sidecar' })
  t.is(client.status().state, 'connecting')
})

test('different questions do not wait for each other while the cache can not answer anyway', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const asked = ['org:analyst', 'org:member', 'org:analyst'].map((role) => client.check('acme', role))
  await clock.settle()
  t.is(transport.calls.length, 2)
  for (const call of transport.calls) call.reply(checkReply('e:10', pro))
  for (const each of asked) t.true((await each).allowed)
})
