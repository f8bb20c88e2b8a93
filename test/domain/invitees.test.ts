/** Rule 21: the pending invitations to a user end when the user becomes a member another way, or is removed. */

import test from 'ava'
import type { Command } from './commands.ts'
import { refused } from './refused.ts'
import type { State } from './state.ts'
import { createTiers, join, rolesIn } from './tiers.ts'

const acme = { organizationId: 'acme' }

function invite(state: State, emailAddress: string, more: Readonly<Record<string, string>> = {}): string {
  const input = { ...acme, emailAddress, role: 'org:admin', ...more }
  const { value } = state.run({ operation: 'createInvitation', input })
  return (value as { readonly id: string }).id
}

const accept = (state: State, invitationId: string, userId: string, organizationId = 'acme') =>
  state.run({ operation: 'acceptInvitation', input: { organizationId, invitationId, userId } })

const statusOf = (state: State, id: string) => state.invitations.get(id)?.status

/** What makes hal's address known, and then makes hal a member of acme. */
const ways: Readonly<Record<string, (state: State) => { impact: { endedInvitations: number } }>> = {
  'a membership that names the address': (state) =>
    state.run({
      operation: 'createMembership',
      input: { ...acme, userId: 'hal', role: 'org:member', emailAddresses: ['Hal@X.io'] },
    }),
  'a membership of a user whose id is the address': (state) =>
    state.run({ operation: 'createMembership', input: { ...acme, userId: 'hal@x.io', role: 'org:member' } }),
  'a membership of a user who accepted an invitation to that address elsewhere': (state) => {
    const id = invite(state, 'HAL@x.io', { organizationId: 'beta' })
    accept(state, id, 'hal', 'beta')
    return state.run({ operation: 'createMembership', input: { ...acme, userId: 'hal', role: 'org:member' } })
  },
  'another invitation that the user accepts': (state) => {
    accept(state, invite(state, 'hal@x.io', { organizationId: 'beta' }), 'hal', 'beta')
    return accept(state, invite(state, 'hal@work.io'), 'hal')
  },
}

for (const [way, join_] of Object.entries(ways))
  test(`${way} ends the pending invitation, which then can't bring the user back`, (t) => {
    const state = createTiers()
    const [id, other] = [invite(state, 'hal@x.io'), invite(state, 'ivy@x.io')]
    const elsewhere = invite(state, 'hal@x.io', { organizationId: 'gamma' })
    t.is(join_(state).impact.endedInvitations, 1)
    t.is(statusOf(state, id), 'revoked')
    t.deepEqual([statusOf(state, other), statusOf(state, elsewhere)], ['pending', 'pending'])
    refused(t, 'invitation_not_pending', 'invitation_id', () => accept(state, id, 'hal2'))
  })

test('the seat of an invitation that ends is free for the membership', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateOrganization', input: { ...acme, maxAllowedMemberships: 4 } })
  invite(state, 'hal@x.io')
  refused(t, 'membership_quota_exceeded', 'user_id', () => join(state, 'acme', { ivy: 'org:member' }))
  join(state, 'acme', { 'hal@x.io': 'org:member' })
  t.is(rolesIn(state, 'acme')['hal@x.io'], 'org:member')
})

test('the end of a membership ends the invitations to the user, and those that the user sent where this is asked for', (t) => {
  const remove = (more: { revokeSentInvitations?: boolean }) => {
    const state = createTiers()
    const userId = 'bob@x.io'
    join(state, 'acme', { [userId]: 'org:analyst' })
    const sent = invite(state, 'ivy@x.io', { inviterUserId: userId })
    const own = invite(state, 'Bob@x.io')
    const elsewhere = invite(state, 'ivy@x.io', { inviterUserId: userId, organizationId: 'beta' })
    const { impact } = state.run({ operation: 'deleteMembership', input: { ...acme, userId, ...more } })
    t.is(impact.sentInvitations, 1, 'counted either way')
    return [impact.endedInvitations, ...[sent, own, elsewhere].map((id) => statusOf(state, id))]
  }
  t.deepEqual(remove({}), [1, 'pending', 'revoked', 'pending'])
  t.deepEqual(remove({ revokeSentInvitations: false }), [1, 'pending', 'revoked', 'pending'])
  t.deepEqual(remove({ revokeSentInvitations: true }), [2, 'revoked', 'revoked', 'pending'])
})

test('the removal of a user ends everything in all organizations at once', (t) => {
  const state = createTiers()
  join(state, 'beta', { bob: 'org:member' })
  const ids = [
    invite(state, 'bob@x.io', { organizationId: 'gamma' }),
    invite(state, 'bob@x.io'),
    invite(state, 'ivy@x.io', { inviterUserId: 'bob', organizationId: 'beta' }),
  ]
  const { revision } = state
  const input = { userId: 'bob', emailAddresses: ['bob@x.io'] }
  const { impact } = state.run({ operation: 'removeUser', input })
  t.is(state.revision, revision + 1)
  t.deepEqual([rolesIn(state, 'acme')['bob'], rolesIn(state, 'beta')['bob']], [undefined, undefined])
  t.deepEqual(
    ids.map((id) => statusOf(state, id)),
    ['revoked', 'revoked', 'pending'],
  )
  t.deepEqual([impact.endedInvitations, impact.sentInvitations], [2, 1])
  t.deepEqual(
    impact.roles.map(({ toRoleId, members, organizations }) => [toRoleId, members, organizations]),
    [
      [null, 1, 1],
      [null, 1, 1],
    ],
  )
  const { changes } = state.run({ operation: 'removeUser', input: { userId: 'bob', revokeSentInvitations: true } })
  t.is(changes.length, 1, 'what was left: the invitation that the user sent')
  t.deepEqual(state.run({ operation: 'removeUser', input: { userId: 'nobody' } }).changes, [])
})

const manager = {
  operation: 'createInvitation',
  input: { ...acme, emailAddress: 'ivy@x.io', role: 'org:member' },
} as const

for (const [userId, isAllowed] of [
  ['ann', true],
  ['bob', false],
  ['dan', false],
  ['nobody', false],
] as const)
  test(`${userId} ${isAllowed ? 'may' : 'may not'} invite, and revoke, where the users of a call are checked`, (t) => {
    const state = createTiers()
    const id = invite(state, 'jon@x.io')
    const checked = { ...manager.input, inviterUserId: userId, checkInviters: true }
    const several = {
      ...acme,
      checkInviters: true,
      invitations: [manager.input, { ...checked, emailAddress: 'k@x.io' }],
    }
    const attempts: readonly (readonly [string, Command])[] = [
      ['inviter_user_id', { operation: 'createInvitation', input: checked }],
      ['invitations[1].inviter_user_id', { operation: 'createInvitations', input: { ...several } }],
      [
        'requesting_user_id',
        { operation: 'revokeInvitation', input: { ...acme, invitationId: id, requestingUserId: userId } },
      ],
    ]
    for (const [field, command] of attempts) {
      if (!isAllowed) refused(t, 'user_lacks_permission', field, () => state.run(command))
      else t.notThrows(() => createWith(state, command))
    }
  })

/** On a copy, because the attempts are for the same address. */
function createWith(state: State, command: Command): void {
  const before = state.snapshot()
  state.run(command)
  state.restore(before)
}

test('where the users of a call are not checked, an inviter is any text', (t) => {
  const state = createTiers()
  invite(state, 'jon@x.io', { inviterUserId: 'nobody' })
  t.pass()
})
