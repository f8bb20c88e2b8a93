/** Rule 17: a membership and an invitation have several roles, each once, each in the set of their organization. */

import test, { type ExecutionContext } from 'ava'
import { refused } from './refused.ts'
import { createTiers, rolesIn } from './tiers.ts'
import type { State } from './state.ts'

function createTeams(maxRolesPerMember = 3): State {
  const state = createTiers()
  state.run({ operation: 'updateSettings', input: { maxRolesPerMember } })
  return state
}

const fay = { organizationId: 'acme', userId: 'fay' }

function grant(state: State, ...roles: readonly string[]) {
  return state.run({ operation: 'createMembership', input: { ...fay, roles } })
}

const refusedGrant = (
  t: ExecutionContext,
  code: Parameters<typeof refused>[1],
  field: string,
  roles: readonly string[],
) => refused(t, code, field, () => grant(createTeams(), ...roles))

test('a member has several roles, in their order, and a write of one role replaces all', (t) => {
  const state = createTeams()
  grant(state, 'org:moderator', 'org:analyst')
  t.is(rolesIn(state, 'acme')['fay'], 'org:moderator,org:analyst')
  state.run({ operation: 'updateMembership', input: { ...fay, roles: ['org:analyst', 'org:member'] } })
  t.is(rolesIn(state, 'acme')['fay'], 'org:analyst,org:member')
  state.run({ operation: 'updateMembership', input: { ...fay, role: 'org:member' } })
  t.is(rolesIn(state, 'acme')['fay'], 'org:member')
})

test('one role is what a store allows, until its setting allows more', (t) => {
  const state = createTiers()
  const { facts } = refused(t, 'limit_exceeded', 'roles', () => grant(state, 'org:moderator', 'org:analyst'))
  t.deepEqual(facts, { limit: 'max_roles_per_member', max: '1', given: '2' })
  grant(state, 'org:moderator')
  state.run({ operation: 'updateSettings', input: { maxRolesPerMember: 2 } })
  state.run({ operation: 'updateMembership', input: { ...fay, roles: ['org:moderator', 'org:analyst'] } })
  state.run({ operation: 'updateSettings', input: { maxRolesPerMember: 1 } })
  state.run({ operation: 'updateMembership', input: { ...fay, publicMetadata: { kept: true } } })
  t.is(rolesIn(state, 'acme')['fay'], 'org:moderator,org:analyst')
  for (const maxRolesPerMember of [0, 11, 1.5])
    refused(t, 'invalid_field', 'max_roles_per_member', () =>
      state.run({ operation: 'updateSettings', input: { maxRolesPerMember } }),
    )
})

test('each role must be in the set, and be named once', (t) => {
  refusedGrant(t, 'role_not_in_role_set', 'roles[1]', ['org:analyst', 'org:guest'])
  refusedGrant(t, 'role_not_found', 'roles[1]', ['org:analyst', 'org:none'])
  refusedGrant(t, 'invalid_field', 'roles[1]', ['org:analyst', 'org:analyst'])
  refusedGrant(t, 'invalid_field', 'role', [])
  const many = Array.from({ length: 11 }, () => 'org:analyst')
  refusedGrant(t, 'limit_exceeded', 'roles', many)
})

test('the role beside several ones must be the first of them, by key or by id', (t) => {
  const state = createTeams()
  const roles = ['org:moderator', 'org:analyst']
  const create = (role: string) => state.run({ operation: 'createMembership', input: { ...fay, role, roles } })
  t.regex(refused(t, 'invalid_field', 'role', () => create('org:analyst')).message, /first of roles is org:moderator/)
  create(state.catalogue.roles.byKey('org:moderator')?.id ?? '')
  t.is(rolesIn(state, 'acme')['fay'], 'org:moderator,org:analyst')
})

test('an invitation gives all of its roles', (t) => {
  const state = createTeams()
  const invitation = {
    organizationId: 'acme',
    emailAddress: 'fay@example.com',
    roles: ['org:moderator', 'org:analyst'],
  }
  const invite = () => state.run({ operation: 'createInvitation', input: invitation }).value as { id: string }
  const accept = (id: string) => () => state.run({ operation: 'acceptInvitation', input: { ...fay, invitationId: id } })
  accept(invite().id)()
  t.is(rolesIn(state, 'acme')['fay'], 'org:moderator,org:analyst')
})

test('a role that a mapping gives to someone who has it is kept once, at the first place', (t) => {
  const state = createTeams()
  grant(state, 'org:member', 'org:analyst', 'org:moderator')
  const { impact } = state.run({
    operation: 'replaceRole',
    input: { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' },
  })
  t.is(rolesIn(state, 'acme')['fay'], 'org:member,org:moderator')
  t.like(impact.roles[0], { members: 3, organizations: 2 })
  const mappings = { 'org:moderator': 'org:admin' }
  state.run({ operation: 'assignRoleSet', input: { organizationId: 'acme', roleSet: 'role_set:free', mappings } })
  t.is(rolesIn(state, 'acme')['fay'], 'org:member,org:admin')
})

test('two roles of one member can be exchanged in one move', (t) => {
  const state = createTeams()
  grant(state, 'org:member', 'org:admin', 'org:analyst')
  const mappings = {
    'org:member': 'org:admin',
    'org:admin': 'org:member',
    'org:analyst': 'org:member',
    'org:moderator': 'org:member',
  }
  state.run({ operation: 'assignRoleSet', input: { organizationId: 'acme', roleSet: 'role_set:free', mappings } })
  t.is(rolesIn(state, 'acme')['fay'], 'org:admin,org:member')
})

test('a role that is only the second of somebody can neither be deleted nor leave the set without a target', (t) => {
  const state = createTeams()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:pro', roles: ['org:guest'] } })
  grant(state, 'org:member', 'org:guest')
  refused(t, 'in_use', 'role', () => state.run({ operation: 'deleteRole', input: { role: 'org:guest' } }))
  const leave = { roleSet: 'role_set:pro', role: 'org:guest' }
  refused(t, 'in_use', 'to_role', () => state.run({ operation: 'replaceRole', input: leave }))
  const move = {
    organizationId: 'acme',
    roleSet: 'role_set:free',
    mappings: { 'org:analyst': 'org:member', 'org:moderator': 'org:member' },
  }
  refused(t, 'mapping_missing', 'mappings', () => state.run({ operation: 'assignRoleSet', input: move }))
})

test('any of the roles makes an administrator, who is the last one until all such roles are gone', (t) => {
  const state = createTeams()
  grant(state, 'org:member', 'org:admin')
  state.run({ operation: 'deleteMembership', input: { organizationId: 'acme', userId: 'ann' } })
  const last = () => state.run({ operation: 'updateMembership', input: { ...fay, role: 'org:member' } })
  refused(t, 'organization_minimum_permissions_needed', 'allow_no_administrator', last)
  state.run({ operation: 'updateMembership', input: { ...fay, roles: ['org:analyst', 'org:admin'] } })
  const replace = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:admin' }
  state.run({ operation: 'replaceRole', input: replace })
  t.is(rolesIn(state, 'acme')['fay'], 'org:admin')
})
