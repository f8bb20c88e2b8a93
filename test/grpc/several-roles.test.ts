/** Several roles of a member over the wire (rule 17). */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, type Answer, type TestClient } from './open-sidecar.ts'

const ann = { organizationId: 'acme', userId: 'ann' }
const both = ['org:member', 'org:admin']

async function client(t: Parameters<typeof openTestSidecar>[0], maxRolesPerMember?: number): Promise<TestClient> {
  const connected = connect(t, (await openTestSidecar(t)).target)
  if (maxRolesPerMember !== undefined) await connected.write('UpdateSettings', { maxRolesPerMember })
  return connected
}

const thing = (answer: Answer, name: string) => answer[name] as Answer

test('a member has one role until the setting allows more', async (t) => {
  const { call, write } = await client(t)
  t.like((await call('GetSettings'))['settings'], { maxRolesPerMember: 1 })
  const refused = await refusalOf(write('CreateMembership', { ...ann, roles: both }))
  t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'LIMIT_EXCEEDED' })
  t.like((await write('UpdateSettings', { maxRolesPerMember: 2 }))['settings'], { maxRolesPerMember: 2 })
  const { membership } = await write('CreateMembership', { ...ann, roles: both })
  t.like(membership, { role: 'org:member', roles: both, scope: '', expiresAtMs: 0 })
})

test('one role replaces all, and the first of several is what one role is', async (t) => {
  const { read, write } = await client(t, 3)
  const one = await write('CreateMembership', { ...ann, role: 'org:member' })
  t.like(one['membership'], { role: 'org:member', roles: ['org:member'] })
  const several = await write('UpdateMembership', { ...ann, roles: both })
  t.like(several['membership'], { role: 'org:member', roles: both })
  const { roleIds, roleId } = thing(await read('GetMembership', ann), 'membership')
  t.is((roleIds as string[])[0], roleId as string)
  const replaced = await write('UpdateMembership', { ...ann, role: 'org:admin' })
  t.like(replaced['membership'], { role: 'org:admin', roles: ['org:admin'] })
  const contrary = await refusalOf(write('UpdateMembership', { ...ann, role: 'org:admin', roles: both }))
  t.like(contrary, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
})

test('an invitation has several roles, and gives them all', async (t) => {
  const { write } = await client(t, 2)
  const invited = { organizationId: 'acme', emailAddress: 'ann@example.com', roles: both }
  const { id } = thing(await write('CreateInvitation', invited), 'invitation')
  const accepted = await write('AcceptInvitation', { ...ann, invitationId: id })
  t.like(accepted['membership'], { role: 'org:member', roles: both })
  const more = [
    { emailAddress: 'bob@example.com', roles: both },
    { emailAddress: 'cem@example.com', role: 'org:member' },
  ]
  const { invitations } = await write('CreateInvitations', { organizationId: 'acme', invitations: more })
  t.like(invitations, [{ roles: both }, { roles: ['org:member'] }])
})

test('members are listed by each of their roles, and keep a role once that a mapping gives again', async (t) => {
  const { read, write } = await client(t, 2)
  for (const key of ['org:x', 'org:y']) await write('CreateRole', { key })
  await write('AddRoles', { roleSet: 'role_set:default', roles: ['org:x', 'org:y'] })
  await write('CreateMembership', { ...ann, roles: ['org:x', 'org:y'] })
  await write('CreateMembership', { organizationId: 'acme', userId: 'bob', roles: ['org:member', 'org:x'] })
  const holders = async (role: string) =>
    ((await read('ListMemberships', { organizationId: 'acme', role }))['memberships'] as Answer[]).map(
      (each) => each['userId'],
    )
  t.deepEqual(
    [await holders('org:x'), await holders('org:y'), await holders('org:admin')],
    [['ann', 'bob'], ['ann'], []],
  )
  const replace = { roleSet: 'role_set:default', role: 'org:x', toRole: 'org:y' }
  const preview = await write('ReplaceRole', { ...replace, dryRun: true })
  const { impact } = await write('ReplaceRole', replace)
  t.deepEqual(preview['impact'], impact)
  t.like(impact, { members: 2, roles: [{ role: 'org:x', toRole: 'org:y', members: 2 }] })
  t.like(thing(await read('GetMembership', ann), 'membership'), { roles: ['org:y'] })
  t.deepEqual(await holders('org:y'), ['ann', 'bob'])
  t.like(await refusalOf(write('DeleteRole', { role: 'org:y' })), { reason: 'IN_USE' })
})

test('the totals of an impact count members, and each role counts its holders', async (t) => {
  const { write } = await client(t, 2)
  const roleSet = {
    key: 'role_set:other',
    roles: ['org:admin', 'org:z'],
    defaultRole: 'org:z',
    creatorRole: 'org:admin',
  }
  await write('CreateRole', { key: 'org:z' })
  await write('CreateRoleSet', roleSet)
  await write('CreateMembership', { ...ann, roles: both })
  await write('CreateMembership', { organizationId: 'acme', userId: 'bob', role: 'org:member' })
  const mappings = { 'org:member': 'org:z', 'org:admin': 'org:z' }
  const move = { organizationId: 'acme', roleSet: 'role_set:other', mappings, allowNoAdministrator: true, dryRun: true }
  const { impact } = await write('AssignRoleSet', move)
  t.is(thing({ impact }, 'impact')['members'], 2)
  t.like(thing({ impact }, 'impact')['roles'], [
    { role: 'org:admin', members: 1 },
    { role: 'org:member', members: 2 },
  ])
  const gone = await write('DeleteOrganization', { organizationId: 'acme', dryRun: true })
  t.is(thing(gone, 'impact')['members'], 2)
  t.is(
    thing(await write('RemoveUser', { userId: 'ann', allowNoAdministrator: true, dryRun: true }), 'impact')['members'],
    1,
  )
})
