/** Arguments and replies of any shape: an error of ours or a sensible refusal, and never an "allowed" that was not given. */

import test from 'ava'
import fc from 'fast-check'
import { createRoleSetsClient, isRoleSetsError, type Decision, type RoleSetsClientOptions } from '@rolesets/client'
import { openBesideFake } from './open-client.ts'
import { ScriptedTransport } from './scripted-transport.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { changeSet, checkReply, heartbeat, pro, snapshot } from './wire-messages.ts'
import { seed } from '../seed.ts'

const inputs = 10_000

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('acme', 'org:member', 'e:10', '__proto__', ''),
)
const anything = fc.oneof(text, fc.anything({ maxDepth: 2, withNullPrototype: true, withBigInt: true }))

/** The message with some of its fields replaced by anything. */
function mangled(message: object): fc.Arbitrary<unknown> {
  const fields = Object.entries(message).map(([field, value]) => [
    field,
    fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: anything }),
  ])
  return fc.oneof({ weight: 9, arbitrary: fc.record(Object.fromEntries(fields)) }, { weight: 1, arbitrary: anything })
}

function assertOurs(error: unknown): void {
  if (!isRoleSetsError(error)) throw error
}

test('arguments of any kind get an answer or an error of ours', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const { client, sidecar } = await openBesideFake(t)
  const before = sidecar.revision
  const asked = (allowed: readonly Decision[] | undefined, roles: readonly unknown[]) => {
    // The tiers allow these to anyone, under their key or id.
    const known = roles.every((role) => typeof role === 'string' && /^(org:(admin|member)|role_\d)$/.test(role))
    if (allowed?.some((decision) => decision.allowed) && !known) throw new Error('Allowed what is in no set.')
  }
  const calls = fc.asyncProperty(fc.array(anything, { minLength: 3, maxLength: 3 }), async ([a, b, c]) => {
    const [organization, role, rest] = [a as string, b as string, c as never]
    await client.check(organization, role, rest).then((decision) => asked([decision], [role]), assertOurs)
    await client
      .checkMany([{ organizationId: organization, role, permission: rest }])
      .then((all) => asked(all, [role]), assertOurs)
    await client.availableRoles(organization, rest).catch(assertOurs)
    for (const ask of [
      () =>
        asked(
          [client.checkCached(organization, role, rest)].flatMap((decision) => decision ?? []),
          [role],
        ),
      () => client.checkManyCached(rest),
      () => client.watch(rest),
    ]) {
      try {
        ask()
      } catch (error) {
        assertOurs(error)
      }
    }
    await client.admin.createRole(rest).catch(assertOurs)
    await client.admin.apply({ roles: [rest] }).catch(assertOurs)
  })
  await fc.assert(calls, { numRuns: inputs / 4, seed })
  t.is(sidecar.revision, before, 'nothing was written')
})

test('options of any kind make a client or an error of ours', (t) => {
  const names = ['target', 'key', 'tls', 'insecure', 'transport', 'deadlineMs', 'maxStalenessMs', 'organizationsMax']
  const options = fc.record(
    Object.fromEntries([...names, 'signal', 'clock', 'onEvent', 'random'].map((name) => [name, anything])),
    {
      requiredKeys: [],
    },
  )
  const clients = fc.property(fc.oneof(options, anything), (each) => {
    try {
      void createRoleSetsClient(each as RoleSetsClientOptions).close()
    } catch (error) {
      assertOurs(error)
    }
  })
  fc.assert(clients, { numRuns: inputs / 4, seed })
  t.pass()
})

test('replies of any kind give the answer that they have, or an error of ours', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const transport = new ScriptedTransport()
  const clock = new SimulatedClock()
  const client = createRoleSetsClient({ transport, clock })
  t.teardown(() => client.close())
  await clock.settle()
  transport.stream.send(snapshot('e:10'), heartbeat('e:10'))
  await clock.settle()
  const whole = { ...checkReply('e:10', pro), allowed: false, reason: 'ROLE_NOT_IN_SET' }
  const replies = fc.asyncProperty(
    mangled(whole),
    fc.array(mangled(whole), { maxLength: 2 }),
    async (reply, results) => {
      const check = client.check('acme', 'org:member', { atLeastRevision: 'e:11' })
      transport.call.reply(reply)
      const batch = client.checkMany([{ organizationId: 'hooli', role: 'org:member' }], { atLeastRevision: 'e:11' })
      transport.call.reply({ revision: 'e:11', results })
      const roles = client.availableRoles('globex', { atLeastRevision: 'e:11' })
      transport.call.reply(reply)
      await roles.catch(assertOurs)
      const decisions = [await check.catch(assertOurs), ...((await batch.catch(assertOurs)) ?? [])]
      // No reply said so in a way that makes sense: the reason is there or it isn't.
      if (decisions.some((decision) => decision?.allowed)) throw new Error('Allowed what the sidecar did not allow.')
    },
  )
  await fc.assert(replies, { numRuns: inputs / 4, seed })
  t.is(client.checkCached('acme', 'org:analyst')?.allowed ?? false, false)
})

test('messages of any kind leave the cache as it was, or the feed resumed', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const transport = new ScriptedTransport()
  const clock = new SimulatedClock()
  const client = createRoleSetsClient({ transport, clock, random: () => 0 })
  t.teardown(() => client.close())
  await clock.settle()
  const { snapshotChunk } = snapshot('e:10')
  const { changeSet: inner } = changeSet('e:11')
  const messages = fc.oneof(
    mangled(heartbeat('e:10')),
    mangled(changeSet('e:11')),
    mangled(inner).map((each) => ({ ...changeSet('e:11'), changeSet: each })),
    fc
      .array(mangled({ rolePut: anything, organizationPut: anything, roleSetDeleted: anything }))
      .map((changes) => changeSet('e:11', changes as never)),
    mangled(snapshotChunk).map((each) => ({ ...snapshot('e:10'), snapshotChunk: each })),
  )
  const received = fc.asyncProperty(messages, async (message) => {
    transport.stream.send(message)
    await clock.advance(30)
    const decision = client.checkCached('acme', 'org:member')
    if (decision?.allowed) throw new Error('Allowed what the sidecar never said.')
    if (client.status().state === 'closed') throw new Error('It has closed itself.')
  })
  await fc.assert(received, { numRuns: inputs / 4, seed })
  transport.stream.end(new Error('Enough.'))
  await clock.advance(2000)
  // Whatever came, it still follows: from a cursor, or from a snapshot.
  if (transport.stream.after === '') transport.stream.send(snapshot('e:900'), heartbeat('e:900'))
  else transport.stream.send(heartbeat(transport.stream.after))
  await clock.settle()
  t.is(client.status().state, 'fresh')
})
