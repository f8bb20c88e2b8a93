/** Rules 6 (removing a role from a set) and 7 (replacing a set). */

import { kindOf } from '@rolesets/core'
import test from 'ava'
import { planMove } from '../../packages/sidecar/src/domain/mappings.ts'
import { replaceRole, replaceRoleSet } from '../../packages/sidecar/src/domain/role-set-replacement.ts'
import { impactOf, noImpact } from '../../packages/sidecar/src/domain/decided.ts'
import { refused } from './refused.ts'
import { createTiers, join, rolesIn, roleSetOf, showRoleSet } from './tiers.ts'

test('removing a role gives its members in every organization on the set the target, as one fact', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:moderator' }
  const { changes, impact } = state.run({ operation: 'replaceRole', input })
  t.deepEqual(changes.map(kindOf), ['role_set_put', 'members_reassigned'])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:moderator', cem: 'org:moderator' })
  t.deepEqual(rolesIn(state, 'beta'), { dan: 'org:moderator' })
  t.deepEqual(showRoleSet(state, 'role_set:pro').roles, ['org:admin', 'org:member', 'org:moderator'])
  const [roleId, toRoleId] = ['org:analyst', 'org:moderator'].map((key) => state.catalogue.roles.byKey(key)?.id)
  t.deepEqual(impact as unknown, {
    ...noImpact,
    organizations: 2,
    roles: [{ roleId, toRoleId, members: 2, invitations: 0, organizations: 2 }],
    requiredMappings: [{ roleId, members: 2, invitations: 0, organizations: 2 }],
    violations: [],
  })
})

test('members of organizations on other sets keep the role', (t) => {
  const state = createTiers()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:free', roles: ['org:analyst'] } })
  join(state, 'gamma', { fay: 'org:analyst' })
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' }
  state.run({ operation: 'replaceRole', input })
  t.is(rolesIn(state, 'gamma')['fay'], 'org:analyst')
})

test('a target that isn’t in the set joins it by the same call', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:guest' }
  state.run({ operation: 'replaceRole', input })
  t.deepEqual(showRoleSet(state, 'role_set:pro').roles, ['org:admin', 'org:guest', 'org:member', 'org:moderator'])
  t.is(rolesIn(state, 'beta')['dan'], 'org:guest')
})

