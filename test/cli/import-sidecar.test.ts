/** One sidecar is brought into another, over the HTTP API that both have: what is here, Clerk's clients read as well. */

import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { type } from './command-line.ts'

async function open(t: ExecutionContext) {
  const { target, sidecar } = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  const client = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => client.close())
  return { target, admin: client.admin, url: `http://${sidecar.http}` }
}

/** Everything of an organization that an import keeps. */
async function kept({ admin }: Awaited<ReturnType<typeof open>>, organizationId: string) {
  const { organization } = await admin.getOrganization({ organizationId })
  const { memberships } = await admin.listMemberships({ organizationId })
  const { invitations } = await admin.listInvitations({ organizationId, statuses: ['PENDING'] })
  const { roleSetId: _roleSetId, updatedAtMs: _updatedAtMs, ...rest } = organization
  return {
    organization: rest,
    memberships: memberships
      .map(({ userId, role, publicMetadata, privateMetadata }) => ({ userId, role, publicMetadata, privateMetadata }))
      .sort((a, b) => (a.userId < b.userId ? -1 : 1)),
    invitations: invitations
      .map(({ emailAddress, role, inviterUserId, privateMetadata }) => [
        emailAddress,
        role,
        inviterUserId,
        privateMetadata,
      ])
      .sort(),
  }
}

