/** What a user holds now: from the cache of members, which the feed moves, or from the sidecar. */

import test, { type ExecutionContext } from 'ava'
import { RoleSetsError, type Change, type RoleSetsClient } from '@rolesets/client'
import { openBesideFake, openScriptedFresh, openScriptedKeyed } from './open-client.ts'
import {
  admin,
  analyst,
  changeSet,
  free,
  heartbeat,
  keyedHeartbeat,
  member,
  memberReply,
  membership,
} from './wire-messages.ts'
import { organization, pro, roleSet, snapshot } from './wire-messages.ts'

const isAdmin = { role: 'org:admin' } as const

/** A client that has been told of one member, who is an administrator. */
async function openWithAdmin(t: ExecutionContext) {
  const opened = await openScriptedKeyed(t)
  const { client, transport, clock } = opened
  const asked = client.checkMember('acme', 'ann', isAdmin)
  await clock.settle()
  transport.call.reply(memberReply('e:10', [admin]))
  await asked
  return opened
}

const held = (client: RoleSetsClient, role = 'org:admin') => client.checkMemberCached('acme', 'ann', { role })

test('a member is asked about once, and then answered from the cache for every role and permission', async (t) => {
  const { client, transport } = await openWithAdmin(t)
  t.deepEqual(transport.call.request, {
    ...{ organizationId: 'acme', userId: 'ann', scope: '', role: 'org:admin', permission: '', anyRole: false },
    ...{ reach: 'PLACE', atLeastRevision: 'e:10' },
  })
  const { length } = transport.calls
  t.deepEqual(held(client), {
    ...{ allowed: true, reason: 'MEMBER_HOLDS_ROLE', roles: ['org:admin'], roleSet: 'role_set:pro' },
    ...{ revision: 'e:10', source: 'cache' },
  })
  t.is(held(client), held(client), 'the same object: nothing is allocated')
  t.like(held(client, 'role_admin'), { allowed: true })
  t.like(held(client, 'org:analyst'), { allowed: false, reason: 'ROLE_NOT_HELD', roles: ['org:admin'] })
  t.like(held(client, 'org:nobody'), { allowed: false, reason: 'ROLE_UNKNOWN' })
  const permission = (key: string) => client.checkMemberCached('acme', 'ann', { permission: key })
  t.like(permission('org:reports:write'), { allowed: true, reason: 'MEMBER_HOLDS_ROLE' })
  t.like(permission('org:no:such'), { allowed: false, reason: 'PERMISSION_UNKNOWN' })
  t.like(await client.memberRoles('acme', 'ann'), {
    ...{
      isMember: true,
      roles: ['org:admin'],
      permissions: ['org:reports:read', 'org:reports:write'],
      source: 'cache',
    },
  })
  t.is(transport.calls.length, length)
})

test('who is no member is remembered too', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const asked = client.checkMember('acme', 'eve', isAdmin)
  await clock.settle()
  transport.call.reply(memberReply('e:10', []))
  t.like(await asked, { allowed: false, reason: 'NOT_A_MEMBER', roles: [], source: 'sidecar' })
  t.like(client.checkMemberCached('acme', 'eve', isAdmin), { reason: 'NOT_A_MEMBER', source: 'cache' })
  t.like(await client.memberRoles('acme', 'eve'), {
    isMember: false,
    reason: 'NOT_A_MEMBER',
    roles: [],
    permissions: [],
  })
})

test('a demotion and a removal count as soon as the feed has delivered them, and a promotion too', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  transport.stream.send(changeSet('e:11', [{ membershipPut: membership('acme', 'ann', member) }]))
  await clock.settle()
  t.like(held(client), { allowed: false, reason: 'ROLE_NOT_HELD', roles: ['org:member'], revision: 'e:11' })
  transport.stream.send(changeSet('e:12', [{ membershipPut: membership('acme', 'ann', analyst) }]))
  await clock.settle()
  t.like(held(client, 'org:analyst'), { allowed: true, revision: 'e:12' })
  const gone = { id: 'orgmem_acme_ann', organizationId: 'acme', userId: 'ann', scope: '' }
  transport.stream.send(changeSet('e:13', [{ membershipDeleted: gone }]))
  await clock.settle()
  t.like(held(client, 'org:analyst'), { allowed: false, reason: 'NOT_A_MEMBER', roles: [] })
  t.is(transport.calls.length, 1)
})

test('what happens to a user elsewhere, and to others in the organization, changes nothing', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  const others: Change[] = [
    { membershipPut: membership('globex', 'ann', member) },
    { membershipPut: membership('acme', 'bob', member) },
  ]
  transport.stream.send(changeSet('e:11', others))
  await clock.settle()
  t.like(held(client), { allowed: true, revision: 'e:11' })
})

