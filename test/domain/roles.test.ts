/** Roles: rule 8 (deleting), rule 9 (renaming), and what rule 2 says about the permissions of a creator role. */

import { kindOf } from '@rolesets/core'
import test from 'ava'
import { creatorPermissionKeys, isCreatorEligible } from '../../packages/sidecar/src/domain/roles.ts'
import { impactOf } from '../../packages/sidecar/src/domain/decided.ts'
import { refused } from './refused.ts'
import { createTiers, rolesIn, showRoleSet } from './tiers.ts'

test('a role is created with its permissions in the order of their keys, and is in no set', (t) => {
  const state = createTiers()
  const permissions = ['org:reports:read', 'org:reports:manage', 'org:sys_billing:read']
  const { impact } = state.run({ operation: 'createRole', input: { key: 'org:auditor', permissions } })
  const role = state.catalogue.roles.byKey('org:auditor')
  const keys = role?.permissionIds.map((id) => state.catalogue.permissions.byId(id)?.key)
  t.deepEqual(keys, ['org:reports:manage', 'org:reports:read', 'org:sys_billing:read'])
  t.is(role?.name, 'Auditor')
  t.is(state.catalogue.permissions.size, 11)
  t.false([...state.catalogue.roleSets.values()].some(({ roleIds }) => roleIds.includes(role?.id ?? '')))
  t.deepEqual(impact, impactOf({ organizations: 0 }))
})

test('a role that is included in the initial set is available at once in the organizations on it', (t) => {
  const state = createTiers()
  state.run({ operation: 'createOrganization', input: { id: 'delta' } })
  const input = { key: 'org:auditor', includeInInitialRoleSet: true }
  const { changes, impact } = state.run({ operation: 'createRole', input })
  t.deepEqual(changes.map(kindOf), ['role_put', 'role_set_put'])
  t.deepEqual(showRoleSet(state, 'role_set:default').roles, ['org:admin', 'org:auditor', 'org:member'])
  t.deepEqual(impact, impactOf({ organizations: 1 }))
})

test('a role’s permissions must exist and be named once, by key or id', (t) => {
  const state = createTiers()
  const create = (permissions: string[]) => () =>
    state.run({ operation: 'createRole', input: { key: 'org:x', permissions } })
  const { id = '' } = state.catalogue.permissions.byKey('org:reports:read') ?? {}
  refused(t, 'permission_not_found', 'permissions[1]', create(['org:reports:read', 'org:none:read']))
  refused(t, 'invalid_field', 'permissions[1]', create(['org:reports:read', id]))
  refused(t, 'invalid_field', 'permissions[0]', create(['']))
})

for (const key of ['', 'admin', 'org:', 'org:Admin', 'org:a:b', 'org:a-b', 'org:admin '])
  test(`no role can be created as ${JSON.stringify(key)}`, (t) => {
    refused(t, 'invalid_field', 'key', () => createTiers().run({ operation: 'createRole', input: { key } }))
  })

test('a role is eligible as creator role when it holds the three permissions, whatever else it holds', (t) => {
  const { catalogue } = createTiers()
  const keys = [...catalogue.roles.values()].filter((role) => isCreatorEligible(catalogue, role)).map(({ key }) => key)
  t.deepEqual(keys.sort(), ['org:admin', 'org:owner'])
})

for (const lost of creatorPermissionKeys)
  test(`taking ${lost} from a role that is some set’s creator role is refused`, (t) => {
    const state = createTiers()
    const permissions = creatorPermissionKeys.filter((key) => key !== lost)
    const update = () => state.run({ operation: 'updateRole', input: { role: 'org:admin', permissions } })
    const { facts } = refused(t, 'role_not_creator_eligible', 'permissions', update)
    t.deepEqual(facts, { role: 'org:admin', role_sets: 'role_set:default, role_set:free, role_set:pro', missing: lost })
  })

