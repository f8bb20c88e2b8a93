/** Invitations under a clock that moves and writes that come at once. */

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { addRoleSet, openServiceOver, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const dayMs = 24 * 60 * 60 * 1_000

async function open(t: ExecutionContext): Promise<OpenedService & { clock: { now: number } }> {
  const clock = { now: 1_700_000_000_000 }
  const opened = await openTestService(t, { now: () => clock.now })
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await opened.admin.createOrganization({ id: 'org_1', roleSet: 'role_set:pro' }, writing())
  return { ...opened, clock }
}

const ann = { organizationId: 'org_1', emailAddress: 'ann@x.org', role: 'org:analyst', expiresInDays: 1 }

async function invite({ admin }: OpenedService, input: Partial<typeof ann> = {}): Promise<string> {
  const { value } = await admin.createInvitation({ ...ann, ...input }, writing())
  return value?.id ?? ''
}

test('an expired invitation can not be accepted or revoked, counts for no role and no quota, and frees its address', async (t) => {
  const opened = await open(t)
  const { admin, clock } = opened
  await admin.updateOrganization({ organizationId: 'org_1', maxAllowedMemberships: 1 }, writing())
  const named = { organizationId: 'org_1', invitationId: await invite(opened) }
  clock.now += dayMs - 1
  await t.throwsAsync(invite(opened), { code: 'invitation_exists' })
  await t.throwsAsync(admin.deleteRole({ role: 'org:analyst' }, writing()), { code: 'in_use' })
  clock.now += 1
  t.is(
    (await admin.getInvitation({ organizationId: 'org_1', invitationId: named.invitationId }, reading())).value.status,
    'expired',
  )
  await t.throwsAsync(admin.acceptInvitation({ ...named, userId: 'ann' }, writing()), {
    code: 'invitation_not_pending',
  })
  await t.throwsAsync(admin.revokeInvitation(named, writing()), { code: 'invitation_not_pending' })
  t.not(await invite(opened, { role: 'org:member' }), named.invitationId)
  const deleted = await admin.deleteRole({ role: 'org:analyst' }, writing())
  t.is(deleted.impact.invitations, 0)
  const after = await admin.getInvitation({ organizationId: 'org_1', invitationId: named.invitationId }, reading())
  t.is(after.value.role, 'org:analyst', 'the role is gone, and the invitation has the key of that time')
})

test('an invitation moves with its role, and is accepted into the new one', async (t) => {
  const opened = await open(t)
  const { admin } = opened
  const invitationId = await invite(opened)
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' }
  const replaced = await admin.replaceRole(input, writing())
  t.like(replaced.impact, { members: 0, invitations: 1, organizations: 1 })
  const { value } = await admin.acceptInvitation({ organizationId: 'org_1', invitationId, userId: 'ann' }, writing())
  t.is(value?.membership.role, 'org:member')
  t.like(value?.invitation, { status: 'accepted', role: 'org:member', acceptedByUserId: 'ann' })
})

test('whichever of an acceptance and the end of its role comes first, no member has a role outside the set', async (t) => {
  for (const order of ['accept first', 'replace first']) {
    const opened = await open(t)
    const { admin } = opened
    const invitationId = await invite(opened)
    const accept = () => admin.acceptInvitation({ organizationId: 'org_1', invitationId, userId: 'ann' }, writing())
    const replace = () =>
      admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' }, writing())
    await Promise.all((order === 'accept first' ? [accept, replace] : [replace, accept]).map((call) => call()))
    t.is(
      (await admin.getMembership({ organizationId: 'org_1', userId: 'ann' }, reading())).value.role,
      'org:member',
      order,
    )
  }
})

test('of two users that accept at once, one becomes a member', async (t) => {
  const opened = await open(t)
  const { admin } = opened
  const invitationId = await invite(opened)
  const accept = (userId: string) =>
    admin.acceptInvitation({ organizationId: 'org_1', invitationId, userId }, writing())
  const [first, second] = await Promise.allSettled([accept('ann'), accept('bob')])
  t.is(first.status, 'fulfilled')
  t.like(second, { status: 'rejected', reason: { code: 'invitation_not_pending' } })
  const page = { ...reading(), pageSize: 0, pageToken: '' }
  t.is((await admin.listMemberships({ organizationId: 'org_1' }, page)).items.length, 1)
})

test('invitations that come at once share the room that is left', async (t) => {
  const opened = await open(t)
  const { admin } = opened
  await admin.updateOrganization({ organizationId: 'org_1', maxAllowedMemberships: 3 }, writing())
  await admin.createMembership({ organizationId: 'org_1', userId: 'zoe', role: 'org:member' }, writing())
  const all = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((name) => invite(opened, { emailAddress: `${name}@x.org` })),
  )
  t.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  )
  const bulk = { organizationId: 'org_1', invitations: [{ emailAddress: 'e@x.org', role: 'org:member' }] }
  await t.throwsAsync(admin.createInvitations(bulk, writing()), { code: 'membership_quota_exceeded' })
  const [made] = all
  const invitationId = made?.status === 'fulfilled' ? made.value : ''
  await admin.acceptInvitation({ organizationId: 'org_1', invitationId, userId: 'ann' }, writing())
  await t.throwsAsync(invite(opened, { emailAddress: 'e@x.org' }), { code: 'membership_quota_exceeded' })
})