const wide: readonly (readonly [what: string, changes: readonly Change[]])[] = [
  ['the role of members of a whole set became another one', [reassigned({ roleSetId: 'roleset_pro' })]],
  ['the role of members of the organization became another one', [reassigned({ organizationId: 'acme' })]],
  ['the organization was deleted', [deleted('acme')]],
  [
    'a member was put, and reassigned after that',
    [{ membershipPut: membership('acme', 'ann', admin) }, reassigned({ roleSetId: 'roleset_pro' })],
  ],
]

function reassigned(among: { roleSetId: string } | { organizationId: string }): Change {
  const mappings = [{ fromRoleId: 'role_admin', toRoleId: 'role_member', members: 1, invitations: 0 }]
  return { membersReassigned: { ...among, mappings } }
}

function deleted(id: string): Change {
  return { organizationDeleted: { id, key: '' } }
}

for (const [what, changes] of wide) {
  test(`the sidecar is asked again when ${what}`, async (t) => {
    const { client, transport, clock } = await openWithAdmin(t)
    transport.stream.send(changeSet('e:11', changes))
    await clock.settle()
    t.is(held(client), undefined)
    const asked = client.checkMember('acme', 'ann', isAdmin)
    await clock.settle()
    t.is(transport.call.request['atLeastRevision'], 'e:11')
    const isGone = 'organizationDeleted' in (changes[0] ?? {})
    const reason = isGone ? 'ORGANIZATION_UNKNOWN' : 'ROLE_NOT_HELD'
    const gone = isGone ? { roleSet: '', roleSetId: '', organizationRegistered: false, organizationDeleted: true } : {}
    transport.call.reply(memberReply('e:11', isGone ? [] : [member], pro, { allowed: false, reason, ...gone }))
    t.like(await asked, { allowed: false })
    t.like(held(client), { allowed: false, reason, source: 'cache' })
  })
}

test('a reassignment of roles that a member does not hold costs no question', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  const mappings = [{ fromRoleId: 'role_analyst', toRoleId: 'role_member', members: 1, invitations: 0 }]
  transport.stream.send(changeSet('e:11', [{ membersReassigned: { roleSetId: 'roleset_pro', mappings } }]))
  await clock.settle()
  t.like(held(client), { allowed: true, revision: 'e:11' })
})

test('a role that leaves the role set stops counting, and an organization that moves takes its members along', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  transport.stream.send(changeSet('e:11', [{ roleSetPut: roleSet('roleset_pro', 'role_set:pro', [member, analyst]) }]))
  await clock.settle()
  t.like(held(client), { allowed: false, reason: 'ROLE_NOT_IN_SET', roles: [] })
  transport.stream.send(changeSet('e:12', [{ organizationPut: organization('acme', free) }]))
  await clock.settle()
  t.like(held(client), { allowed: true, roleSet: 'role_set:free' })
  transport.stream.send(
    changeSet('e:13', [{ rolePut: { ...admin, permissionIds: [], permissions: [] } }, deleted('globex')]),
  )
  await clock.settle()
  const write = () => client.checkMemberCached('acme', 'ann', { permission: 'org:reports:write' })
  t.like(write(), { allowed: false, reason: 'PERMISSION_NOT_HELD' })
  transport.stream.send(changeSet('e:14', [deleted('acme')]))
  await clock.settle()
  t.is(write(), undefined, 'the membership ended with the organization: the sidecar says so')
})

// openfga#3155: an entry that was being filled while a write invalidated it survived.
for (const [what, changes] of [
  ['to the member', [{ membershipPut: membership('acme', 'ann', member) }]],
  ['to all members of a set', [reassigned({ roleSetId: 'roleset_free' })]],
  ['to the organization', [deleted('acme')]],
] as const satisfies readonly (readonly [string, readonly Change[]])[]) {
  test(`an answer that was on its way while something happened ${what} is not kept`, async (t) => {
    const { client, transport, clock } = await openScriptedKeyed(t)
    const asked = client.checkMember('acme', 'ann', isAdmin)
    await clock.settle()
    transport.stream.send(changeSet('e:11', changes))
    await clock.settle()
    transport.call.reply(memberReply('e:10', [admin]))
    t.like(await asked, { revision: 'e:10', source: 'sidecar' }, 'it is not older than when it was asked for')
    t.is(held(client), undefined)
  })
}

