import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient('an invitation is made, read, revoked, and can be made again', async (t, clerk) => {
  const { organizations } = clerk
  const { id: organizationId } = await organizations.createOrganization({ name: 'Acme', createdBy: 'user_1' })
  const wanted = { organizationId, emailAddress: 'Ann@example.com', role: 'org:member' }
  const made = await organizations.createOrganizationInvitation({
    ...wanted,
    inviterUserId: 'user_1',
    expiresInDays: 2,
    redirectUrl: 'https://example.com/welcome',
    publicMetadata: { team: 'blue' },
    privateMetadata: { note: 1 },
  })
  t.regex(made.id, /^orginv_/)
  t.like(made, {
    emailAddress: 'Ann@example.com',
    role: 'org:member',
    roleName: 'Member',
    organizationId,
    status: 'pending',
    url: null,
    publicMetadata: { team: 'blue' },
    privateMetadata: { note: 1 },
    raw: { inviter_id: 'user_1', public_inviter_data: { user_id: 'user_1', identifier: 'user_1', first_name: null } },
  })
  t.is(made.expiresAt, made.createdAt + 2 * 24 * 60 * 60 * 1000)
  const reference = { organizationId, invitationId: made.id }
  t.deepEqual(await organizations.getOrganizationInvitation(reference), made)

  const again = { ...wanted, emailAddress: 'ann@EXAMPLE.com' }
  t.like(await refusalOf(organizations.createOrganizationInvitation(again)), {
    status: 400,
    code: 'organization_invitation_not_unique',
    paramName: 'email_address',
  })
  const revoked = await organizations.revokeOrganizationInvitation({ ...reference, requestingUserId: 'user_1' })
  t.like(revoked, { id: made.id, status: 'revoked' })
  t.like(await refusalOf(organizations.revokeOrganizationInvitation(reference)), {
    status: 404,
    code: 'organization_invitation_not_pending',
  })
  const second = await organizations.createOrganizationInvitation(again)
  t.like(second, { status: 'pending', raw: { inviter_id: null, public_inviter_data: null } })
  t.is(second.expiresAt, second.createdAt + 30 * 24 * 60 * 60 * 1000)
})

withEachClient("what is wrong with an invitation is reported in Clerk's codes", async (t, clerk) => {
  const { organizations, organizationRoles } = clerk
  await organizationRoles.createOrganizationRole({ name: 'Outside', key: 'org:outside' })
  const { id: organizationId } = await organizations.createOrganization({ name: 'A', maxAllowedMemberships: 1 })
  const emailAddress = 'a@example.com'
  const invite = (params: object) =>
    refusalOf(
      organizations.createOrganizationInvitation({ organizationId, emailAddress, role: 'org:member', ...params }),
    )
  t.like(await invite({ emailAddress: undefined }), {
    status: 422,
    code: 'form_param_missing',
    paramName: 'email_address',
  })
  t.like(await invite({ role: undefined }), { status: 422, code: 'form_param_missing', paramName: 'role' })
  t.like(await invite({ emailAddress: 'nobody' }), {
    status: 422,
    code: 'form_param_format_invalid',
    paramName: 'email_address',
  })
  t.like(await invite({ role: 'org:none' }), { status: 404, code: 'resource_not_found', paramName: 'role' })
  t.like(await invite({ role: 'org:outside' }), {
    status: 422,
    code: 'organization_role_not_in_role_set',
    paramName: 'role',
  })
  for (const expiresInDays of [0, -1, 366, 1.5, '3'])
    t.like(await invite({ expiresInDays }), { status: 422, paramName: 'expires_in_days' }, String(expiresInDays))
  t.like(await invite({ redirectUrl: 'javascript:alert(1)' }), { status: 422, paramName: 'redirect_url' })
  t.like(await invite({ organizationId: 'org_none' }), { status: 404, paramName: 'organization_id' })
  const none = { organizationId, invitationId: 'orginv_none' }
  t.like(await refusalOf(organizations.getOrganizationInvitation(none)), { status: 404, code: 'resource_not_found' })
  t.like(await refusalOf(organizations.revokeOrganizationInvitation(none)), { status: 404, code: 'resource_not_found' })
  t.is((await organizations.getOrganizationInvitationList({ organizationId })).totalCount, 0)

  await organizations.createOrganizationInvitation({ organizationId, emailAddress, role: 'org:member' })
  t.like(await invite({ emailAddress: 'b@example.com' }), {
    status: 403,
    code: 'organization_membership_quota_exceeded',
  })
})

