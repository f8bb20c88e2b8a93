/** A fresh store. */

import test from 'ava'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import { State } from './state.ts'
import { showRoleSet } from './tiers.ts'

const { catalogue, changeSets } = new State()

test('a fresh store holds the nine system permissions', (t) => {
  t.deepEqual([...catalogue.permissions.values()].map(({ key }) => key).sort(), [
    'org:sys_billing:manage',
    'org:sys_billing:read',
    'org:sys_domains:manage',
    'org:sys_domains:read',
    'org:sys_entconns:manage',
    'org:sys_memberships:manage',
    'org:sys_memberships:read',
    'org:sys_profile:delete',
    'org:sys_profile:manage',
  ])
  t.true([...catalogue.permissions.values()].every(({ type }) => type === 'system'))
})

test('a fresh store holds the role admin with all permissions, and the role member that reads members and billing', (t) => {
  const keysOf = (key: string) =>
    catalogue.roles.byKey(key)?.permissionIds.map((id) => catalogue.permissions.byId(id)?.key)
  t.is(catalogue.roles.size, 2)
  t.is(keysOf('org:admin')?.length, 9)
  t.deepEqual(keysOf('org:member'), ['org:sys_billing:read', 'org:sys_memberships:read'])
})

test('a fresh store holds one role set, which is initial', (t) => {
  t.is(catalogue.roleSets.size, 1)
  t.is(catalogue.roleSets.byKey('role_set:default')?.name, 'Primary role set')
  t.deepEqual(showRoleSet(new State(), 'role_set:default'), {
    roles: ['org:admin', 'org:member'],
    default: 'org:member',
    creator: 'org:admin',
    type: 'initial',
  })
})

test('what a creator needs is among the system permissions', (t) => {
  for (const key of creatorPermissionKeys) t.is(catalogue.permissions.byKey(key)?.type, 'system')
})

test('the seed is one write, in the same order every time', (t) => {
  t.deepEqual(
    changeSets.map(({ revision }) => revision),
    [1],
  )
  t.deepEqual(changeSets, new State().changeSets)
})