test('an organization that is unknown is registered by an invitation, or the invitation is refused, as the setting says', async (t) => {
  const lenient = await openTestService(t)
  await invite(lenient, { role: 'org:member' })
  t.is((await lenient.admin.getOrganization('org_1', reading())).value.roleSet, 'role_set:default')
  const strict = await openTestService(t, { unknownOrganizations: 'deny' })
  await t.throwsAsync(invite(strict, { role: 'org:member' }), { code: 'organization_not_found' })
})

test('a call that is about registered organizations only registers none, whatever the setting says', async (t) => {
  const { admin } = await openTestService(t)
  const call = { ...writing(), onlyRegistered: true }
  const unknown = { organizationId: 'org_unknown', role: 'org:member' }
  const refused = { code: 'organization_not_found' }
  await t.throwsAsync(admin.createInvitation({ ...ann, ...unknown }, call), refused)
  await t.throwsAsync(admin.createMembership({ ...unknown, userId: 'ann' }, call), refused)
})

test('an invitation whose expiry a write relied on stays expired when the clock is set back', async (t) => {
  const opened = await open(t)
  const { admin, clock } = opened
  const first = await invite(opened)
  clock.now += dayMs
  const second = await invite(opened, { role: 'org:member' })
  clock.now -= 10 * dayMs
  const statusOf = async (id: string) =>
    (await admin.getInvitation({ organizationId: 'org_1', invitationId: id }, reading())).value.status
  t.is(await statusOf(first), 'expired')
  t.is(await statusOf(second), 'pending')
  const accept = { organizationId: 'org_1', invitationId: first, userId: 'ann' }
  await t.throwsAsync(admin.acceptInvitation(accept, writing()), { code: 'invitation_not_pending' })
  const pending = await admin.listInvitations(
    { organizationId: 'org_1', statuses: ['pending'] },
    { ...reading(), pageToken: '', pageSize: 10 },
  )
  t.deepEqual(
    pending.items.map(({ id }) => id),
    [second],
  )
})

test('commit times never run back, however the clock jumps, also across a restart', async (t) => {
  const jump = fc.integer({ min: -3 * dayMs, max: 3 * dayMs })
  await fc.assert(
    fc.asyncProperty(fc.array(jump, { minLength: 2, maxLength: 8 }), async (jumps) => {
      const { store, clock, admin, service } = await open(t)
      const half = jumps.length / 2
      const name = (at: number) => `Name ${at}`
      for (const [at, ms] of jumps.entries()) {
        clock.now += ms
        const write = (made: OpenedService['admin']) =>
          made.updateOrganization({ organizationId: 'org_1', name: name(at) }, writing())
        if (at < half) await write(admin)
        else {
          const next = await openServiceOver(store, { now: () => clock.now })
          await write(next.administration)
          next.close()
        }
      }
      const { value } = await store.read((reader) => reader.history({}, { size: 100, oldestFirst: true }))
      const times = value.map(({ committedAt }) => committedAt)
      t.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      service.close()
    }),
    { numRuns: 10 },
  )
})