test('where the removed role was the default role, the target takes that place too', (t) => {
  const state = createTiers()
  state.run({ operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:member', toRole: 'org:analyst' } })
  t.like(showRoleSet(state, 'role_set:pro'), { default: 'org:analyst', creator: 'org:admin' })
})

test('where the removed role was the creator role, an eligible target takes that place too', (t) => {
  const state = createTiers()
  state.run({ operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:admin', toRole: 'org:owner' } })
  t.like(showRoleSet(state, 'role_set:pro'), { default: 'org:member', creator: 'org:owner' })
  t.is(rolesIn(state, 'acme')['ann'], 'org:owner')
})

test('where the removed role was the creator role, a target that isn’t eligible is refused', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', role: 'org:admin', toRole: 'org:analyst' }
  const { facts } = refused(t, 'role_not_creator_eligible', 'to_role', () =>
    state.run({ operation: 'replaceRole', input }),
  )
  t.like(facts, { role: 'org:analyst', role_set: 'role_set:pro' })
})

test('removing a role that nobody holds needs no target', (t) => {
  const state = createTiers()
  state.run({ operation: 'deleteMembership', input: { organizationId: 'acme', userId: 'cem' } })
  const { changes, impact } = state.run({
    operation: 'replaceRole',
    input: { roleSet: 'role_set:pro', role: 'org:moderator', toRole: '' },
  })
  t.deepEqual(changes.map(kindOf), ['role_set_put'])
  t.deepEqual(impact, impactOf({ organizations: 2 }))
})

test('removing a role that somebody holds needs a target, and the answer counts them', (t) => {
  const state = createTiers()
  const remove = () => state.run({ operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:analyst' } })
  const { facts } = refused(t, 'in_use', 'to_role', remove)
  t.deepEqual(facts, { role: 'org:analyst', role_set: 'role_set:pro', members: '2', invitations: '0' })
})

test('a role that only invitations name counts as held', (t) => {
  const { catalogue, context } = ((state) => ({ catalogue: state.catalogue, context: state.context() }))(createTiers())
  const { id: roleId = '' } = catalogue.roles.byKey('org:analyst') ?? {}
  const facts = { usage: { roleId, members: 0, invitations: 3, organizations: 2 }, organizations: 2 }
  const input = { roleSet: 'role_set:pro', role: 'org:analyst' }
  const { facts: counts } = refused(t, 'in_use', 'to_role', () => replaceRole(catalogue, input, facts, context))
  t.is(counts['invitations'], '3')
  const { changes, impact } = replaceRole(catalogue, { ...input, toRole: 'org:member' }, facts, context)
  t.deepEqual(changes.map(kindOf), ['role_set_put', 'members_reassigned'])
  t.is(impact.roles[0]?.invitations, 3)
})

test('removing a set’s default or creator role needs a target, even if nobody holds it', (t) => {
  const state = createTiers()
  for (const role of ['org:admin', 'org:member']) {
    const remove = () => state.run({ operation: 'replaceRole', input: { roleSet: 'role_set:default', role } })
    refused(t, 'special_role_not_in_role_set', 'to_role', remove)
  }
})

test('only a role of the set can be removed from it', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:free', role: 'org:analyst', toRole: 'org:member' }
  refused(t, 'role_not_in_role_set', 'role', () => state.run({ operation: 'replaceRole', input }))
})

test('a role can’t be replaced by itself, nor a set', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:analyst' }
  refused(t, 'same_source_and_destination', 'to_role', () => state.run({ operation: 'replaceRole', input }))
  const sets = { roleSet: 'role_set:pro', toRoleSet: 'role_set:pro' }
  refused(t, 'same_source_and_destination', 'to_role_set', () =>
    state.run({ operation: 'replaceRoleSet', input: sets }),
  )
})

test('replacing a set moves its organizations and their members, and deletes it', (t) => {
  const state = createTiers()
  const mappings = { 'org:analyst': 'org:member', 'org:moderator': 'org:admin' }
  const input = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings }
  const { changes, impact, value } = state.run({ operation: 'replaceRoleSet', input })
  t.deepEqual(changes.map(kindOf), ['members_reassigned', 'organizations_moved', 'role_set_deleted'])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:member', cem: 'org:admin' })
  t.deepEqual([roleSetOf(state, 'acme'), roleSetOf(state, 'beta')], ['role_set:free', 'role_set:free'])
  t.is(state.catalogue.roleSets.byKey('role_set:pro'), undefined)
  t.is(value, state.catalogue.roleSets.byKey('role_set:free'))
  t.is(impact.organizations, 2)
  t.is(
    impact.roles.reduce((sum, { members }) => sum + members, 0),
    3,
  )
})

test('a set that nobody is on is replaced without moving anyone', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', initial: true } })
  const input = { roleSet: 'role_set:default', toRoleSet: 'role_set:free' }
  t.deepEqual(state.run({ operation: 'replaceRoleSet', input }).changes.map(kindOf), ['role_set_deleted'])
})

test('a missing mapping is refused with the list of unmapped roles and how many hold each', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings: {} }
  const { facts, message } = refused(t, 'mapping_missing', 'mappings', () =>
    state.run({ operation: 'replaceRoleSet', input }),
  )
  t.deepEqual(facts, {
    role_set: 'role_set:free',
    unmapped: 'org:analyst,org:moderator',
    unmapped_count: '2',
    'org:analyst': '2 members, 0 invitations',
    'org:moderator': '1 member, 0 invitations',
  })
  t.true(message.includes('org:analyst (2 members, 0 invitations), org:moderator (1 member, 0 invitations)'))
})

test('pending invitations need a mapping as members do', (t) => {
  const state = createTiers()
  const { catalogue } = state
  const { id: roleId = '' } = catalogue.roles.byKey('org:analyst') ?? {}
  const facts = { usage: [{ roleId, members: 0, invitations: 3, organizations: 1 }], organizations: 2 }
  const input = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free' }
  const { facts: counts } = refused(t, 'mapping_missing', 'mappings', () =>
    replaceRoleSet(catalogue, input, facts, state.context()),
  )
  t.is(counts['org:analyst'], '0 members, 3 invitations')
})

