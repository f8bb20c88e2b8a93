/** Settings, single permissions of a role, the wider updates of an organization, and previews: over the wire. */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, type Answer, type TestClient } from './open-sidecar.ts'

async function client(t: Parameters<typeof openTestSidecar>[0]): Promise<TestClient> {
  return connect(t, (await openTestSidecar(t)).target)
}

test('settings hold for new organizations, and show the places of the initial set', async (t) => {
  const { call, write } = await client(t)
  const { settings } = await call('GetSettings')
  t.like(settings, {
    ...{ enabled: true, maxAllowedMemberships: 0, adminDeleteEnabled: true, slugDisabled: false, updatedAtMs: 0 },
    ...{ initialRoleSet: 'role_set:default', creatorRole: 'org:admin', defaultRole: 'org:member' },
  })
  const modes = { keys: ['manual_invitation'] }
  const input = { maxAllowedMemberships: 5, adminDeleteEnabled: false, slugDisabled: true, defaultRole: 'org:admin' }
  const written = await write('UpdateSettings', { ...input, domainsEnrollmentModes: modes })
  t.like(written['settings'], { ...input, enabled: true, domainsEnrollmentModes: ['manual_invitation'] })
  t.like((await call('GetRoleSet', { roleSet: 'role_set:default' }))['roleSet'], { defaultRole: 'org:admin' })
  const created = await write('CreateOrganization', { id: 'org_1' })
  t.like(created['organization'], { maxAllowedMemberships: 5, adminDeleteEnabled: false, createdBy: '' })
  const slug = await refusalOf(write('CreateOrganization', { id: 'org_2', slug: 'two' }))
  t.like(slug, { status: 'FAILED_PRECONDITION', reason: 'SLUGS_DISABLED' })
  await write('UpdateSettings', { enabled: false })
  t.is((await refusalOf(write('CreateOrganization', { id: 'org_3' }))).reason, 'ORGANIZATIONS_DISABLED')
  const outside = await refusalOf(write('UpdateSettings', { creatorRole: 'org:none' }))
  t.like(outside, { status: 'NOT_FOUND', reason: 'ROLE_NOT_FOUND' })
})

test('settings that changed since the expected revision are left alone, also when it was the initial set', async (t) => {
  const { call, write } = await client(t)
  const { revision: expectedRevision } = await call('GetSettings')
  await write('UpdateRoleSet', { roleSet: 'role_set:default', defaultRole: 'org:admin' })
  const refused = await refusalOf(write('UpdateSettings', { enabled: false, expectedRevision }))
  t.like(refused, { status: 'ABORTED', reason: 'REVISION_CONFLICT' })
  t.like((await call('GetSettings'))['settings'], { enabled: true })
})

test('a role gets and loses single permissions', async (t) => {
  const { write } = await client(t)
  await write('CreateRole', { key: 'org:x' })
  const one = { role: 'org:x', permission: 'org:sys_billing:read' }
  t.like((await write('AddPermission', one))['role'], { permissions: ['org:sys_billing:read'] })
  t.like(await refusalOf(write('AddPermission', one)), { status: 'ALREADY_EXISTS', reason: 'ROLE_HOLDS_PERMISSION' })
  t.like((await write('RemovePermission', one))['role'], { permissions: [] })
  const lacking = await refusalOf(write('RemovePermission', one))
  t.like(lacking, { status: 'FAILED_PRECONDITION', reason: 'ROLE_LACKS_PERMISSION' })
  const needed = { role: 'org:admin', permission: 'org:sys_memberships:manage' }
  t.is((await refusalOf(write('RemovePermission', needed))).reason, 'ROLE_NOT_CREATOR_ELIGIBLE')
})

test('an organization is moved, merged and dated in one update', async (t) => {
  const { write } = await client(t)
  const fields = (value: string) => ({ fields: { a: { structValue: { fields: { [value]: { boolValue: true } } } } } })
  await write('CreateRoleSet', { key: 'role_set:small', roles: ['org:admin'], ...places })
  await write('CreateOrganization', { id: 'org_1', publicMetadata: fields('x') })
  await write('CreateMembership', { organizationId: 'org_1', userId: 'ann', role: 'org:member' })
  const input = { organizationId: 'org_1', roleSet: 'role_set:small', publicMetadata: fields('y'), mergeMetadata: true }
  const mappings = { 'org:member': 'org:admin' }
  const written = await write('UpdateOrganization', { ...input, mappings, createdAtMs: 5, maxAllowedMemberships: 1 })
  t.like(written['organization'], { roleSet: 'role_set:small', createdAtMs: 5, maxAllowedMemberships: 1 })
  const { a } = (written['organization'] as { publicMetadata: { fields: Record<string, Answer> } }).publicMetadata
    .fields
  t.deepEqual(Object.keys((a?.['structValue'] as { fields: object }).fields).sort(), ['x', 'y'])
  t.like(written['impact'], {
    roles: [{ role: 'org:member', toRole: 'org:admin', members: 1, invitations: 0, organizations: 1 }],
    requiredMappings: [{ role: 'org:member', members: 1, invitations: 0, organizations: 1 }],
    violations: [],
  })
})

const places = { name: 'Small', defaultRole: 'org:admin', creatorRole: 'org:admin' }

