/** Following the feed: what is applied, what ends a stream, and how the next one begins. */

import test from 'ava'
import {
  createRoleSetsClient,
  RoleSetsError,
  type AccessKey,
  type Change,
  type Invitation,
  type Organization,
  type Settings,
} from '@rolesets/client'
import { openBesideFake, openScripted, openScriptedFresh } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { changeSet, checkReply, free, heartbeat, organization, pro, snapshot } from './wire-messages.ts'

test('nothing of a snapshot is shown before its last part has come (F4)', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const none = { permissions: [], roles: [], roleSets: [] }
  const parts = [
    { ...none, roles: snapshot('').snapshotChunk.roles },
    { ...none, roleSets: [free, pro] },
  ]
  transport.stream.send(...parts.map((part) => snapshot('e:10', 0, { ...part, last: false })))
  await clock.settle()
  t.like(client.status(), { state: 'connecting', revision: undefined })
  transport.stream.send(snapshot('e:10', 0, { ...none, last: true }), heartbeat('e:10'))
  await clock.settle()
  t.like(client.status(), { state: 'fresh', revision: 'e:10' })
})

test('a stream that breaks is resumed from the cursor, and what was seen already is dropped by its number (F2, F6)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.send(changeSet('e:11'))
  await clock.settle()
  transport.stream.end(unavailable())
  await clock.advance(100)
  t.is(transport.streams.length, 2)
  t.is(transport.stream.after, 'e:11')
  transport.stream.send(changeSet('e:11', [{ roleSetPut: { ...free, roleIds: [] } }]), changeSet('e:12'))
  await clock.settle()
  t.is(client.status().revision, 'e:12')
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.reply(checkReply('e:12', free))
  await asked
  t.true(client.checkCached('acme', 'org:member')?.allowed, 'revision 11 was not applied twice')
})

// spicedb#3134: a retry counter that counted for life led to permanent fallback after eleven blips.
test('it goes on reconnecting, with pauses of at most 1.5 seconds (F19)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (let blip = 0; blip < 100; blip++) {
    transport.stream.end(unavailable())
    await clock.advance(1500)
    t.is(transport.streams.length, blip + 2)
  }
  transport.stream.send(heartbeat('e:10'))
  await clock.settle()
  t.is(client.status().state, 'fresh')
})

test('pauses grow while it fails, and start small again after a success (F19)', async (t) => {
  const { transport, clock } = await openScriptedFresh(t)
  const fail = async () => {
    const streams = transport.streams.length
    transport.stream.end(unavailable())
    const startMs = clock.nowMs()
    while (transport.streams.length === streams) await clock.advance(5)
    return clock.nowMs() - startMs
  }
  const pauses = [await fail(), await fail(), await fail(), await fail(), await fail(), await fail(), await fail()]
  t.deepEqual(pauses, [50, 100, 200, 400, 750, 750, 750])
  transport.stream.send(heartbeat('e:10'))
  await clock.settle()
  t.is(await fail(), 50)
})

// grpc-node#1591: a client that stayed unavailable through its back-off after the server was up.
test('a sidecar that waits for something itself is asked again after 400 ms at most, however long it waits (F19)', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const fail = async (code: 'not_ready' | 'unavailable') => {
    const streams = transport.streams.length
    transport.stream.end(new RoleSetsError(code, 'It waits for the manifest.'))
    const startMs = clock.nowMs()
    while (transport.streams.length === streams) await clock.advance(5)
    return clock.nowMs() - startMs
  }
  for (let time = 0; time < 8; time++) await fail('unavailable')
  const pauses: number[] = []
  for (let time = 0; time < 20; time++) pauses.push(await fail('not_ready'))
  t.deepEqual(new Set(pauses), new Set([200]))
  t.is(client.status().error?.message, 'It waits for the manifest.')
  const error = t.throwsAsync(client.ready({ timeoutMs: 10 }), { code: 'not_ready', message: /waits for the manifest/ })
  await clock.advance(10)
  t.like(await error, { detail: 'waiting' })

  transport.stream.send(snapshot('e:10'), heartbeat('e:10', 0, 60_000))
  await clock.settle()
  const later = t.throwsAsync(client.ready({ timeoutMs: 10 }), { code: 'not_ready' })
  await clock.advance(10)
  t.like(await later, { detail: 'stale' }, 'what it waited for has come')
})

