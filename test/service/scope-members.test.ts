/** Memberships and invitations of scopes (rules 14 and 15): who can be in one, with which roles, and what ends with what. */

import { put, type RefusalCode } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { acme, kinds, openHospital, record } from './hospital.ts'
import { reading, writing } from './open-service.ts'

const page = { ...reading(), pageSize: 0, pageToken: '' }

/** A hospital whose departments have a set of their own, whose teams follow it, and whose products have none. */
async function openStaffed(t: ExecutionContext) {
  const opened = await openHospital(t)
  await record(opened, (idOf, revision) => {
    const assigned = { name: '', roleSetId: idOf('own'), updatedAt: 1, revision }
    return [...kinds(idOf, revision), put('assignment', { organizationId: acme, scope: 'team:red', ...assigned }, null)]
  })
  const join = (userId: string, scope = '', role = 'org:member') =>
    opened.admin.createMembership({ organizationId: acme, scope, userId, role }, writing())
  const invite = (emailAddress: string, scope = '', role = 'org:member') =>
    opened.admin.createInvitation({ organizationId: acme, scope, emailAddress, role }, writing())
  const places = async (userId: string) => {
    const filter = { organizationId: '', userId, scope: '*' }
    return (await opened.admin.listMemberships(filter, page)).items.map(({ scope, role }) => [scope, role])
  }
  return { ...opened, join, invite, places }
}

async function refused(t: ExecutionContext, call: Promise<unknown>, code: RefusalCode): Promise<Refusal> {
  const refusal = await t.throwsAsync<Refusal>(call)
  t.is(refusal?.code, code, refusal?.message ?? '')
  return refusal
}

test('a role of a scope is one of its own set, its default, its kind or its organization, and the refusal says which', async (t) => {
  const { join, admin } = await openStaffed(t)
  await join('ann')
  const rows = [
    ['team:blue', 'hospital', 'organization', 'which follows the organization'],
    ['team:red', 'own', 'own', 'which was assigned to this scope'],
    ['department:cardiology', 'ward', 'kind', 'by its kind "department"'],
    ['department:pharmacy', 'pharmacy', 'default', 'by the default for scopes with this key'],
  ] as const
  for (const [scope, name, origin, why] of rows) {
    const other = name === 'ward' ? 'hospital' : 'ward'
    const refusal = await refused(t, join('ann', scope, `org:${other}`), 'role_not_in_role_set')
    const facts = { organization: acme, scope, origin, role_set: `role_set:${name}`, role: `org:${other}` }
    t.like(refusal, { field: 'role', facts })
    t.true(refusal.message.includes(`the role set of "${scope}" of "org_acme", `), refusal.message)
    t.true(refusal.message.includes(why), refusal.message)
    const { value } = await join('ann', scope, `org:${name}`)
    t.like(value, { scope, role: `org:${name}`, roles: [`org:${name}`], userId: 'ann', organizationId: acme })
    const ref = { organizationId: acme, scope, userId: 'ann' }
    t.deepEqual((await admin.getMembership(ref, reading())).value, value)
    await refused(t, admin.updateMembership({ ...ref, role: `org:${other}` }, writing()), 'role_not_in_role_set')
    const updated = await admin.updateMembership({ ...ref, role: 'org:member' }, writing())
    t.like(updated.value, { scope, role: 'org:member' })
  }
})

test('nothing can be given in a scope that has no role set, and a misspelt scope is a fault of the field', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  await join('ann')
  for (const write of [join, invite]) {
    const name = write === join ? 'ann' : 'ann@x.org'
    const unassigned = await refused(t, write(name, 'product:crm'), 'scope_without_role_set')
    t.like(unassigned, { field: 'scope', facts: { scope: 'product:crm', organization: acme } })
    await refused(t, write(name, 'prodct:crm'), 'scope_kind_not_found')
    for (const scope of ['team', 'team:a/b', 'Team:a', ':a', '*', 'team: a'])
      t.is((await refused(t, write(name, scope), 'invalid_field')).field, 'scope', scope)
  }
  const preview = await admin.createMembership(
    { organizationId: acme, scope: 'product:crm', userId: 'ann', role: 'org:member' },
    writing({ dryRun: true }),
  )
  t.is(preview.impact.violations[0]?.code, 'scope_without_role_set')
  const several = {
    organizationId: acme,
    scope: 'team',
    invitations: [{ emailAddress: 'a@x.org', role: 'org:member' }],
  }
  t.is((await refused(t, admin.createInvitations(several, writing()), 'invalid_field')).field, 'scope')
})

