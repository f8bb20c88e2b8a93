/** Rule 22: a membership with an end counts until then, and after it nowhere. Nothing runs meanwhile but a clock. */

import test from 'ava'
import type { RefusalCode } from '@rolesets/core'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { acme, begin, codeOf, dry, end, openClinic, page, ward, type Clinic } from './clinic.ts'
import { reading, writing } from './open-service.ts'

const bob = { organizationId: acme, userId: 'bob' }
const order = { field: 'created_at', descending: false } as const
const span = { order, limit: 100, offset: 0 }
const names = (items: readonly { readonly userId: string }[]) => items.map(({ userId }) => userId).join()

/** What is asked, what the answer is while bob is a nurse of the clinic and its ward, and what it is from his end on. */
const places: readonly (readonly [string, (clinic: Clinic) => Promise<unknown>, unknown, unknown])[] = [
  ['GetMembership', ({ admin }) => codeOf(admin.getMembership(bob, reading())), 'done', 'membership_not_found'],
  [
    'GetMembership in a scope',
    ({ admin }) => codeOf(admin.getMembership({ ...bob, scope: ward }, reading())),
    'done',
    'membership_not_found',
  ],
  [
    'ListMemberships',
    async ({ admin }) => names((await admin.listMemberships({ organizationId: acme }, page)).items),
    'ann,bob',
    'ann',
  ],
  [
    'ListMemberships by role',
    async ({ admin }) => names((await admin.listMemberships({ organizationId: acme, role: 'org:nurse' }, page)).items),
    'bob',
    '',
  ],
  [
    'ListMemberships of all scopes',
    async ({ admin }) => names((await admin.listMemberships({ organizationId: acme, scope: '*' }, page)).items),
    'ann,bob,bob',
    'ann',
  ],
  [
    'ListMemberships of a user',
    async ({ admin }) =>
      (await admin.listMemberships({ organizationId: '', userId: 'bob', scope: '*' }, page)).items.length,
    2,
    0,
  ],
  [
    'ListScopes',
    async ({ admin }) =>
      (await admin.listScopes({ organizationId: acme }, page)).items.map(({ scope, members }) => [scope, members]),
    [[ward, 1]],
    [],
  ],
  [
    'the members of one scope',
    async ({ service }) =>
      (await service.directory.scope({ organizationId: acme, scope: ward }, reading())).value.members,
    1,
    0,
  ],
  [
    "members of Clerk's lists",
    async ({ service }) => {
      const { items, total } = await service.directory.memberships({ organizationId: acme, ...span }, reading())
      return [total, items.length]
    },
    [2, 2],
    [1, 1],
  ],
  [
    'organizations of a user',
    async ({ service }) =>
      (await service.directory.organizations({ userIds: { include: ['bob'] }, ...span }, reading())).total,
    1,
    0,
  ],
  [
    'members_count',
    async ({ service }) =>
      (await service.directory.organization(acme, { withMemberCounts: true }, reading())).value.membersCount,
    2,
    1,
  ],
  [
    'the order by members_count',
    async ({ service }) => {
      const byMembers = { ...span, order: { field: 'members_count', descending: true } as const }
      const { items } = await service.directory.organizations(byMembers, reading())
      return items.map(({ organization }) => organization.id)
    },
    [acme, 'org_other'],
    ['org_other', acme],
  ],
  [
    'members of the roles of a set',
    async ({ service }) => {
      const { value } = await service.directory.roleSet('role_set:clinic', reading())
      const roles = new Map(value.roleSet.roleIds.map((id, place) => [id, value.roleSet.roles[place]]))
      return [...(value.members ?? [])].map(([id, members]) => [roles.get(id), members]).sort()
    },
    [
      ['org:admin', 2],
      ['org:nurse', 1],
    ],
    [['org:admin', 2]],
  ],
  [
    'the quota',
    async ({ admin }) => {
      await admin.updateOrganization({ organizationId: acme, maxAllowedMemberships: 2 }, writing())
      const input = { organizationId: acme, userId: 'cem', role: 'org:nurse' }
      return (await admin.createMembership(input, dry())).impact.violations.map(({ code }) => code)
    },
    ['membership_quota_exceeded'],
    [],
  ],
  [
    'roles that a move needs mappings for',
    async ({ admin }) =>
      (
        await admin.assignRoleSet({ organizationId: acme, roleSet: 'role_set:small' }, dry())
      ).impact.requiredMappings.map(({ role, members }) => [role, members]),
    [['org:nurse', 1]],
    [],
  ],
  [
    'members that lose a role by its replacement',
    async ({ admin }) => {
      const input = { roleSet: 'role_set:clinic', role: 'org:nurse', toRole: 'org:member' }
      return (await admin.replaceRole(input, dry())).impact.members
    },
    1,
    0,
  ],
  [
    'members that lose a role by the replacement of a set that scopes have',
    async ({ admin }) => {
      const input = { roleSet: 'role_set:wards', role: 'org:nurse', toRole: 'org:member' }
      return (await admin.replaceRole(input, dry())).impact.members
    },
    1,
    0,
  ],
  [
    'members of a kind of scopes that is to be deleted',
    async ({ admin }) => codeOf(admin.deleteScopeKind({ kind: 'department' }, writing())),
    'in_use',
    'done',
  ],
  [
    'CheckMember',
    async ({ service }) => {
      const question = { ...bob, scope: '', role: 'org:nurse', permission: '', anyRole: false, reach: 'PLACE' } as const
      const { allowed, reason, endsInMs } = await service.memberDecisions.checkMember(question, reading())
      return [allowed, reason, endsInMs > 0]
    },
    [true, 'MEMBER_HOLDS_ROLE', true],
    [false, 'NOT_A_MEMBER', false],
  ],
  [
    'CheckMember in a scope',
    async ({ service }) => {
      const question = {
        ...bob,
        scope: ward,
        role: 'org:nurse',
        permission: '',
        anyRole: false,
        reach: 'PLACE',
      } as const
      const { allowed, reason, endsInMs } = await service.memberDecisions.checkMember(question, reading())
      return [allowed, reason, endsInMs > 0]
    },
    [true, 'MEMBER_HOLDS_ROLE', true],
    [false, 'NOT_A_MEMBER', false],
  ],
  [
    'the user on whose behalf a write is made',
    async ({ admin }) => {
      const call = writing({ actingUserId: 'bob', grantPolicy: 'any', dryRun: true })
      const { impact } = await admin.deleteMembership({ organizationId: acme, userId: 'ann' }, call)
      const refused = impact.violations.map(({ message }) => message.includes("who isn't a member"))
      return refused
    },
    [false],
    [true],
  ],
  [
    'a membership in another scope (rule 15)',
    ({ join }) => codeOf(join('bob', 'org:nurse', { scope: 'department:lab' })),
    'done',
    'organization_membership_missing',
  ],
  ['a new membership of the same user', ({ join }) => codeOf(join('bob', 'org:doctor')), 'membership_exists', 'done'],
  [
    'UpdateMembership',
    ({ admin }) => codeOf(admin.updateMembership({ ...bob, role: 'org:doctor' }, writing())),
    'done',
    'membership_not_found',
  ],
  [
    'UpdateMembership that would extend it',
    ({ admin }) => codeOf(admin.updateMembership({ ...bob, expiresAtMs: end + 60_000 }, writing())),
    'done',
    'membership_not_found',
  ],
  ['DeleteMembership', ({ admin }) => codeOf(admin.deleteMembership(bob, writing())), 'done', 'membership_not_found'],
  [
    'DeleteMembership in a scope',
    ({ admin }) => codeOf(admin.deleteMembership({ ...bob, scope: ward }, writing())),
    'done',
    'membership_not_found',
  ],
  [
    'roles that RemoveUser takes',
    async ({ admin }) => (await admin.removeUser({ userId: 'bob' }, dry())).impact.members,
    2,
    0,
  ],
  [
    'roles that go with an organization',
    async ({ admin }) => (await admin.deleteOrganization({ organizationId: acme }, dry())).impact.members,
    3,
    1,
  ],
]

