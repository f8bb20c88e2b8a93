import test from 'ava'
import type { ClerkClient } from '@clerk/backend'
import { openApi, refusalOf, withEachClient, type Api } from '../conforming.ts'

/** Roles of these keys, in no set yet. */
async function makeRoles({ organizationRoles }: ClerkClient, ...keys: readonly string[]): Promise<void> {
  for (const key of keys)
    await organizationRoles.createOrganizationRole({ name: key.slice(4), key, description: '', permissions: [] })
}

const places = { defaultRoleKey: 'org:member', creatorRoleKey: 'org:admin' }

async function makeGold(clerk: ClerkClient, ...more: readonly string[]) {
  await makeRoles(clerk, ...more)
  const roles = ['org:admin', 'org:member', ...more]
  return clerk.roleSets.createRoleSet({ name: 'Gold', key: 'role_set:gold', ...places, roles })
}

/** An organization on a set, with members of these roles: `user_1`, `user_2` and so on. */
async function makeOrganization(api: Api, roleSetKey: string, ...roles: readonly string[]): Promise<string> {
  const made = await api.call('POST', '/v1/organizations', { body: { name: 'Acme', role_set_key: roleSetKey } })
  for (const [place, role] of roles.entries())
    await api.call('POST', `/v1/organizations/${made.body.id}/memberships`, {
      body: { user_id: `user_${place + 1}`, role },
    })
  return made.body.id
}

async function rolesOf(api: Api, organizationId: string): Promise<string[]> {
  const { body } = await api.call('GET', `/v1/organizations/${organizationId}/memberships?order_by=%2Bcreated_at`)
  return body.data.map(({ role }: { role: string }) => role).sort()
}

withEachClient('a role set is created and read, by key and by id', async (t, clerk) => {
  const made = await makeGold(clerk, 'org:analyst')
  t.regex(made.id, /^roleset_/)
  t.like(made, { name: 'Gold', key: 'role_set:gold', description: null, type: 'custom', roleSetMigration: null })
  t.deepEqual(
    made.roles.map(({ key }) => key),
    ['org:admin', 'org:analyst', 'org:member'],
  )
  t.like(made.defaultRole, { key: 'org:member', membersCount: 0, hasMembers: false })
  t.like(made.creatorRole, { key: 'org:admin' })
  t.deepEqual(await clerk.roleSets.getRoleSet('role_set:gold'), made)
  t.deepEqual(await clerk.roleSets.getRoleSet(made.id), made)
  const { data } = await clerk.organizationRoles.getOrganizationRoleList({ query: 'org:analyst' })
  t.is(made.roles[1]?.id, data[0]?.id)
})

withEachClient('a missing key is made from the name', async (t, clerk) => {
  const roles = ['org:admin', 'org:member']
  t.is((await clerk.roleSets.createRoleSet({ name: 'Pro Plan', ...places, roles })).key, 'role_set:pro_plan')
})

withEachClient('members are counted in the set, role by role', async (t, clerk, api) => {
  await makeGold(clerk, 'org:analyst')
  await makeOrganization(api, 'role_set:gold', 'org:analyst', 'org:analyst', 'org:member')
  const { roles, defaultRole } = await clerk.roleSets.getRoleSet('role_set:gold')
  t.deepEqual(
    roles.map(({ key, membersCount, hasMembers }) => [key, membersCount, hasMembers]),
    [
      ['org:admin', 0, false],
      ['org:analyst', 2, true],
      ['org:member', 1, true],
    ],
  )
  t.like(defaultRole, { membersCount: 1, hasMembers: true })
})

withEachClient('role sets are listed newest first, by pages, in an order, by a query', async (t, clerk) => {
  await makeGold(clerk)
  await clerk.roleSets.createRoleSet({ name: 'Silver', ...places, roles: ['org:admin', 'org:member'] })
  const keysOf = async (params: object) => (await clerk.roleSets.getRoleSetList(params)).data.map(({ key }) => key)
  t.is((await clerk.roleSets.getRoleSetList({})).totalCount, 3)
  t.deepEqual(await keysOf({ orderBy: '+key' }), ['role_set:default', 'role_set:gold', 'role_set:silver'])
  t.deepEqual(await keysOf({ orderBy: '-name', limit: 1 }), ['role_set:silver'])
  t.deepEqual(await keysOf({ orderBy: 'key', limit: 1, offset: 1 }), ['role_set:gold'])
  t.deepEqual(await keysOf({ query: 'gold' }), ['role_set:gold'])
  t.deepEqual(await keysOf({ query: 'nothing of that name' }), [])
})