test('a sidecar comes over into another one, whole, and again without a change', async (t) => {
  const source = await open(t)
  const target = await open(t)
  const { admin } = source
  await admin.createPermission({ key: 'org:reports:read', description: 'All of them' })
  await admin.createRole({ key: 'org:analyst', permissions: ['org:reports:read', 'org:sys_memberships:read'] })
  const roles = ['org:admin', 'org:analyst', 'org:member']
  await admin.createRoleSet({ key: 'role_set:pro', roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  await admin.createOrganization({
    ...{ id: 'acme:1', name: 'Acme', slug: 'acme', roleSet: 'role_set:pro', createdBy: 'user_ada' },
    ...{ publicMetadata: { tier: ['gold', null] }, privateMetadata: { crm: { id: 7 } }, maxAllowedMemberships: 9 },
    createdAtMs: 1_600_000_000_000,
  })
  await admin.updateOrganization({ organizationId: 'acme:1', adminDeleteEnabled: false })
  await admin.createOrganization({ id: 'empty', name: 'Empty' })
  const organizationId = 'acme:1'
  await admin.createMembership({ organizationId, userId: 'user_bob', role: 'org:analyst', publicMetadata: { seat: 1 } })
  const invitation = { organizationId, emailAddress: 'eve@example.com', role: 'org:analyst', inviterUserId: 'user_ada' }
  await admin.createInvitation({ ...invitation, expiresInDays: 3, privateMetadata: { from: 'crm' } })
  const { invitation: gone } = await admin.createInvitation({ ...invitation, emailAddress: 'gone@example.com' })
  await admin.revokeInvitation({ organizationId, invitationId: gone.id })

  const env = { ROLESETS_IMPORT_KEY: secretKey, ROLESETS_TARGET: target.target, ROLESETS_KEY: secretKey }
  const run = () => type(['import', 'clerk', '--url', source.url], { env })
  const first = await run()
  t.is(first.exitCode, 0, first.stdout + first.stderr)
  for (const id of ['acme:1', 'empty']) t.deepEqual(await kept(target, id), await kept(source, id))
  const { role } = await target.admin.getRole({ role: 'org:analyst' })
  t.deepEqual(role.permissions, ['org:reports:read', 'org:sys_memberships:read'])

  const { revision } = await target.admin.getSettings({})
  const second = await run()
  t.is(second.exitCode, 0, second.stderr)
  t.regex(second.stdout, /Nothing to change/)
  t.is((await target.admin.getSettings({})).revision, revision)

  await admin.deleteOrganization({ organizationId: 'empty' })
  await admin.deleteMembership({ organizationId, userId: 'user_bob' })
  const { invitations } = await admin.listInvitations({ organizationId, statuses: ['PENDING'] })
  for (const { id: invitationId } of invitations) await admin.revokeInvitation({ organizationId, invitationId })
  const third = await type(['import', 'clerk', '--url', source.url, '--end-missing'], { env })
  t.is(third.exitCode, 0, third.stdout + third.stderr)
  t.regex(third.stdout, /1 organization:\n {4}empty\n {2}1 membership:\n {4}acme:1\/user_bob\n {2}1 invitation:/)
  t.deepEqual(await kept(target, organizationId), await kept(source, organizationId))
  await t.throwsAsync(target.admin.getOrganization({ organizationId: 'empty' }), { code: 'organization_not_found' })
})

test('members and invitations keep their several roles, and a role set for scopes stays one', async (t) => {
  const source = await open(t)
  const target = await open(t)
  const { admin } = source
  await admin.updateSettings({ maxRolesPerMember: 3 })
  await admin.createRole({ key: 'org:analyst' })
  const roles = ['org:admin', 'org:analyst', 'org:member']
  await admin.createRoleSet({ key: 'role_set:pro', roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  await admin.createRoleSet({ key: 'role_set:parts', roles: ['org:analyst'], defaultRole: 'org:analyst' })
  await admin.createOrganization({ id: 'acme', roleSet: 'role_set:pro', createdBy: 'user_ada' })
  const both = ['org:analyst', 'org:member']
  await admin.createMembership({ organizationId: 'acme', userId: 'user_bob', roles: both })
  await admin.createInvitation({ organizationId: 'acme', emailAddress: 'eve@example.com', roles: both })

  const env = { ROLESETS_IMPORT_KEY: secretKey, ROLESETS_TARGET: target.target, ROLESETS_KEY: secretKey }
  const run = () => type(['import', 'clerk', '--url', source.url], { env })
  const refused = await run()
  t.is(refused.exitCode, 1)
  t.regex(refused.stdout, /membership acme\/user_bob: .*max_roles_per_member/)
  t.is((await target.admin.getRoleSet({ roleSet: 'role_set:parts' })).roleSet.creatorRole, '')

  await target.admin.updateSettings({ maxRolesPerMember: 2 })
  const done = await run()
  t.is(done.exitCode, 0, done.stdout + done.stderr)
  const held = async () => {
    const { membership } = await target.admin.getMembership({ organizationId: 'acme', userId: 'user_bob' })
    const { invitations } = await target.admin.listInvitations({ organizationId: 'acme' })
    return [membership.roles, ...invitations.map((each) => each.roles)]
  }
  t.deepEqual(await held(), [both, both])
  t.regex((await run()).stdout, /Nothing to change/)

  await admin.updateMembership({ organizationId: 'acme', userId: 'user_bob', roles: ['org:analyst', 'org:admin'] })
  t.is((await run()).exitCode, 0)
  t.deepEqual((await held())[0], ['org:analyst', 'org:admin'])
  await admin.updateMembership({ organizationId: 'acme', userId: 'user_bob', role: 'org:analyst' })
  t.is((await run()).exitCode, 0)
  t.deepEqual((await held())[0], ['org:analyst'])
})

test('a member for a time is one for the same time, and an end that only the target has stays', async (t) => {
  const source = await open(t)
  const target = await open(t)
  const { admin } = source
  await admin.createOrganization({ id: 'acme', createdBy: 'user_ada' })
  const expiresAtMs = Date.UTC(2099, 5, 30)
  for (const userId of ['user_bob', 'user_cem'])
    await admin.createMembership({ organizationId: 'acme', userId, role: 'org:member', expiresAtMs })
  const env = { ROLESETS_IMPORT_KEY: secretKey, ROLESETS_TARGET: target.target, ROLESETS_KEY: secretKey }
  const run = () => type(['import', 'clerk', '--url', source.url], { env })
  const ends = async () => {
    const { memberships } = await target.admin.listMemberships({ organizationId: 'acme' })
    return memberships.map((each) => each.expiresAtMs)
  }
  t.is((await run()).exitCode, 0)
  t.deepEqual(await ends(), [0, expiresAtMs, expiresAtMs])
  t.regex((await run()).stdout, /Nothing to change/)
  await admin.updateMembership({ organizationId: 'acme', userId: 'user_bob', expiresAtMs: expiresAtMs + 1 })
  await admin.updateMembership({ organizationId: 'acme', userId: 'user_cem', expiresAtMs: 0 })
  t.is((await run()).exitCode, 0)
  t.deepEqual(await ends(), [0, expiresAtMs + 1, expiresAtMs])
})