test('a preview of a move without mappings says which are needed, and the same call is refused', async (t) => {
  const { read, write } = await client(t)
  await write('CreateRoleSet', { key: 'role_set:small', roles: ['org:admin'], ...places })
  await write('CreateMembership', { organizationId: 'org_1', userId: 'ann', role: 'org:member' })
  await write('CreateInvitation', { organizationId: 'org_1', emailAddress: 'bob@x.org', role: 'org:member' })
  const move = { organizationId: 'org_1', roleSet: 'role_set:small' }
  const preview = await write('AssignRoleSet', { ...move, dryRun: true })
  t.is(preview['organization'], null)
  t.like(preview['impact'], {
    organizations: 1,
    requiredMappings: [{ role: 'org:member', members: 1, invitations: 1, organizations: 1 }],
  })
  const refused = await refusalOf(write('AssignRoleSet', move))
  const [violation] = (preview['impact'] as Answer)['violations'] as Answer[]
  const expected = { reason: refused.reason, message: refused.message, facts: refused.facts }
  t.like(violation, { ...expected, field: refused.fields[0]?.field })
  const done = await write('AssignRoleSet', { ...move, mappings: { 'org:member': 'org:admin' } })
  t.like(done['impact'], { members: 1, invitations: 1 })
  t.like((await read('GetMembership', { organizationId: 'org_1', userId: 'ann' }))['membership'], { role: 'org:admin' })
})

test('the deletion of an organization says how many members lose which role', async (t) => {
  const { write } = await client(t)
  await write('CreateOrganization', { id: 'org_1', createdBy: 'ann' })
  await write('CreateInvitation', { organizationId: 'org_1', emailAddress: 'bob@x.org', role: 'org:member' })
  const preview = await write('DeleteOrganization', { organizationId: 'org_1', dryRun: true })
  t.like(preview['impact'], { organizations: 1, members: 1, invitations: 1 })
  const roles = (preview['impact'] as Answer)['roles'] as Answer[]
  const lost = roles.map(({ role, toRole }) => `${String(role)} to ${String(toRole)}`)
  t.deepEqual(lost.sort(), ['org:admin to ', 'org:member to '])
  t.deepEqual((await write('DeleteOrganization', { organizationId: 'org_1' }))['impact'], preview['impact'])
})

test('a malformed request, and one about an unknown thing, is an error also in a dry run', async (t) => {
  const { write } = await client(t)
  for (const [method, request, reason] of [
    ['CreateRole', { key: 'nonsense' }, 'INVALID_FIELD'],
    ['UpdateRole', { role: 'org:none' }, 'ROLE_NOT_FOUND'],
    ['DeleteOrganization', { organizationId: 'org_none' }, 'ORGANIZATION_NOT_FOUND'],
    ['UpdateRole', { role: 'org:admin', name: 'x', expectedRevision: 'x' }, 'INVALID_REVISION'],
  ] as const)
    t.is((await refusalOf(write(method, { ...request, dryRun: true }))).reason, reason, method)
})

test('a write that ends the last administrator says so, is refused by the setting, and can be insisted on', async (t) => {
  const { call, write } = await client(t)
  await write('CreateOrganization', { id: 'org_1', createdBy: 'ann' })
  const demotion = { organizationId: 'org_1', userId: 'ann', role: 'org:member' }
  const refused = await refusalOf(write('UpdateMembership', demotion))
  t.like(refused, { status: 'FAILED_PRECONDITION', reason: 'ORGANIZATION_MINIMUM_PERMISSIONS_NEEDED' })
  const left = { organizationsWithoutAdministrator: 1, organizationIdsWithoutAdministrator: ['org_1'] }
  t.like((await write('RemoveUser', { userId: 'ann', dryRun: true }))['impact'], { ...left, members: 1 })
  const insisting = { ...demotion, allowNoAdministrator: true }
  t.like(await write('UpdateMembership', { ...insisting, dryRun: true }), { impact: left })
  t.like((await call('GetSettings'))['settings'], { lastAdministrator: 'REFUSE' })
  t.like((await write('UpdateSettings', { lastAdministrator: 'WARN' }))['settings'], { lastAdministrator: 'WARN' })
  t.like((await write('UpdateMembership', demotion))['impact'], left)
})

test('a user is removed from all organizations in one revision', async (t) => {
  const { call, read, write } = await client(t)
  for (const organizationId of ['org_1', 'org_2']) {
    await write('CreateMembership', { organizationId, userId: 'bob', role: 'org:member' })
    await write('CreateInvitation', {
      ...{ organizationId, emailAddress: 'bob@x.org', role: 'org:admin', inviterUserId: 'bob' },
    })
  }
  const { revision } = await call('GetSettings')
  const removed = await write('RemoveUser', { userId: 'bob', emailAddresses: ['bob@x.org'] })
  t.like(removed, { userId: 'bob', impact: { members: 2, endedInvitations: 2, sentInvitations: 2 } })
  t.is(Number(String(removed['revision']).split(':')[1]), Number(String(revision).split(':')[1]) + 1)
  t.is(
    (await refusalOf(read('GetMembership', { organizationId: 'org_2', userId: 'bob' }))).reason,
    'MEMBERSHIP_NOT_FOUND',
  )
})
