/** Rule 1: a role can be given to a member only if it is in the organization's role set. And rule 3 for unknown ones. */

import { kindOf, limits } from '@rolesets/core'
import test from 'ava'
import { replaceEnded } from '../../packages/sidecar/src/domain/ends.ts'
import { refused } from './refused.ts'
import { createTiers, join, rolesIn, roleSetOf } from './tiers.ts'

test('a role outside the set is refused, and the answer names the set and what it offers', (t) => {
  const state = createTiers()
  const grant = () => join(state, 'gamma', { fay: 'org:analyst' })
  const { facts, message } = refused(t, 'role_not_in_role_set', 'role', grant)
  t.deepEqual(facts, {
    role: 'org:analyst',
    role_set: 'role_set:free',
    organization: 'gamma',
    offered: 'org:admin, org:member',
  })
  for (const part of ['org:analyst', 'role_set:free', 'gamma', 'org:admin, org:member']) t.true(message.includes(part))
})

test('a role of the set is given, by key or by id', (t) => {
  const state = createTiers()
  const { id = '' } = state.catalogue.roles.byKey('org:analyst') ?? {}
  join(state, 'acme', { fay: 'org:moderator', gus: id })
  t.like(rolesIn(state, 'acme'), { fay: 'org:moderator', gus: 'org:analyst' })
  t.regex(state.membership('acme', 'fay')?.id ?? '', /^orgmem_/)
})

test('the same grant is accepted once the organization has moved to a set with the role', (t) => {
  const state = createTiers()
  refused(t, 'role_not_in_role_set', 'role', () => join(state, 'gamma', { fay: 'org:analyst' }))
  state.run({ operation: 'assignRoleSet', input: { organizationId: 'gamma', roleSet: 'role_set:pro' } })
  join(state, 'gamma', { fay: 'org:analyst' })
  t.is(rolesIn(state, 'gamma')['fay'], 'org:analyst')
})

test('a member cannot be given a role outside the set later either', (t) => {
  const state = createTiers()
  const update = (role: string) => () =>
    state.run({ operation: 'updateMembership', input: { organizationId: 'gamma', userId: 'eve', role } })
  refused(t, 'role_not_in_role_set', 'role', update('org:analyst'))
  update('org:admin')()
  t.is(rolesIn(state, 'gamma')['eve'], 'org:admin')
})

test('a role that has left the set can be given to nobody any more', (t) => {
  const state = createTiers()
  state.run({ operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' } })
  refused(t, 'role_not_in_role_set', 'role', () => join(state, 'acme', { fay: 'org:analyst' }))
})

test('a role that doesn’t exist is not found', (t) => {
  refused(t, 'role_not_found', 'role', () => join(createTiers(), 'acme', { fay: 'org:none' }))
  refused(t, 'invalid_field', 'role', () => join(createTiers(), 'acme', { fay: '' }))
})

test('a user is a member of an organization once', (t) => {
  const state = createTiers()
  const again = () => join(state, 'acme', { ann: 'org:admin' })
  t.deepEqual(refused(t, 'membership_exists', 'user_id', again).facts, { organization: 'acme', user: 'ann' })
  join(state, 'beta', { ann: 'org:admin' })
  t.is(rolesIn(state, 'beta')['ann'], 'org:admin')
})

test('an organization that the store has never heard of is registered on the initial set by its first member', (t) => {
  const state = createTiers('initial')
  const input = { organizationId: 'new', userId: 'zoe', role: 'org:member' }
  const { changes } = state.run({ operation: 'createMembership', input })
  t.deepEqual(changes.map(kindOf), ['organization_put', 'membership_put'])
  t.is(roleSetOf(state, 'new'), 'role_set:default')
})

test('a refused first member registers nothing', (t) => {
  const state = createTiers('initial')
  refused(t, 'role_not_in_role_set', 'role', () => join(state, 'new', { zoe: 'org:analyst' }))
  t.false(state.organizations.has('new'))
})

test('an organization that the store has never heard of is refused, where unknown organizations are denied', (t) => {
  const state = createTiers('deny')
  const { facts } = refused(t, 'organization_not_found', 'organization_id', () =>
    join(state, 'new', { zoe: 'org:member' }),
  )
  t.deepEqual(facts, { organization: 'new' })
})

test('a member’s metadata changes without the role, and the role without the metadata', (t) => {
  const state = createTiers()
  const member = { organizationId: 'acme', userId: 'bob' }
  state.run({ operation: 'updateMembership', input: { ...member, publicMetadata: { desk: 4 } } })
  state.run({ operation: 'updateMembership', input: { ...member, role: 'org:member' } })
  t.like(state.membership('acme', 'bob'), { publicMetadata: { desk: 4 } })
  t.is(rolesIn(state, 'acme')['bob'], 'org:member')
})

test('an update to the present values changes nothing', (t) => {
  const state = createTiers()
  const input = { organizationId: 'acme', userId: 'bob', role: 'org:analyst', publicMetadata: {}, privateMetadata: {} }
  t.deepEqual(state.run({ operation: 'updateMembership', input }).changes, [])
})

test('a membership ends', (t) => {
  const state = createTiers()
  const input = { organizationId: 'acme', userId: 'bob' }
  const { changes } = state.run({ operation: 'deleteMembership', input })
  t.deepEqual(changes.map(kindOf), ['membership_deleted'])
  t.is(state.membership('acme', 'bob'), undefined)
})

test('who isn’t a member can’t be changed or removed', (t) => {
  const state = createTiers()
  const input = { organizationId: 'acme', userId: 'eve' }
  const remove = () => state.run({ operation: 'deleteMembership', input })
  t.deepEqual(refused(t, 'membership_not_found', 'user_id', remove).facts, { organization: 'acme', user: 'eve' })
  refused(t, 'membership_not_found', 'user_id', () => state.run({ operation: 'updateMembership', input }))
  const elsewhere = { organizationId: 'nobody', userId: 'eve' }
  refused(t, 'organization_not_found', 'organization_id', () =>
    state.run({ operation: 'updateMembership', input: elsewhere }),
  )
})

test('a new membership replaces all that is left of a former one, or is refused', (t) => {
  const state = createTiers()
  const former = state.membership('acme', 'ann')
  if (former === undefined) return t.fail('ann is a member of acme')
  const left = Array.from({ length: limits.endsPerCallMax }, (_, index) => ({ ...former, scope: `team:${index}` }))
  refused(t, 'limit_exceeded', 'user_id', () => replaceEnded(former, left))
  t.is(replaceEnded(former, left.slice(1)).length, limits.endsPerCallMax)
})
