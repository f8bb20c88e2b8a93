/**
 * Two sidecars do the same for a client of Clerk. In one of them the organizations have scopes with members, invitations and role
 * sets of their own. The client gets the same answers from both, to its reads and to its writes.
 */

import test, { type ExecutionContext } from 'ava'
import { connect } from '../../grpc/open-sidecar.ts'
import { openApi, type Api } from '../conforming.ts'

const clinics = ['org_north', 'org_south']
const north = '/v1/organizations/org_north'
const staff = { user_bob: 'org:nurse', user_cid: 'org:member', user_dan: 'org:head' } as const

const reads = [
  ...['/v1/role_sets', '/v1/role_sets/role_set:clinic', '/v1/role_sets/role_set:small', '/v1/organization_roles'],
  '/v1/organizations?include_members_count=true&order_by=-members_count',
  '/v1/organizations?user_id=user_bob',
  `${north}?include_members_count=true&include_missing_member_with_elevated_permissions=true`,
  ...[`${north}/memberships?limit=100`, `${north}/memberships?role=org:head`, `${north}/memberships?query=bob`],
  ...[`${north}/invitations`, `${north}/invitations/pending`, `${north}/invitations?email_address=ivy@example.com`],
  ...['/v1/organization_memberships?limit=100', '/v1/organization_invitations', '/v1/instance/organization_settings'],
  ...['/v1/users/user_bob/organization_memberships', '/v1/users/ivy@example.com/organization_invitations'],
]

const writes: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['PATCH', `${north}/memberships/user_bob`, { role: 'org:head' }],
  ['PATCH', `${north}/memberships/user_bob/metadata`, { public_metadata: { desk: 1 } }],
  ['DELETE', `${north}/memberships/user_cid`],
  ['POST', `${north}/memberships`, { user_id: 'user_cid', role: 'org:nurse' }],
  // With the administrator, three members and the invitation it is full: members of scopes take no place.
  ['PATCH', north, { max_allowed_memberships: 6 }],
  ['POST', `${north}/memberships`, { user_id: 'user_eve', role: 'org:member' }],
  ['POST', `${north}/memberships`, { user_id: 'user_fay', role: 'org:member' }],
  ['POST', `${north}/invitations`, { email_address: 'ivy@example.com', role: 'org:nurse' }],
  ['POST', '/v1/role_sets/role_set:clinic/roles/replace', { role_key: 'org:nurse', to_role_key: 'org:member' }],
  [
    'PATCH',
    '/v1/organizations/org_south',
    { role_set_key: 'role_set:small', reassignment_mappings: { 'org:head': 'org:member' } },
  ],
  ['DELETE', '/v1/users/user_dan'],
  ['DELETE', '/v1/organizations/org_south'],
]

async function openClinics(t: ExecutionContext): Promise<Api> {
  const api = await openApi(t)
  const { write } = connect(t, api.target)
  for (const key of ['org:nurse', 'org:head']) await write('CreateRole', { key })
  const small = ['org:admin', 'org:member']
  const sets = { 'role_set:small': small, 'role_set:clinic': [...small, 'org:nurse', 'org:head'] }
  for (const [key, roles] of Object.entries(sets))
    await write('CreateRoleSet', { key, roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  for (const id of clinics) {
    await write('CreateOrganization', { id, roleSet: 'role_set:clinic', createdBy: 'user_ann' })
    for (const [userId, role] of Object.entries(staff))
      await write('CreateMembership', { organizationId: id, userId, role })
    await write('CreateInvitation', { organizationId: id, emailAddress: 'ivy@example.com', role: 'org:nurse' })
  }
  return api
}

async function addDepartments(t: ExecutionContext, { target }: Api): Promise<void> {
  const { write } = connect(t, target)
  await write('SetScopeKind', { kind: 'department', fallback: 'ORGANIZATION' })
  for (const organizationId of clinics) {
    for (const scope of ['department:heart', 'department:lungs'])
      for (const userId of Object.keys(staff))
        await write('CreateMembership', { organizationId, scope, userId, role: 'org:head' })
    const heart = { organizationId, scope: 'department:heart' }
    await write('CreateInvitation', { ...heart, emailAddress: 'ivy@example.com', role: 'org:head' })
    await write('AssignRoleSet', { organizationId, scope: 'department:cells', roleSet: 'role_set:small' })
  }
}

/** Without what differs between any two sidecars: ids that the sidecar makes, times, and the id of the request. */
function comparable(body: unknown): unknown {
  const text = JSON.stringify(body, (key, value: unknown) => (/_at$|_id$/.test(key) && key !== 'user_id' ? '…' : value))
  return JSON.parse(text.replace(/(role|roleset|orgmem|orginv|perm)_\w{20,}/g, '$1_…'))
}

test('who speaks only of organizations as a whole notices no scopes', async (t) => {
  const [plain, scoped] = [await openClinics(t), await openClinics(t)]
  await addDepartments(t, scoped)
  const statuses: number[] = []
  const compare = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body }
    const [expected, found] = [await plain.call(method, path, init), await scoped.call(method, path, init)]
    t.is(found.status, expected.status, `${method} ${path}`)
    t.deepEqual(comparable(found.body), comparable(expected.body), `${method} ${path}`)
    if (method !== 'GET') statuses.push(found.status)
  }
  for (const path of reads) await compare('GET', path)
  for (const write of writes) await compare(...write)
  for (const path of reads) await compare('GET', path)
  // The last member finds no place, and the address has an invitation. The others are done.
  t.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 403, 400, 200, 200, 200, 200])
})