test('an answer that is ahead of the feed waits for it', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const asked = client.checkMember('acme', 'ann', isAdmin)
  await clock.settle()
  transport.call.reply(memberReply('e:12', [admin]))
  await asked
  t.is(held(client), undefined)
  transport.stream.send(changeSet('e:11', [{ membershipPut: membership('acme', 'ann', member) }]))
  await clock.settle()
  t.is(held(client), undefined, 'what is older than the answer is no news')
  transport.stream.send(changeSet('e:12'))
  await clock.settle()
  t.like(held(client), { allowed: true, revision: 'e:12' })
})

test('one lookup is in flight per member, however many callers wait', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const asked = Promise.all([
    client.checkMember('acme', 'ann', isAdmin),
    client.checkMember('acme', 'ann', { role: 'org:analyst' }),
    client.checkMember('acme', 'ann', { permission: 'org:reports:read' }),
    client.memberRoles('acme', 'ann'),
  ])
  const other = client.checkMember('acme', 'bob', isAdmin)
  await clock.settle()
  t.is(transport.calls.length, 2)
  transport.calls[0]?.reply(memberReply('e:10', [admin]))
  const [first, ...rest] = await asked
  t.deepEqual([first?.source, ...rest.map(({ source }) => source)], ['sidecar', 'cache', 'cache', 'cache'])
  transport.calls[1]?.reply(memberReply('e:10', []))
  t.like(await other, { reason: 'NOT_A_MEMBER' })
})

// openfga#3125: a cancelled request cached a false answer.
test('a lookup that fails or is cancelled is never cached', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const failing = client.checkMember('acme', 'ann', isAdmin)
  await clock.settle()
  transport.call.fail(new RoleSetsError('internal_failure', 'No.'))
  await t.throwsAsync(failing, { code: 'unavailable' })
  const controller = new AbortController()
  const cancelled = client.checkMember('acme', 'ann', { ...isAdmin, signal: controller.signal })
  await clock.settle()
  controller.abort()
  await t.throwsAsync(cancelled, { code: 'aborted' })
  transport.call.reply(memberReply('e:10', [admin]))
  await clock.settle()
  t.is(held(client), undefined)
})

for (const [what, reply] of [
  ['says yes for a reason that means no', memberReply('e:10', [admin], pro, { reason: 'ROLE_NOT_HELD' })],
  ['says yes about a user without roles', memberReply('e:10', [], pro, { allowed: true, reason: 'MEMBER_HOLDS_ROLE' })],
  ['has a reason that is not known', memberReply('e:10', [admin], pro, { reason: 'ROLE_IN_SET' })],
  ['is older than what was asked for', memberReply('e:9', [admin])],
  ['has no list of roles', memberReply('e:10', [admin], pro, { roleIds: undefined })],
  ['is no object', 'yes'],
] as const) {
  test(`an answer that ${what} is none`, async (t) => {
    const { client, transport, clock } = await openScriptedKeyed(t)
    const asked = client.checkMember('acme', 'ann', isAdmin)
    await clock.settle()
    transport.call.reply(reply)
    await t.throwsAsync(asked, { code: 'unavailable' })
    t.is(held(client), undefined)
  })
}

test('a membership that ends by itself counts until then, by the time that has passed on this machine', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const asked = client.checkMember('acme', 'ann', isAdmin)
  await clock.settle()
  transport.call.reply(memberReply('e:10', [admin], pro, { endsInMs: 2_000 }))
  t.true((await asked).allowed)
  const beat = async (ms: number) => {
    await clock.advance(ms)
    transport.stream.send(keyedHeartbeat('e:10', clock.nowMs()))
    await clock.settle()
  }
  await beat(1_900)
  t.like(held(client), { allowed: true, source: 'cache' })
  await beat(200)
  t.is(held(client), undefined)
  const again = client.checkMember('acme', 'ann', isAdmin)
  await clock.settle()
  transport.call.reply(memberReply('e:10', []))
  t.like(await again, { reason: 'NOT_A_MEMBER' })
  t.like(held(client), { allowed: false, reason: 'NOT_A_MEMBER' }, 'the same revision says something else now')
})

test('without a key the feed does not show memberships, so the sidecar is asked each time', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (const calls of [1, 2]) {
    const asked = client.checkMember('acme', 'ann', isAdmin)
    await clock.settle()
    t.is(transport.calls.length, calls)
    transport.call.reply(memberReply('e:10', [admin]))
    t.like(await asked, { allowed: true, source: 'sidecar' })
    t.is(held(client), undefined)
  }
  t.is(client.checkCached('acme', 'org:admin')?.roleSet, 'role_set:pro', 'the organization itself is kept')
})

test('members that were kept are dropped when the feed stops showing memberships', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  transport.stream.send(heartbeat('e:10'))
  await clock.settle()
  t.is(held(client), undefined)
  transport.stream.send(keyedHeartbeat('e:10'))
  await clock.settle()
  t.is(held(client), undefined)
})

