/** Memberships and invitations of scopes over the wire, and with the client's administration. */

import { join } from 'node:path'
import { createRoleSetsClient, type RoleSetsError } from '@rolesets/client'
import { put } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver } from '../service/open-service.ts'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer } from './open-sidecar.ts'

/** A store whose departments have the initial set, and a sidecar over it. */
async function openWithDepartments(t: ExecutionContext) {
  const database = `sqlite:${join(await temporaryFolder(t), 'r.db')}`
  const store = await openStore(database)
  const service = await openServiceOver(store)
  await store.write({ actor: 'tester', operation: 'Test', at: 1 }, async (writer) => {
    const kind = { kind: 'department', fallback: 'organization', roleSetId: null } as const
    await writer.record([put('scope_kind', { ...kind, updatedAt: 1, revision: writer.nextRevision }, null)])
  })
  service.close()
  await store.close()
  const { target } = await openTestSidecar(t, { ROLESETS_DATABASE: database })
  return { target, ...connect(t, target) }
}

const scope = 'department:cardiology'
const ann = { organizationId: 'org_1', userId: 'ann', role: 'org:member' }
const scopesOf = (answer: Answer, name: string) => (answer[name] as Answer[]).map((each) => each['scope'])

test('a member of an organization joins a scope, is changed there, and leaves', async (t) => {
  const { read, write } = await openWithDepartments(t)
  const missing = await refusalOf(write('CreateMembership', { ...ann, scope }))
  t.like(missing, { status: 'FAILED_PRECONDITION', reason: 'ORGANIZATION_MEMBERSHIP_MISSING' })
  t.is(missing.fields[0]?.field, 'user_id')
  await write('CreateMembership', ann)
  t.like((await write('CreateMembership', { ...ann, scope }))['membership'], { scope, role: 'org:member' })
  const place = { organizationId: 'org_1', scope, userId: 'ann' }
  t.like((await write('UpdateMembership', { ...place, role: 'org:admin' }))['membership'], { scope, role: 'org:admin' })
  t.like((await read('GetMembership', place))['membership'], { scope, role: 'org:admin' })
  t.like((await read('GetMembership', ann))['membership'], { scope: '', role: 'org:member' })
  const list = (request: Answer) => read('ListMemberships', request)
  t.deepEqual(scopesOf(await list({ organizationId: 'org_1' }), 'memberships'), [''])
  t.deepEqual(scopesOf(await list({ organizationId: 'org_1', scope }), 'memberships'), [scope])
  t.deepEqual(scopesOf(await list({ organizationId: 'org_1', scope: '*' }), 'memberships'), ['', scope])
  t.deepEqual(scopesOf(await list({ userId: 'ann', scope: '*' }), 'memberships'), ['', scope])
  t.is((await refusalOf(list({ scope: '*' }))).fields[0]?.field, 'organization_id')
  const ended = await write('DeleteMembership', { organizationId: 'org_1', userId: 'ann', dryRun: true })
  t.like(ended['impact'], { members: 1, roles: [{ role: 'org:admin', toRole: '', members: 1 }] })
  t.like((await write('DeleteMembership', place))['membership'], { scope })
  t.is((await refusalOf(read('GetMembership', place))).reason, 'MEMBERSHIP_NOT_FOUND')
})

test('a malformed scope is a violation of its field, in each call that has one', async (t) => {
  const { read, write } = await openWithDepartments(t)
  const offer = { emailAddress: 'a@x.org', role: 'org:member' }
  const ref = { organizationId: 'org_1', invitationId: 'orginv_x' }
  const calls = [
    ...[write('CreateMembership', { ...ann, scope: 'cardiology' }), read('GetMembership', { ...ann, scope: 'a:' })],
    ...[write('UpdateMembership', { ...ann, scope: ':a' }), write('DeleteMembership', { ...ann, scope: 'a:b/c' })],
    ...[read('ListMemberships', { organizationId: 'org_1', scope: '**' })],
    ...[read('ListInvitations', { organizationId: 'org_1', scope: 'department' })],
    ...[write('CreateInvitation', { ...offer, organizationId: 'org_1', scope: 'Department:a' })],
    ...[write('CreateInvitations', { organizationId: 'org_1', scope: '*', invitations: [offer] })],
    ...[read('GetInvitation', { ...ref, scope: '*' }), write('RevokeInvitation', { ...ref, scope: '*' })],
    ...[write('AcceptInvitation', { ...ref, scope: '*', userId: 'ann' })],
  ]
  for (const [place, call] of calls.entries()) {
    const { status, reason, fields } = await refusalOf(call)
    t.deepEqual([status, reason, fields[0]?.field], ['INVALID_ARGUMENT', 'INVALID_FIELD', 'scope'], String(place))
  }
})

test('the administration of the client invites into scopes, one by one and several at once', async (t) => {
  const { target } = await openWithDepartments(t)
  const client = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000 })
  t.teardown(() => client.close())
  const { admin } = client
  await admin.createMembership(ann)
  const { invitation } = await admin.createInvitation({
    ...{ organizationId: 'org_1', scope, emailAddress: 'ann@x.org', role: 'org:member' },
  })
  t.is(invitation?.scope, scope)
  const invitations = ['ben', 'eve'].map((name) => ({ emailAddress: `${name}@x.org`, role: 'org:member' }))
  const several = await admin.createInvitations({ organizationId: 'org_1', scope, invitations })
  t.deepEqual(
    several.invitations.map((each) => each.scope),
    [scope, scope],
  )
  t.is((await admin.listInvitations({ organizationId: 'org_1' })).invitations.length, 0)
  t.is((await admin.listInvitations({ organizationId: 'org_1', scope })).invitations.length, 3)
  t.is((await admin.listInvitations({ organizationId: 'org_1', scope: '*' })).invitations.length, 3)
  const ref = { organizationId: 'org_1', invitationId: invitation?.id ?? '' }
  t.is((await admin.getInvitation({ ...ref, scope })).invitation.scope, scope)
  const asOthers = await t.throwsAsync<RoleSetsError>(admin.getInvitation({ ...ref, scope: '' }))
  t.is(asOthers?.code, 'invitation_not_found')
  const stranger = await t.throwsAsync<RoleSetsError>(admin.acceptInvitation({ ...ref, userId: 'ben' }))
  t.is(stranger?.code, 'organization_membership_missing')
  const accepted = await admin.acceptInvitation({ ...ref, userId: 'ann' })
  t.like(accepted.membership, { scope, userId: 'ann', roles: ['org:member'] })
  const places = await admin.listMemberships({ userId: 'ann', scope: '*' })
  t.deepEqual(
    places.memberships.map((each) => each.scope),
    ['', scope],
  )
  const unknown = await t.throwsAsync<RoleSetsError>(admin.createMembership({ ...ann, scope: 'ward:a' }))
  t.is(unknown?.code, 'scope_kind_not_found')
})