test('pauses are drawn between nothing and the whole of them, so that clients do not come back together (F19)', async (t) => {
  for (const [drawn, expectedMs] of [
    [0, 20],
    [0.999, 100],
  ] as const) {
    const { transport, clock, client } = await openScripted(t)
    await client.close()
    const random = () => drawn
    const other = createRoleSetsClient({ transport, clock, random })
    t.teardown(() => other.close())
    transport.stream.end(unavailable())
    await clock.advance(expectedMs - 1)
    t.is(transport.streams.length, 2)
    await clock.advance(1)
    t.is(transport.streams.length, 3)
  }
})

for (const [code, why] of [
  ['cursor_compacted', 'history before the cursor was compacted'],
  ['cursor_in_the_future', 'the store has not reached the cursor'],
  ['out_of_range', 'a newer sidecar says so in other words'],
  ['revision_of_another_epoch', 'the store was restored'],
] as const) {
  test(`a snapshot is taken at once when ${why} (F8)`, async (t) => {
    const events: string[] = []
    const { client, transport, clock } = await openScriptedFresh(t, 'e:10', { events })
    transport.stream.end(new RoleSetsError(code, 'The cursor is of no use.'))
    await clock.settle()
    t.is(transport.streams.length, 2)
    t.is(transport.stream.after, '')
    t.is(client.status().state, 'stale', 'what it had decides nothing any more')
    t.is(client.checkCached('acme', 'org:member'), undefined)
    transport.stream.send(snapshot('e:30'), heartbeat('e:30'))
    await clock.settle()
    t.like(client.status(), { state: 'fresh', revision: 'e:30' })
    t.deepEqual(events, ['connected', 'snapshot', 'disconnected', 'started_over', 'connected', 'snapshot'])
  })
}

test('a snapshot that is refused too is asked for again after a pause (F8)', async (t) => {
  const { transport, clock } = await openScriptedFresh(t)
  const error = new RoleSetsError('cursor_compacted', 'The cursor is of no use.')
  transport.stream.end(error)
  await clock.settle()
  t.is(transport.streams.length, 2)
  transport.stream.end(error)
  await clock.settle()
  t.is(transport.streams.length, 2)
  await clock.advance(200)
  t.is(transport.streams.length, 3)
  t.is(transport.stream.after, '')
})

// unleash-edge PR#1875: a snapshot from disk brought revoked data back to life.
test('a snapshot that is older than what was delivered decides nothing until it has caught up', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t, 'e:20')
  transport.stream.end(new RoleSetsError('cursor_in_the_future', 'This one is behind.'))
  await clock.settle()
  transport.stream.send(snapshot('e:18'), heartbeat('e:18'))
  await clock.settle()
  t.like(client.status(), { state: 'stale', revision: 'e:18' })
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:20')
  transport.call.reply(checkReply('e:20', free))
  await asked
  transport.stream.send(changeSet('e:19'), heartbeat('e:19'))
  await clock.settle()
  t.is(client.checkCached('acme', 'org:member'), undefined)
  transport.stream.send(changeSet('e:20'), heartbeat('e:20'))
  await clock.settle()
  t.like(client.checkCached('acme', 'org:member'), { allowed: true, revision: 'e:20' })
})

test('a restored store makes the cache forget organizations, moves and what was written', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('acme', 'org:analyst')
  await client.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  await clock.settle()
  t.true(client.checkCached('acme', 'org:analyst')?.allowed)
  sidecar.restore()
  await clock.advance(1000)
  t.like(client.status(), { state: 'fresh', revision: sidecar.revision })
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  const [decision] = await client.checkMany([{ organizationId: 'acme', role: 'org:analyst' }])
  t.is(decision?.revision, sidecar.revision)
  t.true(client.checkCached('acme', 'org:analyst')?.allowed)
})