for (const [name, ask, before, after] of places) {
  test(`a member counts until the end, and not from then on: ${name}`, async (t) => {
    const [first, second] = [await openAt(t, end - 1), await openAt(t, end)]
    t.deepEqual(await ask(first), before)
    t.deepEqual(await ask(second), after)
  })
}

async function openAt(t: Parameters<typeof openClinic>[0], now: number): Promise<Clinic> {
  const clinic = await openClinic(t)
  clinic.clock.now = now
  return clinic
}

test('a new membership takes the place of one that is over: another id, other roles, and nothing of the old one in scopes', async (t) => {
  const { admin, clock, join, store } = await openClinic(t)
  const former = (await admin.getMembership(bob, reading())).value
  clock.now = end
  const { value } = await join('bob', 'org:doctor')
  t.not(value?.id, former.id)
  t.like(value, { role: 'org:doctor', expiresAt: null, createdAt: end })
  const { items } = await admin.listMemberships({ organizationId: '', userId: 'bob', scope: '*' }, page)
  t.deepEqual(
    items.map(({ scope, role }) => [scope, role]),
    [['', 'org:doctor']],
  )
  const [last] = await store.changesAfter(store.head - 1, 1)
  t.deepEqual(
    last?.changes.map((change) => [change.verb, change.thing]),
    [
      ['deleted', 'membership'],
      ['deleted', 'membership'],
      ['put', 'membership'],
    ],
  )
  t.is((await join('bob', 'org:nurse', { scope: ward })).value?.role, 'org:nurse')
})