withEachClient('a role set is renamed and gets other places', async (t, clerk) => {
  const { id } = await makeGold(clerk, 'org:analyst')
  const change = { name: 'Golden', key: 'role_set:golden', description: 'The best.', defaultRoleKey: 'org:analyst' }
  const changed = await clerk.roleSets.updateRoleSet({ roleSetKeyOrId: 'role_set:gold', ...change })
  t.like(changed, { id, name: 'Golden', key: 'role_set:golden', description: 'The best.' })
  t.is(changed.defaultRole?.key, 'org:analyst')
  t.like(await refusalOf(clerk.roleSets.getRoleSet('role_set:gold')), { status: 404, code: 'resource_not_found' })
})

withEachClient('there is one initial set: a new one makes the old one custom', async (t, clerk) => {
  await makeGold(clerk)
  t.is((await clerk.roleSets.updateRoleSet({ roleSetKeyOrId: 'role_set:gold', type: 'initial' })).type, 'initial')
  t.is((await clerk.roleSets.getRoleSet('role_set:default')).type, 'custom')
  const roles = ['org:admin', 'org:member']
  await clerk.roleSets.createRoleSet({ name: 'First', key: 'role_set:first', type: 'initial', ...places, roles })
  t.is((await clerk.roleSets.getRoleSet('role_set:gold')).type, 'custom')
  const custom = { roleSetKeyOrId: 'role_set:first', type: 'custom' } as never
  t.like(await refusalOf(clerk.roleSets.updateRoleSet(custom)), {
    status: 422,
    code: 'form_param_value_invalid',
    paramName: 'type',
  })
})

withEachClient('roles are added to a set, at once for all its organizations', async (t, clerk, api) => {
  await makeGold(clerk)
  const organizationId = await makeOrganization(api, 'role_set:gold')
  await makeRoles(clerk, 'org:a', 'org:b')
  const roleSetKeyOrId = 'role_set:gold'
  const grown = await clerk.roleSets.addRolesToRoleSet({
    roleSetKeyOrId,
    roleKeys: ['org:a', 'org:b'],
    defaultRoleKey: 'org:b',
  })
  t.deepEqual(
    grown.roles.map(({ key }) => key),
    ['org:a', 'org:admin', 'org:b', 'org:member'],
  )
  t.is(grown.defaultRole?.key, 'org:b')
  const { body } = await api.call('GET', `/v1/organizations/${organizationId}/roles`)
  t.is(body.total_count, 4)
  t.like(await refusalOf(clerk.roleSets.addRolesToRoleSet({ roleSetKeyOrId, roleKeys: ['org:none'] })), {
    status: 404,
    code: 'resource_not_found',
    paramName: 'role_keys',
  })
  t.like(await refusalOf(clerk.roleSets.addRolesToRoleSet({ roleSetKeyOrId, roleKeys: [] })), {
    status: 422,
    paramName: 'role_keys',
  })
})

withEachClient('a role is replaced, and its members and places move', async (t, clerk, api) => {
  await makeGold(clerk, 'org:analyst')
  await makeRoles(clerk, 'org:reader')
  const organizationId = await makeOrganization(api, 'role_set:gold', 'org:analyst', 'org:member')
  const roleSetKeyOrId = 'role_set:gold'
  await clerk.roleSets.updateRoleSet({ roleSetKeyOrId, defaultRoleKey: 'org:analyst' })
  const left = await clerk.roleSets.replaceRoleInRoleSet({
    roleSetKeyOrId,
    roleKey: 'org:analyst',
    toRoleKey: 'org:reader',
  })
  t.deepEqual(
    left.roles.map(({ key, membersCount }) => [key, membersCount]),
    [
      ['org:admin', 0],
      ['org:member', 1],
      ['org:reader', 1],
    ],
  )
  t.is(left.defaultRole?.key, 'org:reader')
  t.is(left.roleSetMigration, null)
  t.deepEqual(await rolesOf(api, organizationId), ['org:member', 'org:reader'])

  const replace = (roleKey: string, toRoleKey: string) =>
    refusalOf(clerk.roleSets.replaceRoleInRoleSet({ roleSetKeyOrId, roleKey, toRoleKey }))
  t.like(await replace('org:none', 'org:member'), { status: 404, code: 'resource_not_found', paramName: 'role_key' })
  t.like(await replace('org:member', 'org:none'), { status: 404, code: 'resource_not_found', paramName: 'to_role_key' })
  t.like(await replace('org:analyst', 'org:member'), { status: 422, code: 'organization_role_not_in_role_set' })
  t.like(await replace('org:member', 'org:member'), { status: 422, paramName: 'to_role_key' })
  t.like(await replace('org:admin', 'org:member'), {
    status: 422,
    code: 'organization_missing_creator_role_permissions',
    paramName: 'to_role_key',
  })
})