test('a sidecar that answers from a restored store before the feed has noticed makes it start over (F9)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const asked = client.check('acme', 'org:member')
  await clock.settle()
  transport.call.fail(new RoleSetsError('revision_of_another_epoch', 'The store was restored.'))
  t.like(await t.throwsAsync(asked), { code: 'unavailable', detail: 'revision_of_another_epoch' })
  t.is(client.status().state, 'stale')
  await clock.advance(100)
  t.is(transport.stream.after, '')
})

test('a change set of another epoch in mid-stream makes it start over (F8)', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.send(changeSet('f:11'))
  await clock.settle()
  t.is(client.status().state, 'stale')
  t.is(transport.stream.after, '')
})

// spicedb#3114: checkpoints were missing for writes that changed nothing.
test('a gap in the numbers ends the stream, and resuming closes it (F7)', async (t) => {
  const events: string[] = []
  const { client, transport, clock } = await openScriptedFresh(t, 'e:10', { events })
  transport.stream.send(changeSet('e:12', [{ organizationPut: organization('acme', pro) }]))
  await clock.advance(100)
  t.is(client.status().revision, 'e:10')
  t.is(transport.stream.after, 'e:10')
  transport.stream.send(changeSet('e:11'), changeSet('e:12'))
  await clock.settle()
  t.is(client.status().revision, 'e:12')
  t.deepEqual(events, ['connected', 'snapshot', 'gap', 'disconnected', 'connected'])
})

test('a heartbeat from ahead of what came shows a gap too (F7)', async (t) => {
  const { transport, clock } = await openScriptedFresh(t)
  transport.stream.send(heartbeat('e:11'))
  await clock.advance(100)
  t.is(transport.streams.length, 2)
  t.is(transport.stream.after, 'e:10')
})

test('a gap that resuming does not close needs a snapshot (F7)', async (t) => {
  const { transport, clock } = await openScriptedFresh(t)
  transport.stream.send(changeSet('e:12'))
  await clock.advance(100)
  transport.stream.send(changeSet('e:12'))
  await clock.settle()
  t.is(transport.streams.length, 3)
  t.is(transport.stream.after, '')
})

// atproto's outbox: an aborted, idle consumer that was never woken; and connections that are half open for hours.
test('a stream that falls silent is given up after three seconds, and resumed (F13)', async (t) => {
  const { transport, clock } = await openScriptedFresh(t)
  const { stream } = transport
  await clock.advance(2900)
  t.is(transport.streams.length, 1)
  await clock.advance(300)
  t.is(transport.streams.length, 2)
  t.true(stream.call.signal.aborted)
  t.is(transport.stream.after, 'e:10')
})

test('a stream that sends nothing is given up too (F13)', async (t) => {
  const { transport, clock } = await openScripted(t)
  await clock.advance(7000)
  t.true(transport.streams.length >= 2)
})

for (const [what, message] of Object.entries({
  nothing: undefined,
  'a string instead of a message': 'hello',
  'an empty message': { revision: 'e:11', sentAtMs: 0 },
  'a message without a revision': { ...heartbeat('e:11'), revision: '' },
  'a message without a time': { ...heartbeat('e:11'), sentAtMs: undefined },
  'a change set with two revisions': { ...changeSet('e:12'), revision: 'e:11' },
  'a role set without roles': changeSet('e:11', [{ roleSetPut: { ...free, roleIds: undefined as never } }]),
  'a role without an id': changeSet('e:11', [{ rolePut: { id: '' } as never }]),
  'a snapshot that was not asked for': snapshot('e:11'),
})) {
  test(`a feed that sends ${what} is given up, resumed, and has changed nothing (F11)`, async (t) => {
    const { client, transport, clock } = await openScriptedFresh(t)
    if (message === undefined) transport.stream.end()
    else transport.stream.send(message)
    await clock.advance(100)
    t.is(transport.streams.length, 2)
    t.is(transport.stream.after, 'e:10')
    t.is(client.status().revision, 'e:10')
  })
}

test('a fact of a kind that it does not know is passed over, and the revision is reached', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  transport.stream.send(changeSet('e:11', [{ planetPut: { id: 'mars' } } as never]))
  await clock.settle()
  t.is(client.status().revision, 'e:11')
})

