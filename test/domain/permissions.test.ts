/** Rule 10: system permissions cannot be changed or deleted; `org:sys_` is reserved. */

import { put, kindOf, type Permission } from '@rolesets/core'
import test from 'ava'
import { refused } from './refused.ts'
import { createTiers } from './tiers.ts'

test('a custom permission is created with what was given', (t) => {
  const state = createTiers()
  const input = { key: 'org:invoices:pay', name: 'Pay', description: 'Pays\ninvoices.' }
  const { changes, value } = state.run({ operation: 'createPermission', input })
  const stamps = { createdAt: state.now, updatedAt: state.now, revision: state.revision }
  const { id } = value as { id: string }
  t.regex(id, /^perm_/)
  t.deepEqual(value, { id, ...input, type: 'custom', ...stamps })
  t.deepEqual(changes as unknown, [put('permission', value as Permission, null)])
})

test('a name that isn’t given is made from the key', (t) => {
  const state = createTiers()
  state.run({ operation: 'createPermission', input: { key: 'org:data_exports:run_all', name: '' } })
  t.is(state.catalogue.permissions.byKey('org:data_exports:run_all')?.name, 'Data exports run all')
})

for (const key of ['org:sys_profile:manage', 'org:sys_new:read', 'org:sys_:read'])
  test(`no permission can be created as ${key}, because org:sys_ is reserved`, (t) => {
    const state = createTiers()
    const refusal = refused(t, 'invalid_field', 'key', () =>
      state.run({ operation: 'createPermission', input: { key } }),
    )
    t.true(refusal.message.includes('reserved'))
    const input = { permission: 'org:reports:read', key }
    refused(t, 'invalid_field', 'key', () => state.run({ operation: 'updatePermission', input }))
  })

for (const key of [
  '',
  'org:reports',
  'org:reports:',
  'org:reports:read:all',
  'Org:reports:read',
  'org:reports:read\n',
  'reports:read',
])
  test(`no permission can be created as ${JSON.stringify(key)}, because it isn’t of the form org:<feature>:<action>`, (t) => {
    refused(t, 'invalid_field', 'key', () => createTiers().run({ operation: 'createPermission', input: { key } }))
  })

test('a key that is taken is refused, and the answer names who has it', (t) => {
  const state = createTiers()
  const { id = '' } = state.catalogue.permissions.byKey('org:reports:read') ?? {}
  const create = () => state.run({ operation: 'createPermission', input: { key: 'org:reports:read' } })
  t.deepEqual(refused(t, 'key_taken', 'key', create).facts, { key: 'org:reports:read', id })
  const input = { permission: 'org:reports:manage', key: 'org:reports:read' }
  refused(t, 'key_taken', 'key', () => state.run({ operation: 'updatePermission', input }))
})

test('system permissions cannot be changed, not even to what they are', (t) => {
  const state = createTiers()
  const input = { permission: 'org:sys_memberships:read', name: 'Read members' }
  const refusal = refused(t, 'system_permission', 'permission', () =>
    state.run({ operation: 'updatePermission', input }),
  )
  t.deepEqual(refusal.facts, { permission: 'org:sys_memberships:read' })
})

test('system permissions cannot be deleted', (t) => {
  const state = createTiers()
  const input = { permission: 'org:sys_billing:read' }
  refused(t, 'system_permission', 'permission', () => state.run({ operation: 'deletePermission', input }))
})

test('a deleted permission leaves all roles, before it goes', (t) => {
  const state = createTiers()
  const { changes } = state.run({ operation: 'deletePermission', input: { permission: 'org:reports:read' } })
  t.deepEqual(changes.map(kindOf), ['role_put', 'permission_deleted'])
  t.deepEqual(state.catalogue.roles.byKey('org:analyst')?.permissionIds, [])
  t.is(state.catalogue.roles.byKey('org:analyst')?.revision, state.revision)
})

test('a permission that isn’t there is not found, under whatever name', (t) => {
  const state = createTiers()
  for (const permission of ['org:none:read', 'perm_none', 'no key at all', 'org:analyst']) {
    const update = () => state.run({ operation: 'updatePermission', input: { permission } })
    t.deepEqual(refused(t, 'permission_not_found', 'permission', update).facts, { permission })
    refused(t, 'permission_not_found', 'permission', () =>
      state.run({ operation: 'deletePermission', input: { permission } }),
    )
  }
})

test('an update to the present values changes nothing', (t) => {
  const state = createTiers()
  const before = state.snapshot()
  const input = { permission: 'org:reports:read', key: 'org:reports:read', name: 'Reports read', description: '' }
  t.deepEqual(state.run({ operation: 'updatePermission', input }).changes, [])
  t.deepEqual(state.snapshot(), before)
})
