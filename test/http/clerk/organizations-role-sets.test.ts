/** The role set of an organization: given at its creation, changed with mappings, looked at before, and guarded by ETags. */

import test, { type ExecutionContext } from 'ava'
import { openApi, refusalOf, withEachClient, type Api } from '../conforming.ts'

/** Two sets: the default one, and one with admin and analyst. */
async function withTwoSets(call: Api['call']): Promise<void> {
  await call('POST', '/v1/organization_roles', { body: { key: 'org:analyst', name: 'Analyst' } })
  const places = { default_role_key: 'org:analyst', creator_role_key: 'org:admin' }
  const roles = ['org:admin', 'org:analyst']
  await call('POST', '/v1/role_sets', { body: { key: 'role_set:gold', name: 'Gold', roles, ...places } })
}

withEachClient(
  'an organization starts with the named role set, and its creator gets the creator role of that set',
  async (t, clerk, { call }) => {
    await withTwoSets(call)
    const named = { name: 'A', createdBy: 'u1', roleSetKey: 'role_set:gold' }
    const made = await clerk.organizations.createOrganization(named)
    t.is(made.raw?.role_set_key, 'role_set:gold')
  },
)

withEachClient(
  'an organization moves to a set that has all roles in use, and to another one only with mappings',
  async (t, clerk, { call }) => {
    const { organizations } = clerk
    await withTwoSets(call)
    const { id } = await organizations.createOrganization({ name: 'A', createdBy: 'u1' })
    const move = (params: object) => organizations.updateOrganization(id, params)
    const moved = await move({ roleSetKey: 'role_set:gold' })
    t.is(moved.raw?.role_set_key, 'role_set:gold')
    await move({ roleSetKey: 'role_set:default' })

    await organizations.createOrganizationMembership({ organizationId: id, userId: 'u2', role: 'org:member' })
    const emailAddress = 'a@example.com'
    await organizations.createOrganizationInvitation({ organizationId: id, emailAddress, role: 'org:member' })
    const unmapped = await refusalOf(move({ roleSetKey: 'role_set:gold' }))
    t.like(unmapped, {
      status: 422,
      code: 'organization_role_set_reassignment_mappings_missing',
      paramName: 'reassignment_mappings',
    })
    t.regex(unmapped.message ?? '', /org:member/)
    const astray = { 'org:member': 'org:member' }
    t.like(await refusalOf(move({ roleSetKey: 'role_set:gold', reassignmentMappings: astray })), {
      status: 422,
      code: 'organization_role_set_reassignment_mappings_invalid',
      paramName: 'reassignment_mappings',
    })
    t.like(await refusalOf(move({ roleSetKey: 'role_set:none' })), { status: 404, paramName: 'role_set_key' })
    t.like(await refusalOf(move({ roleSetKey: '' })), { status: 422, paramName: 'role_set_key' })

    const mapped = await move({
      name: 'B',
      roleSetKey: 'role_set:gold',
      reassignmentMappings: { 'org:member': 'org:analyst' },
    })
    t.like(mapped, { name: 'B', raw: { role_set_key: 'role_set:gold' } })
    const { data } = await organizations.getOrganizationMembershipList({ organizationId: id, userId: ['u2'] })
    t.is(data[0]?.role, 'org:analyst')
    const { data: invited } = await organizations.getOrganizationInvitationList({ organizationId: id })
    t.is(invited[0]?.role, 'org:analyst')
  },
)

test('a dry run of a move shows what it needs and what it would do, and changes nothing', async (t) => {
  const { call } = await openApi(t)
  await withTwoSets(call)
  const { path } = await organizationWithMember(t, call)
  const unmapped = await call('PATCH', `${path}?dry_run=true`, { body: { role_set_key: 'role_set:gold' } })
  const member = { role: 'org:member', members: 1, invitations: 0, organizations: 1 }
  t.like(unmapped, {
    status: 200,
    body: {
      object: 'impact',
      dry_run: true,
      resource: null,
      required_mappings: { 0: member },
      violations: {
        0: {
          code: 'organization_role_set_reassignment_mappings_missing',
          meta: { param_name: 'reassignment_mappings' },
        },
      },
    },
  })
  const body = { role_set_key: 'role_set:gold', reassignment_mappings: { 'org:member': 'org:analyst' } }
  const preview = await call('PATCH', `${path}?dry_run=true`, { body })
  t.deepEqual(preview.body.roles, [{ ...member, to_role: 'org:analyst' }])
  t.like(preview.body, { violations: [], organizations: 1, members: 1, resource: { role_set_key: 'role_set:gold' } })
  t.like((await call('GET', path)).body, { role_set_key: 'role_set:default' })
  t.is((await call('PATCH', path, { body })).body.role_set_key, 'role_set:gold')
})

test('a dry run of a deletion shows how many members would lose which role', async (t) => {
  const { call } = await openApi(t)
  const { path } = await organizationWithMember(t, call)
  const { body } = await call('DELETE', `${path}?dry_run=true`)
  t.like(body, { object: 'impact', organizations: 1, members: 1, roles: { 0: { role: 'org:member', to_role: null } } })
  t.is((await call('GET', path)).status, 200)
})

