/** The calls about invitations over the wire: what they answer, and what they refuse. */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer, type TestClient } from './open-sidecar.ts'

const secret = { key: secretKey }
const dayMs = 24 * 60 * 60 * 1_000

async function client(t: Parameters<typeof openTestSidecar>[0]): Promise<TestClient> {
  return connect(t, (await openTestSidecar(t)).target)
}

const ann = { organizationId: 'org_1', emailAddress: 'Ann@example.org', role: 'org:member' }

const thing = (answer: Answer, name: string) => answer[name] as Answer

test('an address is invited, and becomes a member by accepting', async (t) => {
  const { read, write } = await client(t)
  const metadata = { fields: { team: { stringValue: 'red' } } }
  const more = {
    inviterUserId: 'user_0',
    expiresInDays: 3,
    redirectUrl: 'https://x.org/join',
    publicMetadata: metadata,
  }
  const created = await write('CreateInvitation', { ...ann, ...more })
  const invitation = thing(created, 'invitation')
  t.like(invitation, {
    ...ann,
    ...{ inviterUserId: 'user_0', redirectUrl: 'https://x.org/join' },
    ...{ status: 'PENDING', acceptedByUserId: '' },
  })
  t.is(Number(invitation['expiresAtMs']) - Number(invitation['createdAtMs']), 3 * dayMs)
  const named = { organizationId: 'org_1', invitationId: invitation['id'] }
  t.deepEqual(thing(await read('GetInvitation', named), 'invitation'), invitation)

  const accepted = await write('AcceptInvitation', { ...named, userId: 'user_1' })
  t.like(accepted['invitation'], { id: invitation['id'], status: 'ACCEPTED', acceptedByUserId: 'user_1' })
  t.like(accepted['membership'], { userId: 'user_1', role: 'org:member', organizationId: 'org_1' })
  const membership = thing(await read('GetMembership', { organizationId: 'org_1', userId: 'user_1' }), 'membership')
  t.deepEqual(membership, accepted['membership'])
  t.like(membership, { publicMetadata: { fields: { team: { stringValue: 'red' } } } })
  t.is((await refusalOf(write('AcceptInvitation', { ...named, userId: 'user_2' }))).reason, 'INVITATION_NOT_PENDING')
})

test('several addresses are invited at once, or none', async (t) => {
  const { read, write } = await client(t)
  const invite = (...addresses: string[]) => ({
    organizationId: 'org_1',
    invitations: addresses.map((emailAddress) => ({ emailAddress, role: 'org:member' })),
  })
  const created = await write('CreateInvitations', invite('a@x.org', 'b@x.org'))
  const addresses = (created['invitations'] as Answer[]).map(({ emailAddress }) => emailAddress)
  t.deepEqual(addresses, ['a@x.org', 'b@x.org'])
  const refused = await refusalOf(write('CreateInvitations', invite('c@x.org', 'A@X.ORG')))
  t.like(refused, { status: 'ALREADY_EXISTS', reason: 'INVITATION_EXISTS' })
  t.is(refused.fields[0]?.field, 'invitations[1].email_address')
  t.is((await refusalOf(write('CreateInvitations', invite()))).reason, 'INVALID_FIELD')
  t.is(((await read('ListInvitations', { organizationId: 'org_1' }))['invitations'] as unknown[]).length, 2)
})

test('invitations are listed by pages and by where they stand', async (t) => {
  const { read, write } = await client(t)
  const ids: unknown[] = []
  for (const name of ['a', 'b', 'c'])
    ids.push(thing(await write('CreateInvitation', { ...ann, emailAddress: `${name}@x.org` }), 'invitation')['id'])
  const revoked = await write('RevokeInvitation', { organizationId: 'org_1', invitationId: ids[1] })
  t.like(revoked['invitation'], { id: ids[1], status: 'REVOKED' })
  const idsOf = (page: Answer) => (page['invitations'] as Answer[]).map(({ id }) => id)
  const ordered = [...ids].sort()
  const first = await read('ListInvitations', { organizationId: 'org_1', pageSize: 2 })
  const second = await read('ListInvitations', { organizationId: 'org_1', pageToken: first['nextPageToken'] })
  t.deepEqual([...idsOf(first), ...idsOf(second)], ordered)
  const pending = await read('ListInvitations', { organizationId: 'org_1', statuses: ['PENDING'] })
  t.deepEqual(idsOf(pending).sort(), [ids[0], ids[2]].sort())
  const both = await read('ListInvitations', { organizationId: 'org_1', statuses: ['REVOKED', 'EXPIRED'] })
  t.deepEqual(idsOf(both), [ids[1]])
  const unknown = await refusalOf(read('ListInvitations', { organizationId: 'org_1', statuses: [0, 77] }))
  t.is(unknown.fields[0]?.field, 'statuses[0]')
})

test('a role outside the set, a taken address and a foreign invitation are refused', async (t) => {
  const { call, write } = await client(t)
  await write('CreateRole', { key: 'org:outside' })
  const outside = await refusalOf(write('CreateInvitation', { ...ann, role: 'org:outside' }))
  t.like(outside, { status: 'FAILED_PRECONDITION', reason: 'ROLE_NOT_IN_ROLE_SET' })
  t.is((await refusalOf(write('CreateInvitation', { ...ann, role: 'org:none' }))).reason, 'ROLE_NOT_FOUND')
  t.is((await refusalOf(write('CreateInvitation', { ...ann, emailAddress: 'ann' }))).fields[0]?.field, 'email_address')
  const { id } = thing(await write('CreateInvitation', ann), 'invitation')
  const taken = await refusalOf(write('CreateInvitation', { ...ann, emailAddress: 'ANN@EXAMPLE.ORG' }))
  t.like(taken, { status: 'ALREADY_EXISTS', reason: 'INVITATION_EXISTS', facts: { invitation: id } })
  await write('CreateOrganization', { id: 'org_2' })
  for (const [method, more] of [
    ['GetInvitation', {}],
    ['RevokeInvitation', {}],
    ['AcceptInvitation', { userId: 'user_1' }],
  ] as const) {
    const refused = await refusalOf(call(method, { organizationId: 'org_2', invitationId: id, ...more }, secret))
    t.like(refused, { status: 'NOT_FOUND', reason: 'INVITATION_NOT_FOUND' }, method)
  }
  t.like(await refusalOf(write('DeleteRole', { role: 'org:member' })), { reason: 'IN_USE' })
})

test('a full organization takes no more invitations, and says so before', async (t) => {
  const { write } = await client(t)
  await write('CreateOrganization', { id: 'org_1', createdBy: 'user_1', maxAllowedMemberships: 2 })
  await write('CreateInvitation', ann)
  const another = { ...ann, emailAddress: 'bob@x.org' }
  const refused = await refusalOf(write('CreateInvitation', another))
  t.like(refused, { status: 'FAILED_PRECONDITION', reason: 'MEMBERSHIP_QUOTA_EXCEEDED', facts: { max: '2' } })
  const preview = await write('CreateInvitation', { ...another, dryRun: true })
  t.is(preview['invitation'], null)
  const [violation] = (preview['impact'] as Answer)['violations'] as Answer[]
  t.like(violation, { reason: 'MEMBERSHIP_QUOTA_EXCEEDED', message: refused.message, facts: refused.facts })
})