test('a new snapshot forgets all members', async (t) => {
  const { client, transport, clock } = await openWithAdmin(t)
  transport.stream.end(new RoleSetsError('cursor_compacted', 'Too late.'))
  await clock.advance(1_000)
  transport.stream.send(snapshot('e:40', clock.nowMs()), keyedHeartbeat('e:40', clock.nowMs()))
  await clock.settle()
  t.is(client.status().state, 'fresh')
  t.is(held(client), undefined)
})

test('at most as many memberships are kept as the options say, also of one user', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t, 'e:10', { membersMax: 2 })
  const ask = async (organizationId: string, userId: string) => {
    const asked = client.checkMember(organizationId, userId, isAdmin)
    await clock.settle()
    transport.call.reply(memberReply('e:10', [admin]))
    await asked
  }
  for (const organizationId of ['acme', 'globex']) await ask(organizationId, 'ann')
  for (const organizationId of ['acme', 'globex', 'initech']) await ask(organizationId, 'bob')
  t.is(held(client), undefined)
  const ofBob = ['acme', 'globex', 'initech'].map((id) => client.checkMemberCached(id, 'bob', isAdmin)?.allowed)
  t.deepEqual(ofBob, [undefined, true, true])
})

test('a user who is a member of very many organizations is kept in each', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const organizationIds = Array.from({ length: 40 }, (_, n) => `org_${n}`)
  for (const organizationId of organizationIds) {
    const asked = client.checkMember(organizationId, 'ann', isAdmin)
    await clock.settle()
    transport.call.reply(memberReply('e:10', [admin]))
    await asked
  }
  const holds = (role: string) =>
    organizationIds.filter((id) => client.checkMemberCached(id, 'ann', { role })?.allowed).length
  t.is(holds('org:admin'), 40)
  transport.stream.send(
    changeSet('e:11', [
      { membershipPut: membership('org_7', 'ann', member) },
      { membershipDeleted: { id: 'orgmem_1', organizationId: 'org_8', userId: 'ann', scope: '' } },
    ]),
  )
  await clock.settle()
  t.is(holds('org:admin'), 38)
  t.is(holds('org:member'), 1)
  t.is(client.checkMemberCached('org_8', 'ann', isAdmin)?.reason, 'NOT_A_MEMBER')
})

test('when the cache is too old the sidecar is asked, and if it does not answer there is no decision', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, { sidecar: { members: { globex: { ann: 'org:admin' } } } })
  const asked = client.checkMember('globex', 'ann', isAdmin)
  await clock.advance(0)
  t.true((await asked).allowed)
  t.like(client.checkMemberCached('globex', 'ann', isAdmin), { allowed: true, source: 'cache' })
  sidecar.goDown()
  await clock.advance(6_000)
  t.is(client.checkMemberCached('globex', 'ann', isAdmin), undefined)
  const late = client.checkMember('globex', 'ann', isAdmin)
  await clock.advance(300)
  await t.throwsAsync(late, { code: 'unavailable' })
  const roles = client.memberRoles('globex', 'ann')
  await clock.advance(300)
  await t.throwsAsync(roles, { code: 'unavailable' })
})

test('the fake sidecar answers for its members, demotes, removes and reassigns them', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, {
    sidecar: { members: { globex: { ann: 'org:analyst' } } },
  })
  const ask = async (role: string) => {
    const asked = client.checkMember('globex', 'ann', { role })
    await clock.advance(0)
    return (await asked).reason
  }
  t.is(await ask('org:analyst'), 'MEMBER_HOLDS_ROLE')
  sidecar.setMember('globex', 'ann', 'org:member')
  await clock.settle()
  t.is(client.checkMemberCached('globex', 'ann', { role: 'org:analyst' })?.reason, 'ROLE_NOT_HELD')
  sidecar.setMember('globex', 'ann', 'org:analyst')
  sidecar.replaceRole('role_set:pro', 'org:analyst', 'org:member')
  await clock.settle()
  t.is(await ask('org:analyst'), 'ROLE_NOT_IN_SET')
  t.is(await ask('org:member'), 'MEMBER_HOLDS_ROLE')
  sidecar.removeMember('globex', 'ann')
  await clock.settle()
  t.is(client.checkMemberCached('globex', 'ann', { role: 'org:member' })?.reason, 'NOT_A_MEMBER')
  sidecar.setMember('globex', 'ann', 'org:member')
  sidecar.removeOrganization('globex')
  sidecar.assign('globex', 'role_set:pro')
  await clock.settle()
  t.is(await ask('org:member'), 'NOT_A_MEMBER')
})