test('a write with the ETag of an earlier answer is rejected once the organization has changed', async (t) => {
  const { call } = await openApi(t)
  const { path } = await organizationWithMember(t, call)
  const etag = (await call('GET', path)).headers.get('etag') ?? ''
  t.regex(etag, /^"\w+:\d+"$/)
  const headers = { 'if-match': etag }
  const changed = await call('PATCH', path, { headers, body: { name: 'B' } })
  t.is(changed.status, 200)
  for (const [method, suffix] of [
    ['PATCH', ''],
    ['PATCH', '/metadata'],
    ['PUT', '/metadata'],
    ['DELETE', ''],
  ] as const) {
    const body = suffix === '' ? { name: 'C' } : { public_metadata: { a: 1 } }
    const refused = await call(method, path + suffix, { headers, ...(method === 'DELETE' ? {} : { body }) })
    t.deepEqual([refused.status, refused.body.errors[0].code], [412, 'revision_conflict'], `${method} ${suffix}`)
  }
  const fresh = { 'if-match': changed.headers.get('etag') ?? '' }
  t.is((await call('DELETE', path, { headers: fresh })).status, 200)
})

withEachClient(
  'while organizations or slugs are switched off, neither can be made',
  async (t, { organizations, instance }) => {
    const { id } = await organizations.createOrganization({ name: 'A' })
    await instance.updateOrganizationSettings({ slugDisabled: true } as never)
    t.like(await refusalOf(organizations.createOrganization({ name: 'B', slug: 'b' })), {
      status: 403,
      code: 'organization_slugs_disabled',
    })
    t.like(await refusalOf(organizations.updateOrganization(id, { slug: 'b' })), {
      status: 403,
      code: 'organization_slugs_disabled',
    })
    await instance.updateOrganizationSettings({ enabled: false })
    t.like(await refusalOf(organizations.createOrganization({ name: 'B' })), {
      status: 403,
      code: 'organization_not_enabled_in_instance',
    })
  },
)

async function organizationWithMember(t: ExecutionContext, call: Api['call']): Promise<{ readonly path: string }> {
  const { body } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  const path = `/v1/organizations/${body.id}`
  const added = await call('POST', `${path}/memberships`, { body: { user_id: 'u1', role: 'org:member' } })
  t.is(added.status, 200)
  return { path }
}

test('a move gives back the roles that the mapping of an earlier one took, if it is asked to', async (t) => {
  const { call } = await openApi(t)
  await withTwoSets(call)
  const { body } = await call('POST', '/v1/organizations', {
    body: { name: 'A', created_by: 'ann', role_set_key: 'role_set:gold' },
  })
  const path = `/v1/organizations/${body.id}`
  await call('POST', `${path}/memberships`, { body: { user_id: 'ben', role: 'org:analyst' } })
  const mapped = { role_set_key: 'role_set:default', reassignment_mappings: { 'org:analyst': 'org:admin' } }
  t.is((await call('PATCH', path, { body: mapped })).status, 200)
  await call('PATCH', `${path}/memberships/ben`, { body: { role: 'org:member' } })
  await call('PATCH', path, {
    body: { role_set_key: 'role_set:gold', reassignment_mappings: { 'org:member': 'org:analyst' } },
  })
  await call('PATCH', path, {
    body: { role_set_key: 'role_set:default', reassignment_mappings: { 'org:analyst': 'org:admin' } },
  })
  const restoring = { role_set_key: 'role_set:gold', restore_former_roles: true }
  t.is((await call('PATCH', path, { body: { ...restoring, restore_former_roles: 'yes' } })).status, 422)
  const preview = await call('PATCH', `${path}?dry_run=true`, { body: restoring })
  t.deepEqual(preview.body.roles, [], 'ben administers the organization, and goes on doing so')
  t.is((await call('PATCH', path, { body: restoring })).status, 200)

  await call('POST', `${path}/memberships`, { body: { user_id: 'cem', role: 'org:analyst' } })
  await call('POST', '/v1/organization_roles', { body: { key: 'org:basic', name: 'Basic' } })
  const roles = ['org:admin', 'org:basic']
  const places = { default_role_key: 'org:basic', creator_role_key: 'org:admin' }
  await call('POST', '/v1/role_sets', { body: { key: 'role_set:tiny', name: 'Tiny', roles, ...places } })
  const mappings = { 'org:analyst': 'org:basic' }
  await call('PATCH', path, { body: { role_set_key: 'role_set:tiny', reassignment_mappings: mappings } })
  const replace = { dest_role_set_key: 'role_set:gold', restore_former_roles: true }
  t.is((await call('POST', '/v1/role_sets/role_set:tiny/replace', { body: replace })).status, 200)
  const { body: members } = await call('GET', `${path}/memberships?user_id=cem`)
  t.is(members.data[0].role, 'org:analyst')
})