test('a transport whose stream can not even be asked for is tried again', async (t) => {
  const clock = new SimulatedClock()
  let tries = 0
  const watch = () => {
    tries++
    throw new TypeError('Broken.')
  }
  const client = createRoleSetsClient({
    transport: { unary: () => Promise.reject(unavailable()), watch, close: () => {} },
    clock,
  })
  t.teardown(() => client.close())
  await clock.advance(10_000)
  t.true(tries > 3)
})

test('a listener for events that throws does not stop the feed (F18)', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  await client.close()
  const onEvent = () => {
    throw new Error('Of the listener.')
  }
  const other = createRoleSetsClient({ transport, clock, onEvent })
  t.teardown(() => other.close())
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await other.ready()
  t.is(other.status().state, 'fresh')
})

test('the stream is renewed every ten minutes, give or take one (F14)', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  let renewals = 0
  const watch = sidecar.transport.watch.bind(sidecar.transport)
  sidecar.transport.watch = (request, call) => {
    renewals++
    t.not(request.after, '', 'it is resumed')
    return watch(request, call)
  }
  for (let second = 0; second < 661; second += 5) {
    await clock.advance(5000)
    t.is(client.status().state, 'fresh')
  }
  t.is(renewals, 1)
})

test('invitations, settings, keys and assignments of parts on the feed change no answer, and watch shows them whole', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const seen: Change[] = []
  void (async () => {
    for await (const { changes } of client.watch()) seen.push(...changes)
  })()
  await clock.settle()
  const times = { createdAtMs: 1, updatedAtMs: 2 }
  const invitationPut: Invitation = {
    ...{ id: 'orginv_1', organizationId: 'acme', emailAddress: 'ada@example.com', role: 'org:analyst' },
    ...{ roleId: 'role_analyst', inviterUserId: '', status: 'PENDING', expiresAtMs: 9, redirectUrl: '' },
    ...{ acceptedByUserId: '', publicMetadata: { a: 1 }, privateMetadata: {}, ...times },
    ...{ scope: '', roles: ['org:analyst'], roleIds: ['role_analyst'] },
  }
  const settingsPut: Settings = {
    ...{ enabled: true, maxAllowedMemberships: 5, adminDeleteEnabled: false, slugDisabled: true },
    ...{ domainsEnabled: false, domainsEnrollmentModes: ['manual_invitation'], initialRoleSet: 'role_set:free' },
    ...{ creatorRole: 'org:admin', defaultRole: 'org:member', updatedAtMs: 2, lastAdministrator: 'WARN' },
    maxRolesPerMember: 1,
  }
  const accessKeyPut: AccessKey = { id: 'key_1', name: 'ci', access: 'READ', createdAtMs: 1, revokedAtMs: 0 }
  const mapping = { fromRoleId: 'role_analyst', toRoleId: 'role_member', members: 2, invitations: 3 }
  const membersReassigned = { roleSetId: 'roleset_pro', mappings: [mapping] }
  const place = { organizationId: 'acme', scope: 'cohort:a' }
  const assignmentPut = { ...place, name: '', roleSet: 'role_set:pro', roleSetId: 'roleset_pro', updatedAtMs: 2 }
  const assignments = [{ assignmentPut }, { assignmentDeleted: place }]
  const changes = [{ invitationPut }, { settingsPut }, { accessKeyPut }, { membersReassigned }, ...assignments]
  const [followed, watched] = transport.streams
  followed?.send(changeSet('e:11', changes))
  watched?.send(snapshot('e:10'), changeSet('e:11', changes))
  await clock.settle()
  t.deepEqual(seen, changes)
  t.like(client.status(), { state: 'fresh', revision: 'e:11' })
})

test('an organization from a sidecar that is older reads as one without the newer fields', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const { createdBy, maxAllowedMemberships, adminDeleteEnabled, ...older } = organization('acme', pro)
  const seen: Change[] = []
  void (async () => {
    for await (const { changes } of client.watch({ after: 'e:10' })) seen.push(...changes)
  })()
  await clock.settle()
  transport.stream.send(changeSet('e:11', [{ organizationPut: older as Organization }]))
  await clock.settle()
  t.deepEqual(seen, [{ organizationPut: { ...older, createdBy, maxAllowedMemberships, adminDeleteEnabled: false } }])
  t.true(adminDeleteEnabled)
})
