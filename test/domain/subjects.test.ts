/** By what a change is found: the ids of the thing and of whom it belongs to, and the keys that it has and had. */

import test from 'ava'
import { subjectsOf } from '@rolesets/core'
import type { Command } from './commands.ts'
import { createTiers } from './tiers.ts'

const hal = { organizationId: 'acme', emailAddress: 'hal@example.com', role: 'org:analyst' }

function find(command: Command): string[] {
  const state = createTiers()
  state.run({ operation: 'createInvitation', input: hal })
  const { id: invitationId = '' } = state.pending('acme')[0] ?? {}
  const input = 'invitationId' in command.input ? { ...command.input, invitationId } : command.input
  const { permissions, roles, roleSets } = state.catalogue
  const { changes } = state.run({ ...command, input } as Command)
  const keyOf = (id: string) => (permissions.byId(id) ?? roles.byId(id) ?? roleSets.byId(id))?.key
  return subjectsOf(changes).map((id) => (keyOf(id) ? `#${keyOf(id)}` : id.replace(/_\d+$/, '')))
}

const toFree = { toRoleSet: 'role_set:free', mappings: { 'org:analyst': 'org:member', 'org:moderator': 'org:member' } }
/** `#org:guest` is the id of what is called so. */
const found: readonly [Command, readonly string[]][] = [
  [
    { operation: 'deletePermission', input: { permission: 'org:reports:read' } },
    ['#org:analyst', 'org:analyst', '#org:reports:read', 'org:reports:read'],
  ],
  [
    { operation: 'updateRole', input: { role: 'org:guest', key: 'org:visitor' } },
    ['#org:guest', 'org:guest', 'org:visitor'],
  ],
  [{ operation: 'deleteRole', input: { role: 'org:guest' } }, ['#org:guest', 'org:guest']],
  [
    { operation: 'updateRoleSet', input: { roleSet: 'role_set:pro', initial: true } },
    ['#role_set:default', 'role_set:default', '#role_set:pro', 'role_set:pro'],
  ],
  [
    { operation: 'replaceRole', input: { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' } },
    ['#role_set:pro', 'role_set:pro', '#org:analyst', '#org:member'],
  ],
  [
    { operation: 'replaceRoleSet', input: { roleSet: 'role_set:pro', ...toFree } },
    ['#role_set:pro', 'role_set:pro', '#org:moderator', '#org:member', '#org:analyst', '#role_set:free'],
  ],
  [
    {
      operation: 'assignRoleSet',
      input: { organizationId: 'beta', roleSet: 'role_set:free', mappings: toFree.mappings },
    },
    ['beta', '#org:analyst', '#org:member'],
  ],
  [{ operation: 'deleteOrganization', input: { organizationId: 'acme' } }, ['acme']],
  [
    { operation: 'createMembership', input: { organizationId: 'new', userId: 'ann', role: 'org:member' } },
    ['new', 'orgmem', 'ann'],
  ],
  [{ operation: 'deleteMembership', input: { organizationId: 'acme', userId: 'bob' } }, ['orgmem', 'acme', 'bob']],
  [
    { operation: 'acceptInvitation', input: { organizationId: 'acme', invitationId: '', userId: 'hal' } },
    ['orginv', 'acme', 'orgmem', 'hal'],
  ],
  [{ operation: 'updateSettings', input: { enabled: false } }, ['settings']],
  [{ operation: 'createAccessKey', input: { name: 'ci' } }, ['key']],
]

for (const [command, subjects] of found)
  test(`${command.operation} is found by ${subjects.join(', ')}`, (t) => {
    t.deepEqual(find(command).sort(), [...subjects].sort())
  })

test('each id is named once', (t) => {
  const state = createTiers()
  const invitations = ['hal', 'ivy'].map((name) => ({ emailAddress: `${name}@example.com`, role: 'org:member' }))
  const input = { organizationId: 'acme', invitations }
  const subjects = subjectsOf(state.run({ operation: 'createInvitations', input }).changes)
  t.is(subjects.filter((id) => id === 'acme').length, 1)
  t.is(new Set(subjects).size, 3)
})