withEachClient('a set is replaced: organizations and members move, and the set is deleted', async (t, clerk, api) => {
  const { id } = await makeGold(clerk, 'org:analyst', 'org:guest')
  const organizationId = await makeOrganization(api, 'role_set:gold', 'org:analyst', 'org:guest', 'org:member')
  const replace = (reassignmentMappings: Record<string, string>) =>
    clerk.roleSets.replaceRoleSet({
      roleSetKeyOrId: 'role_set:gold',
      destRoleSetKey: 'role_set:default',
      reassignmentMappings,
    })
  const missing = await refusalOf(replace({ 'org:guest': 'org:member' }))
  t.like(missing, { status: 422, code: 'organization_role_set_reassignment_mappings_missing' })
  t.is(missing.paramName, 'reassignment_mappings')
  t.regex(missing.message ?? '', /org:analyst/)
  const wrong = await refusalOf(replace({ 'org:analyst': 'org:guest', 'org:guest': 'org:member' }))
  t.like(wrong, { status: 422, code: 'organization_role_set_reassignment_mappings_invalid' })
  t.deepEqual(await rolesOf(api, organizationId), ['org:analyst', 'org:guest', 'org:member'])

  const gone = await replace({ 'org:analyst': 'org:admin', 'org:guest': 'org:member' })
  t.like(gone, { object: 'role_set', id, deleted: true })
  t.deepEqual(await rolesOf(api, organizationId), ['org:admin', 'org:member', 'org:member'])
  const { body } = await api.call('GET', `/v1/organizations/${organizationId}`)
  t.is(body.role_set_key, 'role_set:default')
  t.like(await refusalOf(clerk.roleSets.getRoleSet('role_set:gold')), { status: 404, code: 'resource_not_found' })
})

withEachClient("the initial set can't be replaced, nor any set by itself or by an unknown set", async (t, clerk) => {
  await makeGold(clerk)
  const replace = (roleSetKeyOrId: string, destRoleSetKey: string) =>
    refusalOf(clerk.roleSets.replaceRoleSet({ roleSetKeyOrId, destRoleSetKey, reassignmentMappings: {} }))
  t.like(await replace('role_set:default', 'role_set:gold'), { status: 403, code: 'cannot_delete_initial_role_set' })
  t.like(await replace('role_set:gold', 'role_set:gold'), {
    status: 422,
    code: 'form_param_value_invalid',
    paramName: 'dest_role_set_key',
  })
  t.like(await replace('role_set:gold', 'role_set:none'), {
    status: 404,
    code: 'resource_not_found',
    paramName: 'dest_role_set_key',
  })
  t.like(await replace('role_set:none', 'role_set:gold'), { status: 404, code: 'resource_not_found' })
})

withEachClient("what is wrong with a role set is reported in Clerk's codes", async (t, clerk) => {
  await makeRoles(clerk, 'org:weak')
  const right = { name: 'Gold', key: 'role_set:gold', ...places, roles: ['org:admin', 'org:member'] }
  const cases: [object, string, string | undefined, number?][] = [
    [{ name: undefined }, 'form_param_missing', 'name'],
    [{ roles: undefined }, 'form_param_missing', 'roles'],
    [{ defaultRoleKey: undefined }, 'form_param_missing', 'default_role_key'],
    [{ creatorRoleKey: null }, 'form_param_nil', 'creator_role_key'],
    [{ roles: 'org:admin' }, 'form_param_type_invalid', 'roles'],
    [{ roles: [1] }, 'form_param_type_invalid', 'roles'],
    [{ roles: [] }, 'form_param_format_invalid', 'roles'],
    [{ roles: ['org:admin', 'org:admin', 'org:member'] }, 'form_param_duplicate', 'roles'],
    [{ key: 'gold' }, 'form_param_format_invalid', 'key'],
    [{ key: 'role_set:Gold' }, 'form_param_format_invalid', 'key'],
    [{ key: 'role_set:default' }, 'form_identifier_exists', 'key'],
    [{ type: 'other' }, 'form_param_value_invalid', 'type'],
    [{ color: 'red' }, 'form_param_unknown', 'color'],
    [{ name: 'x'.repeat(257) }, 'form_param_max_length_exceeded', 'name'],
    [{ roles: ['org:admin'] }, 'form_param_value_invalid', 'default_role_key'],
    [{ roles: ['org:admin', 'org:none', 'org:member'] }, 'resource_not_found', 'roles', 404],
    [{ defaultRoleKey: 'org:none' }, 'resource_not_found', 'default_role_key', 404],
    [{ creatorRoleKey: 'org:member' }, 'organization_missing_creator_role_permissions', 'creator_role_key'],
  ]
  for (const [change, code, paramName, status = 422] of cases) {
    const refused = await refusalOf(clerk.roleSets.createRoleSet({ ...right, ...change }))
    t.like(refused, { status, code, paramName }, JSON.stringify(change))
  }
  t.is((await clerk.roleSets.getRoleSetList({})).totalCount, 1)
})