test('an invitation can be accepted by a user whose membership is over', async (t) => {
  const { admin, clock } = await openClinic(t)
  clock.now = end
  const invited = { organizationId: acme, emailAddress: 'bob@x.org', role: 'org:doctor' }
  const { value } = await admin.createInvitation(invited, writing())
  const input = { organizationId: acme, invitationId: value?.id ?? '', userId: 'bob' }
  await admin.acceptInvitation(input, writing())
  t.like((await admin.getMembership(bob, reading())).value, { role: 'org:doctor', expiresAt: null })
})

test('a member whose time is over keeps no role and no set from being removed, and is not in the way of what comes later', async (t) => {
  const { admin, clock, join, store } = await openClinic(t)
  clock.now = end
  await admin.replaceRole({ roleSet: 'role_set:wards', role: 'org:nurse' }, writing())
  await admin.replaceRoleSet({ roleSet: 'role_set:clinic', toRoleSet: 'role_set:small' }, writing())
  await admin.deleteRole({ role: 'org:nurse' }, writing())
  t.is((await store.read((reader) => reader.membership(acme, 'bob'))).value, undefined, 'the row went with the role')
  t.is((await store.read((reader) => reader.membership(acme, 'bob', ward))).value, undefined)
  await join('bob', 'org:member')
  t.is((await admin.getMembership(bob, reading())).value.role, 'org:member')
})

test('a scope is renamed to a key whose members are over', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const lab = 'department:lab'
  await join('bob', 'org:nurse', { scope: lab, expiresAtMs: begin + 10 })
  await admin.updateMembership({ ...bob, expiresAtMs: 0 }, writing())
  clock.now = end
  const { value } = await admin.renameScope({ organizationId: acme, scope: ward, newScope: lab }, writing())
  t.is(value?.members, 1)
  const { items } = await admin.listMemberships({ organizationId: acme, scope: '*', userId: 'bob' }, page)
  t.deepEqual(
    items.map(({ scope }) => scope),
    ['', lab],
  )
})

test('a scope is renamed to a key whose members are over, and former roles come with its own members alone', async (t) => {
  const { admin, clock, join } = await openClinic(t)
  const lab = 'department:lab'
  await admin.updateMembership({ ...bob, expiresAtMs: 0 }, writing())
  for (const userId of ['bob', 'cem']) {
    if (userId === 'cem') for (const scope of ['', ward]) await join(userId, 'org:member', { scope })
    await join(userId, 'org:nurse', { scope: lab, expiresAtMs: begin + 10 })
  }
  for (const scope of [ward, lab]) {
    const place = { organizationId: acme, scope }
    const mappings = { 'org:nurse': 'org:member' }
    await admin.assignRoleSet({ ...place, roleSet: 'role_set:small', mappings }, writing())
  }
  await admin.assignRoleSet({ organizationId: acme, scope: lab, roleSet: '', clear: true }, writing())
  clock.now = end
  await admin.renameScope({ organizationId: acme, scope: ward, newScope: lab }, writing())
  const back = { organizationId: acme, scope: lab, roleSet: 'role_set:wards', restoreFormerRoles: true }
  await admin.assignRoleSet(back, writing())
  const { items } = await admin.listMemberships({ organizationId: acme, scope: lab }, page)
  t.deepEqual(
    items.map(({ userId, role }) => [userId, role]),
    [
      ['bob', 'org:nurse'],
      ['cem', 'org:member'],
    ],
  )
})

