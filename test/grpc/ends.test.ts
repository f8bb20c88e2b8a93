/** Memberships with an end over the wire, and in the client: the clock of the sidecar decides. */

import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer } from './open-sidecar.ts'

const begin = 1_800_000_000_000
const end = begin + 60_000
const member = { organizationId: 'org_1', userId: 'ann' }
const ann = { ...member, role: 'org:member' }

async function open(t: ExecutionContext) {
  const clock = { now: begin }
  const { target } = await openTestSidecar(t, {}, undefined, { now: () => clock.now })
  return { clock, target, ...connect(t, target) }
}

const endOf = (answer: Answer) => Number((answer['membership'] as Answer)['expiresAtMs'])

test('an end is given, kept by other writes, changed and taken away', async (t) => {
  const { read, write, clock } = await open(t)
  t.is(endOf(await write('CreateMembership', { ...ann, expiresAtMs: end })), end)
  t.is(endOf(await write('UpdateMembership', { ...member, publicMetadata: { fields: {} } })), end)
  t.is(endOf(await write('UpdateMembership', { ...member, expiresAtMs: end + 1 })), end + 1)
  t.is(endOf(await read('GetMembership', member)), end + 1)
  t.is(endOf(await write('UpdateMembership', { ...member, expiresAtMs: 0 })), 0)
  clock.now = end * 2
  t.is(endOf(await read('GetMembership', member)), 0)
  t.is(endOf(await write('CreateMembership', { ...ann, userId: 'bob' })), 0)
})

test('a dry run of a write with an end says what the write would do, and changes nothing', async (t) => {
  const { read, write } = await open(t)
  t.is(endOf(await write('CreateMembership', { ...ann, expiresAtMs: end, dryRun: true })), end)
  t.is((await refusalOf(read('GetMembership', member))).reason, 'MEMBERSHIP_NOT_FOUND')
})

test('an end that is over, negative or beyond what a date can name is a violation of its field', async (t) => {
  const { write } = await open(t)
  await write('CreateMembership', ann)
  for (const expiresAtMs of [1, begin, -1, 253_402_300_800_000, '9223372036854775807', '-9223372036854775808'])
    for (const call of [
      write('CreateMembership', { ...ann, userId: 'bob', expiresAtMs }),
      write('UpdateMembership', { ...member, expiresAtMs }),
    ]) {
      const refusal = await refusalOf(call)
      t.like(refusal, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' }, String(expiresAtMs))
      t.is(refusal.fields[0]?.field, 'expires_at_ms')
    }
})

test('after its end a membership is not found, and the user can be made a member again', async (t) => {
  const { read, write, clock } = await open(t)
  const first = await write('CreateMembership', { ...ann, expiresAtMs: end })
  clock.now = end
  t.is((await refusalOf(read('GetMembership', member))).reason, 'MEMBERSHIP_NOT_FOUND')
  for (const call of ['UpdateMembership', 'DeleteMembership'])
    t.is((await refusalOf(write(call, { ...member, expiresAtMs: end + 9 }))).reason, 'MEMBERSHIP_NOT_FOUND', call)
  t.deepEqual((await read('ListMemberships', { organizationId: 'org_1' }))['memberships'], [])
  const second = await write('CreateMembership', ann)
  t.not((second['membership'] as Answer)['id'], (first['membership'] as Answer)['id'])
})

test('the feed carries the end, nothing when the time is over, and the history keeps what was', async (t) => {
  const { watch, write, clock } = await open(t)
  const seen: Answer[] = []
  const stream = watch({ include: ['MEMBERSHIPS'] }, { key: secretKey })
  stream.on('data', (message: Answer) => seen.push(message)).on('error', () => undefined)
  await write('CreateMembership', { ...ann, expiresAtMs: end })
  clock.now = end
  await write('CreateMembership', ann)
  const puts = () => JSON.stringify(seen).match(/"expiresAtMs":\d+/g) ?? []
  while (puts().length < 2) await new Promise((resolve) => stream.once('data', resolve))
  stream.cancel()
  t.deepEqual(puts(), [`"expiresAtMs":${end}`, '"expiresAtMs":0'])
  const { changeSets } = (await write('ListChanges', { thing: 'ann' })) as { changeSets: Answer[] }
  t.deepEqual(
    changeSets.map((each) => (each['changes'] as Answer[]).map(({ kind }) => kind)),
    [
      ['membership_deleted', 'membership_put'],
      ['organization_put', 'membership_put'],
    ],
  )
})

test('the client gives an end, and answers for the member until then', async (t) => {
  const { target, clock, write } = await open(t)
  const client = createRoleSetsClient({ target, key: secretKey })
  t.teardown(() => client.close())
  await client.ready({ timeoutMs: 10_000 })
  const { membership } = await client.admin.createMembership({ ...ann, expiresAtMs: end })
  t.is(membership.expiresAtMs, end)
  t.true((await client.checkMember('org_1', 'ann', { role: 'org:member' })).allowed)
  t.is((await client.admin.updateMembership({ ...member, expiresAtMs: end + 5 })).membership.expiresAtMs, end + 5)
  clock.now = end + 5
  // The sidecar is asked by a client that has kept nothing.
  const other = createRoleSetsClient({ target, key: secretKey })
  t.teardown(() => other.close())
  await other.ready({ timeoutMs: 10_000 })
  t.like(await other.checkMember('org_1', 'ann', { role: 'org:member' }), { allowed: false, reason: 'NOT_A_MEMBER' })
  await write('CreateMembership', ann)
  t.is((await client.admin.getMembership(member)).membership.expiresAtMs, 0)
})