test('an unused set is deleted, and a set that is used or initial is not', async (t) => {
  const api = await openApi(t)
  const body = {
    ...{ name: 'Gold', key: 'role_set:gold', roles: ['org:admin', 'org:member'] },
    ...{ default_role_key: 'org:member', creator_role_key: 'org:admin' },
  }
  await api.call('POST', '/v1/role_sets', { body })
  const organizationId = await makeOrganization(api, 'role_set:gold')
  const used = await api.call('DELETE', '/v1/role_sets/role_set:gold')
  t.is(used.status, 422)
  t.is(used.body.errors[0].code, 'organization_role_set_assigned_to_organizations')
  const initial = await api.call('DELETE', '/v1/role_sets/role_set:default')
  t.is(initial.status, 403)
  t.is(initial.body.errors[0].code, 'cannot_delete_initial_role_set')
  await api.call('DELETE', `/v1/organizations/${organizationId}`)
  const gone = await api.call('DELETE', '/v1/role_sets/role_set:gold')
  t.is(gone.status, 200)
  t.like(gone.body, { object: 'role_set', deleted: true })
})

test('a role without members is removed from a set without a replacement', async (t) => {
  const api = await openApi(t)
  for (const key of ['org:a', 'org:b'])
    await api.call('POST', '/v1/organization_roles', { body: { name: key, key, include_in_initial_role_set: true } })
  await makeOrganization(api, 'role_set:default', 'org:b')
  const take = (key: string) => api.call('DELETE', `/v1/role_sets/role_set:default/roles/${key}`)
  const taken = await take('org:a')
  t.is(taken.status, 200)
  t.deepEqual(
    taken.body.roles.map(({ key }: { key: string }) => key),
    ['org:admin', 'org:b', 'org:member'],
  )
  for (const [key, status, code] of [
    ['org:b', 422, 'organization_role_on_set_assigned_to_user'],
    ['org:admin', 422, 'organization_role_default_creator_role'],
    ['org:member', 422, 'organization_role_domain_default_role'],
    ['org:a', 422, 'organization_role_not_in_role_set'],
    ['org:none', 404, 'resource_not_found'],
  ] as const) {
    const refused = await take(key)
    t.is(refused.status, status, key)
    t.is(refused.body.errors[0].code, code, key)
  }
})

test('a role set for scopes is created without a creator role, which must be said', async (t) => {
  const api = await openApi(t)
  const body = { name: 'Parts', key: 'role_set:parts', roles: ['org:member'], default_role_key: 'org:member' }
  const create = (more: object) => api.call('POST', '/v1/role_sets', { body: { ...body, ...more } })
  const refusals: readonly [object, string][] = [
    [{}, 'form_param_missing'],
    [{ creator_role_key: null }, 'form_param_nil'],
    [{ scopes_only: false }, 'form_param_missing'],
    [
      { scopes_only: true, creator_role_key: 'org:admin', roles: ['org:member', 'org:admin'] },
      'form_param_value_invalid',
    ],
    [{ scopes_only: true, type: 'initial' }, 'form_param_value_invalid'],
  ]
  for (const [more, code] of refusals) {
    const refused = await create(more)
    t.is(refused.status, 422, JSON.stringify(more))
    t.like(refused.body.errors[0], { code, meta: { param_name: 'creator_role_key' } }, JSON.stringify(more))
  }
  const made = await create({ scopes_only: true, creator_role_key: null })
  t.is(made.status, 200)
  t.like(made.body, { key: 'role_set:parts', creator_role: null, default_role: { key: 'org:member' } })
  t.is((await create({ scopes_only: true, key: 'role_set:others' })).body.creator_role, null)

  const organization = { name: 'Acme', role_set_key: 'role_set:parts' }
  t.is((await api.call('POST', '/v1/organizations', { body: organization })).status, 422)
  // A role that comes later makes it a set for organizations, too. Clerk's null means that it stays as it is.
  const admin = { role_keys: ['org:admin'], creator_role_key: 'org:admin' }
  t.is((await api.call('POST', '/v1/role_sets/role_set:parts/roles', { body: admin })).status, 200)
  t.is((await api.call('POST', '/v1/organizations', { body: organization })).status, 200)
  const patched = await api.call('PATCH', '/v1/role_sets/role_set:default', { body: { creator_role_key: null } })
  t.like(patched.body, { creator_role: { key: 'org:admin' } })
})
