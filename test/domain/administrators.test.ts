/** Rule 19: an organization that has an administrator keeps one, whatever way the write takes the last one. */

import test from 'ava'
import { departuresOf } from '../../packages/sidecar/src/domain/administrators.ts'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import type { Command } from './commands.ts'
import { refused } from './refused.ts'
import type { State } from './state.ts'
import { createTiers, join, rolesIn } from './tiers.ts'

const code = 'organization_minimum_permissions_needed'
const field = 'allow_no_administrator'

/** The administrators of acme are ann and, by another eligible role, fay in delta. */
function createManaged(): State {
  const state = createTiers()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:pro', roles: ['org:owner'] } })
  const roles = ['org:member', 'org:owner']
  const places = { defaultRole: 'org:member', creatorRole: 'org:owner' }
  state.run({ operation: 'createRoleSet', input: { key: 'role_set:owned', roles, ...places } })
  state.run({ operation: 'createOrganization', input: { id: 'delta', roleSet: 'role_set:pro' } })
  join(state, 'delta', { fay: 'org:owner' })
  return state
}

const acme = { organizationId: 'acme' }
const toMember = { 'org:admin': 'org:member', 'org:owner': 'org:member' }
const others = { 'org:analyst': 'org:member', 'org:moderator': 'org:member' }

/** Each takes ann, the last administrator of acme, and perhaps fay, the last one of delta. */
const ways: readonly (readonly [string, Command, readonly string[]])[] = [
  ['a demotion', { operation: 'updateMembership', input: { ...acme, userId: 'ann', role: 'org:member' } }, ['acme']],
  ['the end of a membership', { operation: 'deleteMembership', input: { ...acme, userId: 'ann' } }, ['acme']],
  ['the removal of a user', { operation: 'removeUser', input: { userId: 'ann' } }, ['acme']],
  [
    'a mapping of one organization',
    {
      operation: 'assignRoleSet',
      input: { ...acme, roleSet: 'role_set:free', mappings: { ...toMember, ...others } },
    },
    ['acme'],
  ],
  [
    'a mapping in an update',
    {
      operation: 'updateOrganization',
      input: { ...acme, roleSet: 'role_set:free', mappings: { ...toMember, ...others } },
    },
    ['acme'],
  ],
  [
    'a mapping of a whole set',
    {
      operation: 'replaceRoleSet',
      input: { roleSet: 'role_set:pro', toRoleSet: 'role_set:free', mappings: { ...toMember, ...others } },
    },
    ['acme', 'delta'],
  ],
  [
    'the replacement of a role',
    { operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:owner', toRole: 'org:member' } },
    ['delta'],
  ],
  [
    'a role that is described without a permission',
    { operation: 'updateRole', input: { role: 'org:owner', permissions: [] } },
    ['delta'],
  ],
  [
    'a permission that is taken from a role',
    { operation: 'removePermission', input: { role: 'org:owner', permission: 'org:sys_profile:delete' } },
    ['delta'],
  ],
]

function createFor(command: Command): State {
  const state = createManaged()
  // Otherwise rule 2 refuses first: the role must not be the creator role of a set.
  if (command.operation === 'updateRole' || command.operation === 'removePermission')
    state.run({ operation: 'deleteRoleSet', input: { roleSet: 'role_set:owned' } })
  return state
}

for (const [way, command, organizationIds] of ways) {
  const left = { organizations: organizationIds.length, organizationIds }

  test(`${way} that takes the last administrator is refused, and the impact says from which organizations`, (t) => {
    const state = createFor(command)
    const before = state.snapshot()
    const refusal = refused(t, code, field, () => state.run(command))
    t.deepEqual(refusal.impact?.withoutAdministrator, left)
    t.deepEqual(refusal.facts, { organizations: String(left.organizations), organization_ids: organizationIds.join() })
    for (const id of organizationIds) t.true(refusal.message.includes(JSON.stringify(id)))
    t.deepEqual(state.snapshot(), before)
  })

  test(`${way} that takes the last administrator is done where the call insists, and where the setting only warns`, (t) => {
    const insisting = createFor(command)
    t.deepEqual(insisting.run(command, { allowNoAdministrator: true }).impact.withoutAdministrator, left)
    const warned = createFor(command)
    warned.run({ operation: 'updateSettings', input: { lastAdministrator: 'warn' } })
    t.deepEqual(warned.run(command).impact.withoutAdministrator, left)
  })

  test(`${way} is done while another administrator stays, by whichever eligible role`, (t) => {
    const state = createFor(command)
    const key = 'org:keeper'
    state.run({ operation: 'createRole', input: { key, permissions: [...creatorPermissionKeys] } })
    for (const roleSet of ['role_set:pro', 'role_set:free'])
      state.run({ operation: 'addRoles', input: { roleSet, roles: [key] } })
    for (const organizationId of organizationIds) join(state, organizationId, { gus: key })
    t.deepEqual(state.run(command).impact.withoutAdministrator, { organizations: 0, organizationIds: [] })
  })
}

test('an organization without an administrator isn’t protected: its members come and go', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateMembership', input: { organizationId: 'gamma', userId: 'eve', role: 'org:member' } })
  state.run({ operation: 'deleteMembership', input: { organizationId: 'gamma', userId: 'eve' } })
  state.run({ operation: 'removeUser', input: { userId: 'dan' } })
  t.deepEqual(rolesIn(state, 'beta'), {})
})

test('of two administrators one may go, and the second may not', (t) => {
  const state = createTiers()
  const demote = (userId: string) =>
    state.run({ operation: 'updateMembership', input: { ...acme, userId, role: 'org:member' } })
  state.run({ operation: 'updateMembership', input: { ...acme, userId: 'bob', role: 'org:admin' } })
  demote('ann')
  refused(t, code, field, () => demote('bob'))
  demote('cem')
})

test('ending a whole organization ends its administrators', (t) => {
  const state = createTiers()
  const { impact } = state.run({ operation: 'deleteOrganization', input: acme })
  t.is(impact.withoutAdministrator.organizations, 0)
})

test('several steps of one write are judged by their end: what one takes, a later one may give back', (t) => {
  const demote: Command = { operation: 'updateMembership', input: { ...acme, userId: 'ann', role: 'org:member' } }
  const promote: Command = { operation: 'updateMembership', input: { ...acme, userId: 'bob', role: 'org:admin' } }
  const state = createTiers()
  state.runAll('Both', () => [demote, promote])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:member', bob: 'org:admin', cem: 'org:moderator' })
  refused(t, code, field, () =>
    createTiers().runAll('Both', () => [
      { ...promote, input: { ...promote.input, userId: 'cem' } },
      demote,
      { operation: 'removeUser', input: { userId: 'cem' } },
    ]),
  )
})

test('nearly all writes ask the storage nothing', (t) => {
  const state = createTiers()
  const commands: readonly Command[] = [
    { operation: 'createMembership', input: { ...acme, userId: 'fay', role: 'org:admin' } },
    { operation: 'updateMembership', input: { ...acme, userId: 'bob', role: 'org:member' } },
    { operation: 'updateMembership', input: { ...acme, userId: 'ann', publicMetadata: { a: 1 } } },
    { operation: 'deleteMembership', input: { ...acme, userId: 'cem' } },
    { operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' } },
    { operation: 'updateRole', input: { role: 'org:admin', name: 'Boss' } },
    { operation: 'deletePermission', input: { permission: 'org:reports:read' } },
  ]
  for (const command of commands) {
    const before = state.catalogue
    t.deepEqual(departuresOf(before, state.run(command).changes, state.now), [], command.operation)
  }
})