withEachClient("an invitation of one organization isn't found in another", async (t, { organizations }) => {
  const { id: organizationId } = await organizations.createOrganization({ name: 'A' })
  const { id: other } = await organizations.createOrganization({ name: 'B' })
  const wanted = { organizationId, emailAddress: 'a@example.com', role: 'org:member' }
  const { id: invitationId } = await organizations.createOrganizationInvitation(wanted)
  const astray = { organizationId: other, invitationId }
  t.like(await refusalOf(organizations.getOrganizationInvitation(astray)), { status: 404, code: 'resource_not_found' })
  t.like(await refusalOf(organizations.revokeOrganizationInvitation(astray)), {
    status: 404,
    code: 'resource_not_found',
  })
  t.is((await organizations.getOrganizationInvitation({ organizationId, invitationId })).status, 'pending')
})

withEachClient('several invitations are made at once, all or none', async (t, { organizations }) => {
  const { id: organizationId } = await organizations.createOrganization({ name: 'A', createdBy: 'u1' })
  const invite = (...invitations: object[]) =>
    organizations.createOrganizationInvitationBulk(organizationId, invitations as never)
  const ann = { emailAddress: 'ann@example.com', role: 'org:member', inviterUserId: 'u1' }
  const bob = { emailAddress: 'bob@example.com', role: 'org:admin', publicMetadata: { camelCase: 1 } }
  const total = async () => (await organizations.getOrganizationInvitationList({ organizationId })).totalCount

  t.like(await refusalOf(invite(ann, { ...bob, role: 'org:none' })), { status: 404, paramName: 'role' })
  t.like(await refusalOf(invite(ann, { emailAddress: 'x@y.z' })), {
    status: 422,
    code: 'form_param_missing',
    paramName: 'role',
  })
  t.is((await refusalOf(invite(ann, { ...bob, emailAddress: 'ANN@example.com' }))).paramName, 'email_address')
  const many = Array.from({ length: 1_001 }, (_, place) => ({ ...ann, emailAddress: `${place}@example.com` }))
  t.like(await refusalOf(invite(...many)), { status: 400, code: 'bulk_size_exceeded' })
  t.true([400, 422].includes((await refusalOf(invite())).status))
  t.is(await total(), 0)

  const made = await invite(ann, bob)
  t.is(made.totalCount, 2)
  t.deepEqual(
    made.data.map(({ emailAddress, role, status, publicMetadata }) => [emailAddress, role, status, publicMetadata]),
    [
      ['ann@example.com', 'org:member', 'pending', {}],
      ['bob@example.com', 'org:admin', 'pending', { camelCase: 1 }],
    ],
  )
  t.is(await total(), 2)
})