test('only members of the organization can be members of its scopes, by whichever way', async (t) => {
  const { join, invite, admin, store } = await openStaffed(t)
  const refusal = await refused(t, join('ann', 'team:blue'), 'organization_membership_missing')
  t.like(refusal, { field: 'user_id', facts: { organization: acme, scope: 'team:blue', user: 'ann' } })
  const stranger = { organizationId: 'org_stranger', scope: 'team:blue', userId: 'ann', role: 'org:member' }
  await refused(t, admin.createMembership(stranger, writing()), 'organization_membership_missing')
  t.is((await store.read((reader) => reader.organization('org_stranger'))).value, undefined)

  const { value } = await invite('ann@x.org', 'team:blue')
  const accepting = { organizationId: acme, invitationId: value?.id ?? '', userId: 'ann' }
  await refused(t, admin.acceptInvitation(accepting, writing()), 'organization_membership_missing')
  await join('ann')
  const accepted = await admin.acceptInvitation(accepting, writing())
  t.like(accepted.value, { invitation: { status: 'accepted', scope: 'team:blue' }, membership: { scope: 'team:blue' } })
  await refused(t, join('ann', 'team:blue'), 'membership_exists')
})

test('with the membership of an organization those in its scopes end, in one write that counts them', async (t) => {
  const { join, invite, places, admin, store } = await openStaffed(t)
  for (const userId of ['ann@x.org', 'ben']) {
    await join(userId)
    await join(userId, 'team:red', 'org:own')
    await join(userId, 'team:blue', 'org:hospital')
    await join(userId, 'department:a', 'org:ward')
  }
  await admin.createMembership({ organizationId: 'org_b', userId: 'ann@x.org', role: 'org:member' }, writing())
  const { value: offer } = await invite('ann@x.org', 'department:b')

  const inScope = { organizationId: acme, scope: 'team:blue', userId: 'ann@x.org' }
  t.deepEqual((await admin.deleteMembership(inScope, writing())).impact.roles, [])
  await refused(t, admin.deleteMembership(inScope, writing()), 'membership_not_found')

  const ending = { organizationId: acme, userId: 'ann@x.org' }
  const foreseen = await admin.deleteMembership(ending, writing({ dryRun: true }))
  const { head } = store
  const ended = await admin.deleteMembership(ending, writing())
  t.is(store.head, head + 1)
  t.deepEqual(foreseen.impact, ended.impact)
  const gone = { toRole: '', members: 1, invitations: 0, organizations: 1 }
  t.deepEqual(ended.impact.roles, [
    { role: 'org:own', ...gone },
    { role: 'org:ward', ...gone },
  ])
  t.is(ended.impact.endedInvitations, 1)
  t.like((await admin.getInvitation({ organizationId: acme, invitationId: offer?.id ?? '' }, reading())).value, {
    status: 'revoked',
  })
  t.deepEqual(await places('ann@x.org'), [['', 'org:member']])
  t.is((await places('ben')).length, 4)

  const removed = await admin.removeUser({ userId: 'ben' }, writing())
  t.deepEqual(
    removed.impact.roles.map(({ role, members }) => [role, members]),
    [
      ['org:hospital', 1],
      ['org:member', 1],
      ['org:own', 1],
      ['org:ward', 1],
    ],
  )
  t.deepEqual(await places('ben'), [])
})

test('a deleted organization takes members and invitations of its scopes along, and its impact counts them', async (t) => {
  const { join, invite, places, admin } = await openStaffed(t)
  await join('ann')
  await join('ann', 'department:a', 'org:ward')
  await invite('ben@x.org', 'department:a', 'org:ward')
  const { impact } = await admin.deleteOrganization({ organizationId: acme }, writing())
  const gone = { toRole: '', organizations: 1 }
  t.deepEqual(impact.roles, [
    { role: 'org:member', ...gone, members: 1, invitations: 0 },
    { role: 'org:ward', ...gone, members: 1, invitations: 1 },
  ])
  t.deepEqual(await places('ann'), [])
  await admin.createOrganization({ id: acme }, writing())
  const filter = { organizationId: acme, scope: '*' }
  t.deepEqual((await admin.listInvitations(filter, page)).items, [])
})

test('pending invitations are one for each address and place, and end in the place that somebody joins', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  await join('ann@x.org')
  await invite('ann@x.org', 'team:red')
  await invite('ann@x.org', 'team:blue')
  const taken = await refused(t, invite('ANN@x.org', 'team:blue'), 'invitation_exists')
  t.like(taken.facts, { organization: acme, scope: 'team:blue' })
  const joined = await join('ann@x.org', 'team:blue')
  t.is(joined.impact.endedInvitations, 1)
  const pending = { organizationId: acme, scope: '*', statuses: ['pending'] as const }
  t.deepEqual(
    (await admin.listInvitations(pending, page)).items.map(({ scope }) => scope),
    ['team:red'],
  )
})