test('in a scope a member counts no longer than in the organization, and longer again if that is extended in time', async (t) => {
  const { admin, clock } = await openClinic(t)
  const inWard = () => codeOf(admin.getMembership({ ...bob, scope: ward }, reading()))
  clock.now = end - 1
  await admin.updateMembership({ ...bob, expiresAtMs: end + 1 }, writing())
  clock.now = end
  t.is(await inWard(), 'done')
  clock.now = end + 1
  t.is(await inWard(), 'membership_not_found')
})

test('an end is set, changed and taken away, and other writes leave it as it is', async (t) => {
  const { admin, clock } = await openClinic(t)
  const endOf = async () => (await admin.getMembership(bob, reading())).value.expiresAt
  await admin.updateMembership({ ...bob, role: 'org:doctor' }, writing())
  t.is(await endOf(), end)
  await admin.updateMembership({ ...bob, expiresAtMs: end + 5 }, writing())
  t.is(await endOf(), end + 5)
  const head = await admin.getMembership(bob, reading())
  await admin.updateMembership({ ...bob, expiresAtMs: end + 5 }, writing())
  t.is((await admin.getMembership(bob, reading())).revision, head.revision, 'the same end changes nothing')
  for (const none of [null, 0]) {
    await admin.updateMembership({ ...bob, expiresAtMs: end }, writing())
    await admin.updateMembership({ ...bob, expiresAtMs: none }, writing())
    t.is(await endOf(), null)
  }
  clock.now = end * 2
  t.is(await endOf(), null)
})

test('an end must be a time after the write, within what a date can name', async (t) => {
  const { admin, join } = await openClinic(t)
  const wrong: readonly [unknown, RegExp][] = [
    [begin, /is 2023-11-14T22:13:20.000Z, and must be after the present time, 2023-11-14T22:13:20.000Z/],
    [1, /is 1970-01-01T00:00:00.001Z, .*delete the membership to end it now/],
    [-1, /must be a time in Unix milliseconds/],
    [1.5, /must be a time/],
    [Number.NaN, /must be a time/],
    ['2030-01-01', /must be a time/],
    [253_402_300_800_000, /at most 253402300799999/],
  ]
  for (const [expiresAtMs, message] of wrong) {
    const given = { expiresAtMs: expiresAtMs as number }
    for (const call of [join('cem', 'org:nurse', given), admin.updateMembership({ ...bob, ...given }, writing())]) {
      const refusal = await t.throwsAsync<Refusal>(call, { message })
      t.like(refusal, { code: 'invalid_field' satisfies RefusalCode, field: 'expires_at_ms' })
    }
  }
  t.is((await join('dee', 'org:nurse', { expiresAtMs: begin + 1 })).value?.expiresAt, begin + 1)
  t.is((await join('eve', 'org:nurse', { expiresAtMs: 253_402_300_799_999 })).value?.expiresAt, 253_402_300_799_999)
})

test('a clock that was set back brings nobody back, once a write saw the end', async (t) => {
  const { admin, clock, join, service } = await openClinic(t)
  clock.now = end
  await join('cem', 'org:nurse')
  clock.now = begin
  t.is(await codeOf(admin.getMembership(bob, reading())), 'membership_not_found')
  const question = { ...bob, scope: '', role: 'org:nurse', permission: '', anyRole: false, reach: 'PLACE' } as const
  t.like(await service.memberDecisions.checkMember(question, reading()), { reason: 'NOT_A_MEMBER' })
})