test('a creator role can lose what a creator doesn’t need, and any other role can lose everything', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateRole', input: { role: 'org:admin', permissions: [...creatorPermissionKeys] } })
  state.run({ operation: 'updateRole', input: { role: 'org:owner', permissions: [] } })
  t.is(state.catalogue.roles.byKey('org:admin')?.permissionIds.length, 3)
  t.is(state.catalogue.roles.byKey('org:owner')?.permissionIds.length, 0)
})

test('the same permissions in another order are no change', (t) => {
  const state = createTiers()
  const permissions = [...creatorPermissionKeys].reverse()
  t.deepEqual(state.run({ operation: 'updateRole', input: { role: 'org:owner', permissions } }).changes, [])
})

test('a renamed key follows everywhere: sets, members and permissions stay', (t) => {
  const state = createTiers()
  const { changes } = state.run({ operation: 'updateRole', input: { role: 'org:analyst', key: 'org:data_analyst' } })
  t.deepEqual(changes.map(kindOf), ['role_put'])
  t.deepEqual(showRoleSet(state, 'role_set:pro').roles, [
    'org:admin',
    'org:data_analyst',
    'org:member',
    'org:moderator',
  ])
  t.is(rolesIn(state, 'acme')['bob'], 'org:data_analyst')
  refused(t, 'role_not_found', 'role', () => state.run({ operation: 'updateRole', input: { role: 'org:analyst' } }))
})

test('a key is free again once its role is renamed', (t) => {
  const state = createTiers()
  const rename = { role: 'org:analyst', key: 'org:data_analyst' }
  refused(t, 'key_taken', 'key', () => state.run({ operation: 'createRole', input: { key: 'org:analyst' } }))
  state.run({ operation: 'updateRole', input: rename })
  state.run({ operation: 'createRole', input: { key: 'org:analyst' } })
  t.is(rolesIn(state, 'acme')['bob'], 'org:data_analyst')
})

test('a role is found by its id as well as by its key', (t) => {
  const state = createTiers()
  const { id = '' } = state.catalogue.roles.byKey('org:guest') ?? {}
  state.run({ operation: 'updateRole', input: { role: id, name: 'Visitor' } })
  t.is(state.catalogue.roles.byKey('org:guest')?.name, 'Visitor')
})

test('deleting a role is refused while it is any set’s default or creator role', (t) => {
  const state = createTiers()
  state.run({ operation: 'deleteOrganization', input: { organizationId: 'gamma' } })
  const remove = () => state.run({ operation: 'deleteRole', input: { role: 'org:member' } })
  const { facts } = refused(t, 'in_use', 'role', remove)
  t.like(facts, { role: 'org:member', place: 'default', role_sets: 'role_set:default, role_set:free, role_set:pro' })
  const { facts: ofCreator } = refused(t, 'in_use', 'role', () =>
    state.run({ operation: 'deleteRole', input: { role: 'org:admin' } }),
  )
  t.like(ofCreator, { place: 'creator', members: '1', invitations: '0' })
})

test('deleting a role is refused while any member has it, and the answer counts them', (t) => {
  const state = createTiers()
  const remove = () => state.run({ operation: 'deleteRole', input: { role: 'org:analyst' } })
  const { facts } = refused(t, 'in_use', 'role', remove)
  t.deepEqual(facts, { role: 'org:analyst', members: '2', invitations: '0', organizations: '2' })
})

test('a deleted role leaves all sets', (t) => {
  const state = createTiers()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:free', roles: ['org:guest'] } })
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:pro', roles: ['org:guest'] } })
  const { changes, impact } = state.run({ operation: 'deleteRole', input: { role: 'org:guest' } })
  t.deepEqual(changes.map(kindOf), ['role_set_put', 'role_set_put', 'role_deleted'])
  t.deepEqual(impact, impactOf({ organizations: 3 }))
  t.deepEqual(showRoleSet(state, 'role_set:free').roles, ['org:admin', 'org:member'])
  t.is(state.catalogue.roles.byKey('org:guest'), undefined)
})
