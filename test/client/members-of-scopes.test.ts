/** What a user holds in a scope: decided together with the organization, and kept by the same rules. */

import test, { type ExecutionContext } from 'ava'
import type { Change, Reach } from '@rolesets/client'
import { openBesideFake, openScriptedKeyed } from './open-client.ts'
import { admin, analyst, changeSet, member, memberReply, membership } from './wire-messages.ts'

const scope = 'product:billing'
const kind: Change = {
  scopeKindPut: { kind: 'product', fallback: 'ORGANIZATION', roleSet: '', roleSetId: '', updatedAtMs: 1 },
}
const inScope = { inScope: true, ownRoleSetId: '' }
const counts = { members: 1, invitations: 0 }

/** A client that has been told of an analyst in the scope, who is an administrator of the organization. */
async function openWithAnalyst(t: ExecutionContext, more: object = {}) {
  const opened = await openScriptedKeyed(t)
  const { client, transport, clock } = opened
  transport.stream.send(changeSet('e:11', [kind]))
  await clock.settle()
  const asked = client.checkMember('acme', 'ann', { role: 'org:analyst', scope })
  await clock.settle()
  t.like(transport.call.request, { scope, role: 'org:analyst', reach: 'PLACE', atLeastRevision: 'e:11' })
  transport.call.reply(
    memberReply('e:11', [analyst], undefined, { ...inScope, organizationRoleIds: ['role_admin'], ...more }),
  )
  t.true((await asked).allowed)
  const held = (role: string, reach?: Reach) =>
    client.checkMemberCached('acme', 'ann', { role, scope, ...(reach === undefined ? {} : { reach }) })
  const happens = async (number: number, ...changes: Change[]) => {
    transport.stream.send(changeSet(`e:${number}`, changes))
    await clock.settle()
  }
  return { ...opened, held, happens }
}

