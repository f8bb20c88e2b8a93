import test from 'ava'
import { openApi, refusalOf, withEachClient } from '../conforming.ts'

withEachClient('the settings of a fresh store are read and changed', async (t, { instance }, { call }) => {
  const settings = await instance.getOrganizationSettings()
  t.like(settings, {
    enabled: true,
    maxAllowedMemberships: 0,
    creatorRole: 'org:admin',
    adminDeleteEnabled: true,
    domainsEnabled: false,
    domainsEnrollmentModes: [],
    domainsDefaultRole: 'org:member',
  })
  const path = '/v1/instance/organization_settings'
  const { body } = await call('GET', path)
  t.like(body, { object: 'organization_settings', initial_role_set_key: 'role_set:default', slug_disabled: false })
  t.true(body.max_allowed_roles > 0 && body.max_role_sets_allowed > 0)

  const changed = await instance.updateOrganizationSettings({
    maxAllowedMemberships: 5,
    adminDeleteEnabled: false,
    domainsEnabled: true,
    domainsEnrollmentModes: ['automatic_invitation'],
    enabled: null,
  })
  t.like(changed, {
    enabled: true,
    maxAllowedMemberships: 5,
    adminDeleteEnabled: false,
    domainsEnabled: true,
    domainsEnrollmentModes: ['automatic_invitation'],
  })
  const { body: made } = await call('POST', '/v1/organizations', { body: { name: 'A' } })
  t.like(made, { max_allowed_memberships: 5, admin_delete_enabled: false })
})

withEachClient('the creator role and the default role are those of the initial role set', async (t, clerk) => {
  const { instance, organizationRoles, roleSets } = clerk
  const { data: permissions } = await clerk.organizationPermissions.getOrganizationPermissionList({ limit: 50 })
  const owner = await organizationRoles.createOrganizationRole({
    name: 'Owner',
    key: 'org:owner',
    permissions: permissions.map(({ id }) => id),
    includeInInitialRoleSet: true,
  })
  const guest = await organizationRoles.createOrganizationRole({
    name: 'Guest',
    key: 'org:guest',
    includeInInitialRoleSet: true,
  })
  const changed = await instance.updateOrganizationSettings({ creatorRoleId: owner.id, domainsDefaultRoleId: guest.id })
  t.like(changed, { creatorRole: 'org:owner', domainsDefaultRole: 'org:guest' })
  const roleSet = await roleSets.getRoleSet('role_set:default')
  t.is(roleSet.creatorRole?.key, 'org:owner')
  t.is(roleSet.defaultRole?.key, 'org:guest')

  t.like(await refusalOf(instance.updateOrganizationSettings({ creatorRoleId: guest.id })), {
    status: 422,
    code: 'organization_missing_creator_role_permissions',
    paramName: 'creator_role_id',
  })
})

withEachClient(
  "what is wrong with settings is reported in Clerk's codes",
  async (t, { instance, organizationRoles }) => {
    const outside = await organizationRoles.createOrganizationRole({ name: 'Outside', key: 'org:outside' })
    const update = (params: object) => refusalOf(instance.updateOrganizationSettings(params))
    t.like(await update({ enabled: 'yes' }), { status: 422, code: 'form_param_type_invalid', paramName: 'enabled' })
    t.like(await update({ unknown: 1 }), { status: 422, code: 'form_param_unknown', paramName: 'unknown' })
    t.like(await update({ maxAllowedMemberships: -1 }), { status: 422, paramName: 'max_allowed_memberships' })
    t.like(await update({ domainsEnrollmentModes: ['by_owl'] }), { status: 422, paramName: 'domains_enrollment_modes' })
    t.like(await update({ creatorRoleId: 'role_none' }), { status: 404, paramName: 'creator_role_id' })
    t.like(await update({ domainsDefaultRoleId: outside.id }), { status: 422, paramName: 'domains_default_role_id' })
    t.like(await update({ domainsDefaultRoleId: '' }), { status: 422, paramName: 'domains_default_role_id' })
  },
)

test('a dry run of settings changes nothing, and an ETag guards them, the initial set included', async (t) => {
  const { call } = await openApi(t)
  const path = '/v1/instance/organization_settings'
  const before = await call('GET', path)
  const preview = await call('PATCH', `${path}?dry_run=true`, { body: { enabled: false } })
  t.like(preview.body, { object: 'impact', violations: [], resource: { enabled: false } })
  t.is((await call('GET', path)).body.enabled, true)

  const headers = { 'if-match': before.headers.get('etag') ?? '' }
  await call('POST', '/v1/organization_roles', {
    body: { key: 'org:guest', name: 'Guest', include_in_initial_role_set: true },
  })
  await call('PATCH', '/v1/role_sets/role_set:default', { body: { default_role_key: 'org:guest' } })
  const refused = await call('PATCH', path, { headers, body: { enabled: false } })
  t.deepEqual([refused.status, refused.body.errors[0].code], [412, 'revision_conflict'])
  t.is((await call('GET', path)).body.domains_default_role, 'org:guest')
})