withEachClient('invitations are listed with a total, by pages, in an order, by filters', async (t, clerk, { call }) => {
  const { organizations } = clerk
  const { id: organizationId } = await organizations.createOrganization({ name: 'A' })
  const { id: other } = await organizations.createOrganization({ name: 'B', slug: 'b' })
  const invite = (to: string, emailAddress: string) =>
    organizations.createOrganizationInvitation({ organizationId: to, emailAddress, role: 'org:member' })
  await invite(organizationId, 'carl@example.com')
  const { id: invitationId } = await invite(organizationId, 'ann@example.com')
  await invite(organizationId, 'bob@example.com')
  await invite(other, 'ann@example.com')
  await organizations.revokeOrganizationInvitation({ organizationId, invitationId })
  const path = `/v1/organizations/${organizationId}/invitations`
  const addresses = async (query: string) => {
    const { body } = await call('GET', query)
    return [
      body.data.map((it: { email_address: string }) => it.email_address.replace(/@.*/, '')).join(' '),
      body.total_count,
    ]
  }
  t.deepEqual(await addresses(path), ['bob ann carl', 3])
  t.deepEqual(await addresses(`${path}?order_by=email_address&limit=1&offset=1`), ['bob', 3])
  t.deepEqual(await addresses(`${path}?order_by=%2Bcreated_at`), ['carl ann bob', 3])
  t.deepEqual(await addresses(`${path}?status=revoked`), ['ann', 1])
  t.deepEqual(await addresses(`${path}?status=expired&status=accepted`), ['', 0])
  t.deepEqual(await addresses(`${path}?email_address=ANN@example.com`), ['ann', 1])
  t.deepEqual(await addresses(`${path}/pending?limit=1`), ['bob', 2])
  t.is((await call('GET', `${path}?status=lost`)).body.errors[0].meta.param_name, 'status')

  const both = await organizations.getOrganizationInvitationList({ organizationId, status: ['pending', 'revoked'] })
  t.is(both.totalCount, 3)
  const everywhere = await call('GET', '/v1/organization_invitations?query=ann&order_by=-created_at')
  t.is(everywhere.body.total_count, 2)
  t.like(everywhere.body.data[0], {
    object: 'organization_invitation',
    organization_id: other,
    public_organization_data: { id: other, name: 'B', slug: 'b', has_image: false },
  })
  t.deepEqual(await addresses('/v1/organization_invitations?status=revoked'), ['ann', 1])
})

test('a dry run of invitations shows the result or the fault, and changes nothing', async (t) => {
  const { call } = await openApi(t)
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A', max_allowed_memberships: 1 } })
  const path = `/v1/organizations/${made.id}/invitations`
  const ann = { email_address: 'ann@example.com', role: 'org:member' }
  const one = await call('POST', `${path}?dry_run=true`, { body: ann })
  t.like(one.body, {
    object: 'impact',
    violations: [],
    resource: { status: 'pending', email_address: 'ann@example.com' },
  })
  const two = await call('POST', `${path}/bulk?dry_run=true`, { body: [ann, { ...ann, email_address: 'b@c.de' }] })
  t.is(two.body.resource, null)
  t.is(two.body.violations[0].code, 'organization_membership_quota_exceeded')
  t.is((await call('GET', path)).body.total_count, 0)

  const { body: invitation } = await call('POST', path, { body: ann })
  const revoke = await call('POST', `${path}/${invitation.id}/revoke?dry_run=true`)
  t.like(revoke.body, { object: 'impact', resource: { status: 'revoked' } })
  t.is((await call('GET', `${path}/${invitation.id}`)).body.status, 'pending')
})

test('a past invitation and the history keep the key and the name that the role had', async (t) => {
  const { call } = await openApi(t)
  const analyst = { key: 'org:analyst', name: 'Analyst' }
  const { id } = (await call('POST', '/v1/organization_roles', { body: analyst })).body
  const added = { role_keys: [analyst.key] }
  t.is((await call('POST', '/v1/role_sets/role_set:default/roles', { body: added })).status, 200)
  const organization = await call('POST', '/v1/organizations', { body: { name: 'Acme' } })
  const path = `/v1/organizations/${organization.body.id}/invitations`
  const invited = await call('POST', path, { body: { email_address: 'ann@x.org', role: analyst.key } })
  await call('POST', `${path}/${invited.body.id}/revoke`)
  const then = { role: analyst.key, role_name: analyst.name, status: 'revoked' }
  const check = async () => {
    t.like((await call('GET', `${path}/${invited.body.id}`)).body, then)
    t.like((await call('GET', path)).body.data[0], then)
    t.like((await call('GET', '/v1/organization_invitations')).body.data[0], then)
    const changes = await call('GET', '/v1/changes?operation=CreateInvitation')
    t.is(changes.body.data[0].changes.at(-1).after.role, analyst.key)
  }
  await call('PATCH', `/v1/organization_roles/${id}`, { body: { key: 'org:later', name: 'Later' } })
  await check()
  const replaced = { role_key: 'org:later', to_role_key: 'org:member' }
  t.is((await call('POST', '/v1/role_sets/role_set:default/roles/replace', { body: replaced })).status, 200)
  t.is((await call('DELETE', `/v1/organization_roles/${id}`)).status, 200)
  await check()
})