test('an invitation is found, revoked and accepted in its place, and in no other one that a call names', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  await join('ann')
  const { value } = await invite('ann@x.org', 'team:red')
  const ref = { organizationId: acme, invitationId: value?.id ?? '' }
  for (const scope of ['', 'team:blue']) {
    await refused(t, admin.getInvitation({ ...ref, scope }, reading()), 'invitation_not_found')
    await refused(t, admin.revokeInvitation({ ...ref, scope }, writing()), 'invitation_not_found')
    await refused(t, admin.acceptInvitation({ ...ref, scope, userId: 'ann' }, writing()), 'invitation_not_found')
  }
  t.deepEqual((await admin.getInvitation(ref, reading())).value, value)
  t.deepEqual((await admin.getInvitation({ ...ref, scope: 'team:red' }, reading())).value, value)
  t.like((await admin.revokeInvitation({ ...ref, scope: 'team:red' }, writing())).value, { status: 'revoked' })
})

test('lists show one place, or all of an organization or of a user, page by page', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  for (const userId of ['ann', 'ben', 'eve']) {
    await join(userId)
    await join(userId, 'team:red', 'org:own')
    await join(userId, 'department:a', 'org:ward')
  }
  for (const scope of ['', 'team:red']) await invite('new@x.org', scope)
  await admin.createMembership({ organizationId: 'org_b', userId: 'ben', role: 'org:admin' }, writing())
  const list = async (filter: Parameters<typeof admin.listMemberships>[0], pageSize = 0) => {
    const found: string[] = []
    for (let pageToken = ''; ;) {
      const { items, nextPageToken } = await admin.listMemberships(filter, { ...page, pageSize, pageToken })
      found.push(...items.map(({ organizationId, scope, userId }) => `${organizationId} ${scope} ${userId}`))
      if (nextPageToken === '') return found
      pageToken = nextPageToken
    }
  }
  const ofPlace = (scope: string) => ['ann', 'ben', 'eve'].map((userId) => `org_acme ${scope} ${userId}`)
  t.deepEqual(await list({ organizationId: acme }), ofPlace(''))
  t.deepEqual(await list({ organizationId: acme, scope: 'team:red' }, 1), ofPlace('team:red'))
  const all = ['', 'department:a', 'team:red'].flatMap(ofPlace)
  for (const size of [0, 1, 2, 4]) t.deepEqual(await list({ organizationId: acme, scope: '*' }, size), all)
  const ofBen = all.filter((each) => each.endsWith(' ben'))
  t.deepEqual(await list({ organizationId: acme, scope: '*', userId: 'ben' }, 2), ofBen)
  t.deepEqual(await list({ organizationId: '', scope: '*', userId: 'ben' }, 1), [...ofBen, 'org_b  ben'])
  t.deepEqual(await list({ organizationId: '', userId: 'ben' }), ['org_acme  ben', 'org_b  ben'])
  t.deepEqual(await list({ organizationId: acme, scope: 'team:red', userId: 'ben' }), ['org_acme team:red ben'])
  t.deepEqual(await list({ organizationId: acme, scope: '*', role: 'org:ward' }, 1), ofPlace('department:a'))
  await refused(t, list({ organizationId: '', scope: '*' }), 'invalid_field')
  t.is((await refused(t, list({ organizationId: acme, scope: 'red' }), 'invalid_field')).field, 'scope')
  const invited = async (scope: string) =>
    (await admin.listInvitations({ organizationId: acme, scope }, page)).items.map((each) => each.scope)
  t.deepEqual([await invited(''), await invited('team:red')], [[''], ['team:red']])
  t.deepEqual((await invited('*')).sort(), ['', 'team:red'])
})

test('a quota counts the members of the organization as a whole, and no one twice', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  await admin.updateOrganization({ organizationId: acme, maxAllowedMemberships: 1 }, writing())
  await join('ann')
  await join('ann', 'team:red')
  const { value } = await invite('ann@x.org', 'team:blue')
  await admin.acceptInvitation({ organizationId: acme, invitationId: value?.id ?? '', userId: 'ann' }, writing())
  await refused(t, join('ben'), 'membership_quota_exceeded')
})

test('administrators of a scope alone may manage it, and the last one of the organization is protected only there', async (t) => {
  const { join, invite, admin } = await openStaffed(t)
  await join('ann')
  await join('ann', 'team:red', 'org:admin')
  await join('ben', '', 'org:admin')
  await join('eve')
  const acting = writing({ actingUserId: 'ann' })
  const toRed = { organizationId: acme, scope: 'team:red', userId: 'eve', role: 'org:member' }
  await admin.createMembership(toRed, acting)
  await refused(t, admin.createMembership({ ...toRed, scope: 'team:blue' }, acting), 'user_lacks_permission')
  const { value } = await invite('x@x.org', 'team:red')
  const ref = { organizationId: acme, invitationId: value?.id ?? '' }
  const whole = await invite('y@x.org')
  await refused(
    t,
    admin.revokeInvitation({ ...ref, invitationId: whole.value?.id ?? '' }, acting),
    'user_lacks_permission',
  )
  await admin.revokeInvitation(ref, acting)
  await admin.deleteMembership({ organizationId: acme, scope: 'team:red', userId: 'ann' }, writing())
  await refused(
    t,
    admin.deleteMembership({ organizationId: acme, userId: 'ben' }, writing()),
    'organization_minimum_permissions_needed',
  )
})
