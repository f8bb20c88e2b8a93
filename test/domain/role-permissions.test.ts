/** Giving a role one permission more, or taking one from it. */

import test from 'ava'
import type { Role } from '@rolesets/core'
import { refused } from './refused.ts'
import { createTiers } from './tiers.ts'

test('a permission is added in the order of keys, once', (t) => {
  const state = createTiers()
  const add = (permission: string) => () =>
    state.run({ operation: 'addPermission', input: { role: 'org:analyst', permission } })
  const { value, changes, impact } = add('org:reports:manage')()
  const keys = (value as Role).permissionIds.map((id) => state.catalogue.permissions.byId(id)?.key)
  t.deepEqual(keys, ['org:reports:manage', 'org:reports:read'])
  t.deepEqual([changes.length, impact.organizations], [1, 0])
  const { facts } = refused(t, 'role_holds_permission', 'permission', add('org:reports:manage'))
  t.deepEqual(facts, { role: 'org:analyst', permission: 'org:reports:manage' })
  refused(t, 'permission_not_found', 'permission', add('org:none:read'))
})

test('a permission that the role holds is taken from it', (t) => {
  const state = createTiers()
  const remove = (role: string, permission: string) => () =>
    state.run({ operation: 'removePermission', input: { role, permission } })
  remove('org:analyst', 'org:reports:read')()
  t.deepEqual(state.catalogue.roles.byKey('org:analyst')?.permissionIds, [])
  const { facts } = refused(t, 'role_lacks_permission', 'permission', remove('org:analyst', 'org:reports:read'))
  t.deepEqual(facts, { role: 'org:analyst', permission: 'org:reports:read' })
  refused(t, 'role_not_found', 'role', remove('org:none', 'org:reports:read'))
})

test('what a creator role must hold can’t be taken from it', (t) => {
  const state = createTiers()
  const remove = (role: string) => () =>
    state.run({ operation: 'removePermission', input: { role, permission: 'org:sys_profile:delete' } })
  const { facts } = refused(t, 'role_not_creator_eligible', 'permission', remove('org:admin'))
  t.is(facts['missing'], 'org:sys_profile:delete')
  remove('org:owner')()
})

test('a role holds up to a thousand permissions', (t) => {
  const state = createTiers()
  const keys = Array.from({ length: 1_001 }, (_, place) => `org:many:p${place}`)
  state.runAll('Apply', () => keys.map((key) => ({ operation: 'createPermission', input: { key } })))
  const [first = '', ...others] = keys
  state.run({ operation: 'updateRole', input: { role: 'org:guest', permissions: others } })
  const add = () => state.run({ operation: 'addPermission', input: { role: 'org:guest', permission: first } })
  refused(t, 'limit_exceeded', 'permission', add)
})
