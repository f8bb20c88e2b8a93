/** When the sidecar is down, slow, stalled or sends malformed answers: an error and no decision, within the deadline. */

import test from 'ava'
import { RoleSetsError } from '@rolesets/client'
import { openBesideFake, openScriptedFresh } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import { checkReply, free, pro } from './wire-messages.ts'

test('a short outage is not noticed by callers that ask for what the cache has', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  sidecar.goDown()
  await clock.advance(3000)
  sidecar.comeBack()
  await clock.advance(2000)
  t.like(await client.check('acme', 'org:member'), { allowed: true, source: 'cache' })
  t.is(client.status().state, 'fresh')
})

test('in a long outage there is an error, and never what the cache knew', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  sidecar.goDown()
  await clock.advance(6000)
  t.is(client.status().state, 'stale')
  await t.throwsAsync(client.check('acme', 'org:member'), { code: 'unavailable' })
  await t.throwsAsync(client.checkMany([{ organizationId: 'acme', role: 'org:member' }]), { code: 'unavailable' })
  sidecar.comeBack()
  t.like(
    await client.check('acme', 'org:member'),
    { allowed: true, source: 'sidecar' },
    'asked before the feed is back',
  )
  await clock.advance(2000)
  t.like(await client.check('acme', 'org:member'), { allowed: true, source: 'cache' })
})

// A fall-back after a long default time-out (descope node-sdk PR#678); a 30 s default deadline.
test('a sidecar that takes questions and does not answer costs the deadline and no more', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  sidecar.stall()
  const asked = t.throwsAsync(client.check('acme', 'org:member'), { code: 'deadline_exceeded' })
  const askedLess = t.throwsAsync(client.check('acme', 'org:member', { deadlineMs: 20 }), { code: 'deadline_exceeded' })
  await clock.advance(20)
  await askedLess
  await clock.advance(230)
  await asked
})

test('a stalled sidecar is noticed by its silence, and found again when it goes on', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  sidecar.stall()
  await clock.advance(20_000)
  t.is(client.status().state, 'stale')
  sidecar.touch()
  sidecar.comeBack()
  await clock.advance(2000)
  t.like(client.status(), { state: 'fresh', revision: sidecar.revision })
})

test('available roles may come from the last known state, and say so', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const before = await client.availableRoles('acme')
  sidecar.goDown()
  await clock.advance(6000)
  t.deepEqual(await client.availableRoles('acme'), { ...before, source: 'cache', stale: true })
  await t.throwsAsync(client.availableRoles('never-asked-for'), { code: 'unavailable' })
  await t.throwsAsync(client.availableRoles('acme', { atLeastRevision: 'fake1:999' }), { code: 'unavailable' })
  sidecar.comeBack()
  sidecar.stall()
  const asked = client.availableRoles('acme')
  await clock.advance(250)
  t.true((await asked).stale)
})

test('available roles of the last known state are shown while a snapshot is due, and no grant is decided (F10)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e:10', pro))
  await first
  transport.stream.end(new RoleSetsError('revision_of_another_epoch', 'The store was restored.'))
  await clock.settle()
  const [roles, decision] = [client.availableRoles('acme'), client.check('acme', 'org:analyst')]
  const refused = t.throwsAsync(decision, { code: 'deadline_exceeded' })
  await clock.advance(250)
  t.like(await roles, { roleSet: 'role_set:pro', stale: true })
  await refused
})

test('an abort is an abort, also where the last known state could be shown', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.availableRoles('acme')
  sidecar.goDown()
  await clock.advance(6000)
  await t.throwsAsync(client.availableRoles('acme', { signal: AbortSignal.abort() }), { code: 'aborted' })
})

test('while stale, every question goes to the sidecar, and its answer counts', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e:10', pro))
  await first
  clock.jump(6000)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:10', 'and is never older than what was delivered')
  transport.call.reply(checkReply('e:15', free, { allowed: false, reason: 'ROLE_NOT_IN_SET' }))
  t.false((await asked).allowed)
})

// spicedb#3243: a replica that was behind answered "not found".
test('a replica that has not reached what was asked for is no decision', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(
    checkReply('e:3', free, { allowed: false, reason: 'ORGANIZATION_UNKNOWN', organizationRegistered: false }),
  )
  await t.throwsAsync(asked, { code: 'unavailable' })
})

test('many callers in an outage all get their errors in time', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = Array.from({ length: 500 }, (_, at) => client.check(`organization ${at % 7}`, `org:role_${at % 5}`))
  const failures = Promise.all(asked.map((each) => t.throwsAsync(each)))
  for (let at = 0; at < transport.calls.length; at++) {
    if (at % 2 === 0) transport.calls[at]?.fail(unavailable())
  }
  await clock.advance(250)
  for (const error of await failures)
    t.true(['unavailable', 'deadline_exceeded'].includes((error as { code?: string }).code ?? ''))
})