test('one answer is enough for the scope, the organization and every reach', async (t) => {
  const { client, transport, held } = await openWithAnalyst(t)
  t.like(held('org:analyst'), { allowed: true, reason: 'MEMBER_HOLDS_ROLE', roles: ['org:analyst'], source: 'cache' })
  t.like(held('org:admin'), { allowed: false, reason: 'ROLE_NOT_HELD', roles: ['org:analyst'] })
  t.like(held('org:admin', 'EITHER'), { allowed: true, reason: 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION' })
  t.like(held('org:analyst', 'ORGANIZATION'), { allowed: false, reason: 'ROLE_NOT_HELD', roles: ['org:admin'] })
  t.like(client.checkMemberCached('acme', 'ann', { role: 'org:admin' }), { allowed: true, roles: ['org:admin'] })
  t.deepEqual(await client.memberRoles('acme', 'ann', { scope }), {
    ...{ organizationId: 'acme', scope, userId: 'ann', isMember: true, reason: 'MEMBER_HOLDS_ROLE' },
    ...{ roles: ['org:analyst'], permissions: ['org:reports:read'], roleSet: 'role_set:pro' },
    ...{ revision: 'e:11', source: 'cache' },
  })
  const either = await client.memberRoles('acme', 'ann', { scope, reach: 'EITHER' })
  t.deepEqual(either.permissions, ['org:reports:read', 'org:reports:write'])
  t.is(transport.calls.length, 1)
})

test('the end of the membership of a scope counts at once, and a change of it is asked about', async (t) => {
  const { transport, held, happens } = await openWithAnalyst(t)
  await happens(12, { membershipDeleted: { id: 'orgmem_1', organizationId: 'acme', userId: 'ann', scope } })
  t.like(held('org:analyst'), { allowed: false, reason: 'NOT_A_MEMBER' })
  t.like(held('org:admin', 'EITHER'), { allowed: true }, 'the organization is another membership')
  await happens(13, { membershipPut: { ...membership('acme', 'ann', member), scope } })
  t.is(held('org:analyst'), undefined)
  t.is(transport.calls.length, 1)
})

for (const [what, change] of [
  ['has other roles', { membershipPut: membership('acme', 'ann', member) }],
  ['is over', { membershipDeleted: { id: 'orgmem_1', organizationId: 'acme', userId: 'ann', scope: '' } }],
] as const satisfies readonly (readonly [string, Change])[]) {
  test(`when the membership of the organization ${what}, the scope is asked about again`, async (t) => {
    const { client, held, happens } = await openWithAnalyst(t)
    await happens(12, change)
    t.is(held('org:analyst'), undefined)
    t.is(held('org:analyst', 'EITHER'), undefined)
    const whole = client.checkMemberCached('acme', 'ann', { role: 'org:admin' })
    t.is(whole?.reason, what === 'is over' ? 'NOT_A_MEMBER' : 'ROLE_NOT_HELD')
  })
}

for (const [what, change] of [
  [
    'the scope got another name',
    { scopeRenamed: { organizationId: 'acme', fromScope: scope, toScope: 'product:money', ...counts } },
  ],
  [
    'another scope got this name',
    { scopeRenamed: { organizationId: 'acme', fromScope: 'product:x', toScope: scope, ...counts } },
  ],
  [
    'members of all scopes of the kind were reassigned',
    {
      membersReassigned: {
        scopeKind: 'product',
        mappings: [{ fromRoleId: 'role_analyst', toRoleId: 'role_member', members: 1, invitations: 0 }],
      },
    },
  ],
  ['the organization was deleted', { organizationDeleted: { id: 'acme', key: '' } }],
] as const satisfies readonly (readonly [string, Change])[]) {
  test(`the sidecar is asked again when ${what}`, async (t) => {
    const { held, happens } = await openWithAnalyst(t)
    await happens(12, change)
    t.is(held('org:analyst'), undefined)
  })
}

test('what happens in another scope or another organization changes nothing', async (t) => {
  const { held, happens } = await openWithAnalyst(t)
  const elsewhere = { membershipPut: { ...membership('acme', 'ann', member), scope: 'product:crm' } }
  const renamed = { organizationId: 'globex', fromScope: scope, toScope: 'product:money', ...counts }
  await happens(12, elsewhere, { membershipPut: membership('globex', 'ann', member) }, { scopeRenamed: renamed })
  t.like(held('org:analyst'), { allowed: true, revision: 'e:12' })
})

test('a membership ends for the cache when the first of the two ends', async (t) => {
  const { held, clock } = await openWithAnalyst(t, { endsInMs: 500 })
  t.like(held('org:analyst'), { allowed: true })
  await clock.advance(499)
  t.like(held('org:analyst'), { allowed: true })
  await clock.advance(2)
  t.is(held('org:analyst'), undefined)
})

test('an answer that does not know of scopes is none', async (t) => {
  const { client, transport, clock } = await openScriptedKeyed(t)
  const asked = client.checkMember('acme', 'ann', { role: 'org:admin', scope })
  await clock.settle()
  transport.call.reply(memberReply('e:10', [admin]))
  await t.throwsAsync(asked, { code: 'unavailable' })
  t.is(client.checkMemberCached('acme', 'ann', { role: 'org:admin' }), undefined, 'nothing is kept of it')
})

test('a scope that is none is rejected, and never taken for the organization', async (t) => {
  const { client, transport } = await openScriptedKeyed(t)
  for (const wrong of ['billing', 'product:', ':x', 'product:a/b', 7 as unknown as string]) {
    const question = { role: 'org:admin', scope: wrong }
    await t.throwsAsync(client.checkMember('acme', 'ann', question), { code: 'invalid_argument' })
    t.throws(() => client.checkMemberCached('acme', 'ann', question), { code: 'invalid_argument' })
    await t.throwsAsync(client.memberRoles('acme', 'ann', { scope: wrong }), { code: 'invalid_argument' })
  }
  t.is(transport.calls.length, 0)
})

test('the fake sidecar has members of scopes, who are members of the organization', async (t) => {
  const members = { globex: { ann: 'org:admin' } }
  const { client, sidecar, clock } = await openBesideFake(t, {
    sidecar: { members, scopeKinds: { product: 'organization' } },
  })
  const place = { organizationId: 'globex', scope }
  const ask = async (role: string, reach: Reach = 'PLACE', where = scope) => {
    const asked = client.checkMember('globex', 'ann', { role, scope: where, reach })
    await clock.advance(0)
    return (await asked).reason
  }
  t.is(await ask('org:admin'), 'NOT_A_MEMBER')
  t.is(await ask('org:admin', 'EITHER'), 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION')
  t.is(await ask('org:admin', 'EITHER', 'team:red'), 'SCOPE_KIND_UNKNOWN')
  sidecar.setMember(place, 'ann', ['org:analyst', 'org:member'])
  await clock.settle()
  t.is(await ask('org:member'), 'MEMBER_HOLDS_ROLE')
  sidecar.replaceRole('role_set:pro', 'org:analyst', 'org:member')
  await clock.settle()
  t.is(await ask('org:member'), 'MEMBER_HOLDS_ROLE')
  sidecar.removeMember('globex', 'ann')
  await clock.settle()
  t.is(await ask('org:member'), 'NOT_A_MEMBER')
  t.throws(() => sidecar.setMember(place, 'eve', 'org:member'), { code: 'organization_membership_missing' })
})
