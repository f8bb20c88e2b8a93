/** Rules 2 (sets are well formed), 3 (one initial set) and 5 (adding roles). */

import { put, kindOf, type RoleSet, editOf } from '@rolesets/core'
import test from 'ava'
import { impactOf } from '../../packages/sidecar/src/domain/decided.ts'
import { refused } from './refused.ts'
import { createTiers, showRoleSet } from './tiers.ts'

const usual = { roles: ['org:admin', 'org:member'], defaultRole: 'org:member', creatorRole: 'org:admin' }

test('a role set is created with its roles and their places', (t) => {
  const state = createTiers()
  const input = { key: 'role_set:enterprise', name: 'Enterprise', description: 'All.', ...usual }
  const { changes, impact, value } = state.run({ operation: 'createRoleSet', input })
  t.deepEqual(changes as unknown, [put('role_set', value as RoleSet, null)])
  t.deepEqual(impact, impactOf({ organizations: 0 }))
  const shown = showRoleSet(state, 'role_set:enterprise')
  t.deepEqual(shown, { roles: usual.roles, default: 'org:member', creator: 'org:admin', type: 'custom' })
})

test('a key that isn’t given is made from the name', (t) => {
  const state = createTiers()
  state.run({ operation: 'createRoleSet', input: { key: '', name: ' Größe: Pro-Plan (2026)!', ...usual } })
  t.is(state.catalogue.roleSets.byKey('role_set:gro_e_pro_plan_2026')?.name, ' Größe: Pro-Plan (2026)!')
  const again = { name: 'PRO', ...usual }
  refused(t, 'key_taken', 'key', () => state.run({ operation: 'createRoleSet', input: again }))
  for (const name of ['', '専門', '!!!'])
    refused(t, 'invalid_field', 'key', () => state.run({ operation: 'createRoleSet', input: { name, ...usual } }))
})

test('a set has at least one role', (t) => {
  const input = { key: 'role_set:x', ...usual, roles: [] }
  refused(t, 'invalid_field', 'roles', () => createTiers().run({ operation: 'createRoleSet', input }))
})

test('a set names each of its roles once', (t) => {
  const input = { key: 'role_set:x', ...usual, roles: ['org:admin', 'org:member', 'org:admin'] }
  refused(t, 'invalid_field', 'roles[2]', () => createTiers().run({ operation: 'createRoleSet', input }))
})

test('the roles of a set exist', (t) => {
  const state = createTiers()
  const create = (fault: object) => () =>
    state.run({ operation: 'createRoleSet', input: { key: 'role_set:x', ...usual, ...fault } })
  refused(t, 'role_not_found', 'roles[0]', create({ roles: ['org:none'] }))
  refused(t, 'role_not_found', 'default_role', create({ defaultRole: 'org:none' }))
  refused(t, 'role_not_found', 'creator_role', create({ creatorRole: 'org:none' }))
  refused(t, 'invalid_field', 'default_role', create({ defaultRole: '' }))
})

test('the default role and the creator role are among a set’s roles', (t) => {
  const state = createTiers()
  const create = (fault: object) => () =>
    state.run({ operation: 'createRoleSet', input: { key: 'role_set:x', ...usual, ...fault } })
  const { facts } = refused(t, 'special_role_not_in_role_set', 'default_role', create({ defaultRole: 'org:guest' }))
  t.deepEqual(facts, { role: 'org:guest', role_set: 'role_set:x' })
  refused(t, 'special_role_not_in_role_set', 'creator_role', create({ creatorRole: 'org:owner' }))
  const update = (input: object) => () =>
    state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', ...input } })
  refused(t, 'special_role_not_in_role_set', 'default_role', update({ defaultRole: 'org:analyst' }))
  refused(t, 'special_role_not_in_role_set', 'creator_role', update({ creatorRole: 'org:owner' }))
})

test('the creator role holds what a creator needs', (t) => {
  const state = createTiers()
  const input = { key: 'role_set:x', ...usual, creatorRole: 'org:member' }
  const { facts } = refused(t, 'role_not_creator_eligible', 'creator_role', () =>
    state.run({ operation: 'createRoleSet', input }),
  )
  t.deepEqual(facts, {
    role: 'org:member',
    role_set: 'role_set:x',
    missing: 'org:sys_memberships:manage, org:sys_profile:delete',
  })
  const update = { roleSet: 'role_set:pro', creatorRole: 'org:analyst' }
  refused(t, 'role_not_creator_eligible', 'creator_role', () =>
    state.run({ operation: 'updateRoleSet', input: update }),
  )
})