test('the list of unmapped roles stays small, however many there are', (t) => {
  const state = createTiers()
  const roles = Array.from({ length: 300 }, (_, place) => `org:role_${'x'.repeat(110)}_${place}`)
  for (const key of roles) state.run({ operation: 'createRole', input: { key } })
  const usage = roles.map((key) => ({
    roleId: state.catalogue.roles.byKey(key)?.id ?? '',
    members: 7,
    invitations: 1,
    organizations: 1,
  }))
  const input = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free' }
  const { facts } = refused(t, 'mapping_missing', 'mappings', () =>
    replaceRoleSet(state.catalogue, input, { usage, organizations: 2 }, state.context()),
  )
  t.is(facts['unmapped_count'], '300')
})

test('a mapping to a role outside the destination is refused', (t) => {
  const state = createTiers()
  const mappings = { 'org:analyst': 'org:guest', 'org:moderator': 'org:member' }
  const input = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings }
  const replace = () => state.run({ operation: 'replaceRoleSet', input })
  const { facts } = refused(t, 'mapping_invalid', 'mappings[org:analyst]', replace)
  t.deepEqual(facts, { role: 'org:analyst', to_role: 'org:guest', role_set: 'role_set:free' })
})

test('a mapping from or to a role that doesn’t exist, and a second one for the same role, are refused', (t) => {
  const state = createTiers()
  const { id = '' } = state.catalogue.roles.byKey('org:analyst') ?? {}
  const replace = (mappings: Record<string, string>) => () =>
    state.run({ operation: 'replaceRoleSet', input: { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings } })
  refused(t, 'role_not_found', 'mappings[org:none]', replace({ 'org:none': 'org:member' }))
  refused(t, 'role_not_found', 'mappings[org:analyst]', replace({ 'org:analyst': 'org:none' }))
  refused(t, 'invalid_field', `mappings[${id}]`, replace({ 'org:analyst': 'org:member', [id]: 'org:admin' }))
})

test('a mapping is honoured for a role that the destination has, and does nothing for one that nobody holds', (t) => {
  const state = createTiers()
  const mappings = {
    'org:admin': 'org:member',
    'org:analyst': 'org:analyst',
    'org:guest': 'org:member',
    'org:moderator': 'org:analyst',
  }
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:free', roles: ['org:analyst'] } })
  state.run({ operation: 'updateSettings', input: { lastAdministrator: 'warn' } })
  state.run({ operation: 'replaceRoleSet', input: { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings } })
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:member', bob: 'org:analyst', cem: 'org:analyst' })
})

test('mappings happen at the same time: a chain moves everyone one step, and two roles can be exchanged', (t) => {
  const state = createTiers()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:free', roles: ['org:analyst', 'org:moderator'] } })
  const mappings = { 'org:admin': 'org:analyst', 'org:analyst': 'org:moderator', 'org:moderator': 'org:admin' }
  state.run({ operation: 'replaceRoleSet', input: { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings } })
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:analyst', bob: 'org:moderator', cem: 'org:admin' })
})

test('the initial set cannot be replaced away until another one is initial', (t) => {
  const state = createTiers()
  const input = { roleSet: 'role_set:default', toRoleSet: 'role_set:pro' }
  refused(t, 'initial_role_set_required', 'role_set', () => state.run({ operation: 'replaceRoleSet', input }))
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:pro', initial: true } })
  state.run({ operation: 'replaceRoleSet', input })
  t.is(state.catalogue.roleSets.byKey('role_set:default'), undefined)
})

test('roles in use that the destination has need no mapping', (t) => {
  const { catalogue } = createTiers()
  const destination = catalogue.roleSets.byKey('role_set:free')
  if (destination === undefined) return t.fail()
  const { id: roleId = '' } = catalogue.roles.byKey('org:member') ?? {}
  const usage = [{ roleId, members: 4, invitations: 0, organizations: 1 }]
  t.deepEqual(planMove(catalogue, { destination, usage, organizations: 1, mappings: undefined }).roles, [])
})