test('a set’s default role can be its creator role', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', defaultRole: 'org:admin' } })
  t.like(showRoleSet(state, 'role_set:free'), { default: 'org:admin', creator: 'org:admin' })
})

test('making another set initial turns the old one into custom, in one write and the old one first', (t) => {
  const state = createTiers()
  const { changes } = state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', initial: true } })
  t.deepEqual(
    changes.map((change) => editOf(change, 'role_set')?.after).map((set) => [set?.key, set?.type]),
    [
      ['role_set:default', 'custom'],
      ['role_set:free', 'initial'],
    ],
  )
  t.deepEqual(state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', initial: true } }).changes, [])
})

test('a set that is created as initial takes the place of the old one', (t) => {
  const state = createTiers()
  state.run({ operation: 'createRoleSet', input: { key: 'role_set:start', ...usual, initial: true } })
  t.is(showRoleSet(state, 'role_set:start').type, 'initial')
  t.is(showRoleSet(state, 'role_set:default').type, 'custom')
})

test('the initial set can’t be made custom; for any other set that is no change', (t) => {
  const state = createTiers()
  const update = (roleSet: string) => () =>
    state.run({ operation: 'updateRoleSet', input: { roleSet, initial: false } })
  refused(t, 'initial_role_set_required', 'type', update('role_set:default'))
  t.deepEqual(update('role_set:pro')().changes, [])
})

test('the initial set can’t be deleted until another one is initial', (t) => {
  const state = createTiers()
  const remove = () => state.run({ operation: 'deleteRoleSet', input: { roleSet: 'role_set:default' } })
  refused(t, 'initial_role_set_required', 'role_set', remove)
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', initial: true } })
  t.deepEqual(remove().changes.map(kindOf), ['role_set_deleted'])
})

test('a set that organizations are on can’t be deleted, and the answer counts them', (t) => {
  const state = createTiers()
  const remove = () => state.run({ operation: 'deleteRoleSet', input: { roleSet: 'role_set:pro' } })
  t.deepEqual(refused(t, 'in_use', 'role_set', remove).facts, { role_set: 'role_set:pro', organizations: '2' })
})

test('a renamed set keeps its organizations', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:pro', key: 'role_set:professional' } })
  t.is(state.countOn(state.catalogue.roleSets.byKey('role_set:professional')?.id ?? ''), 2)
  refused(t, 'key_taken', 'key', () =>
    state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', key: 'role_set:professional' } }),
  )
})

test('adding roles to a set is always allowed, and concerns every organization on it', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', roles: ['org:guest', 'org:owner'] }
  t.deepEqual(state.run({ operation: 'addRoles', input }).impact, impactOf({ organizations: 2 }))
  t.deepEqual(showRoleSet(state, 'role_set:pro').roles, [
    ...['org:admin', 'org:analyst', 'org:guest', 'org:member', 'org:moderator', 'org:owner'],
  ])
})

test('a set may name new default and creator roles in the call that adds them', (t) => {
  const state = createTiers()
  const input = {
    roleSet: 'role_set:pro',
    roles: ['org:guest', 'org:owner'],
    defaultRole: 'org:guest',
    creatorRole: 'org:owner',
  }
  state.run({ operation: 'addRoles', input })
  t.like(showRoleSet(state, 'role_set:pro'), { default: 'org:guest', creator: 'org:owner' })
})

test('roles that the set has already are passed over; if there are no others, nothing changes', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', roles: ['org:analyst', 'org:admin'] }
  t.deepEqual(state.run({ operation: 'addRoles', input }).changes, [])
  const { changes, impact } = state.run({ operation: 'addRoles', input: { ...input, defaultRole: 'org:analyst' } })
  t.is(changes.length, 1)
  t.deepEqual(impact, impactOf({ organizations: 0 }))
})

test('adding checks the new places like any other write', (t) => {
  const state = createTiers()
  const add = (input: object) => () =>
    state.run({ operation: 'addRoles', input: { roleSet: 'role_set:free', roles: ['org:guest'], ...input } })
  refused(t, 'special_role_not_in_role_set', 'default_role', add({ defaultRole: 'org:analyst' }))
  refused(t, 'role_not_creator_eligible', 'creator_role', add({ creatorRole: 'org:guest' }))
  refused(t, 'invalid_field', 'roles', add({ roles: [] }))
  refused(t, 'role_not_found', 'roles[0]', add({ roles: ['org:none'] }))
  refused(t, 'role_set_not_found', 'role_set', add({ roleSet: 'role_set:none' }))
})
