/** How many an organization may have: members and pending invitations count together. */

import test from 'ava'
import { refused } from './refused.ts'
import type { State } from './state.ts'
import { createTiers, join, rolesIn } from './tiers.ts'

const day = 24 * 60 * 60 * 1_000

/** Acme has three members. */
function createFull(maxAllowedMemberships: number): State {
  const state = createTiers()
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', maxAllowedMemberships } })
  return state
}

function invite(state: State, names: readonly string[]) {
  const invitations = names.map((name) => ({ emailAddress: `${name}@example.com`, role: 'org:member' }))
  return state.run({ operation: 'createInvitations', input: { organizationId: 'acme', invitations } })
}

test('an organization takes members and invitations up to its quota, and the answer counts both', (t) => {
  const state = createFull(5)
  invite(state, ['hal'])
  join(state, 'acme', { fay: 'org:member' })
  const { facts } = refused(t, 'membership_quota_exceeded', 'user_id', () => join(state, 'acme', { gus: 'org:member' }))
  t.deepEqual(facts, { organization: 'acme', max: '5', members: '4', invitations: '1', added: '1' })
  refused(t, 'membership_quota_exceeded', 'invitations', () => invite(state, ['ivy']))
  const input = { organizationId: 'acme', emailAddress: 'ivy@example.com', role: 'org:member' }
  refused(t, 'membership_quota_exceeded', 'email_address', () => state.run({ operation: 'createInvitation', input }))
})

test('all invitations of a call count, and none is made if one has no room', (t) => {
  const state = createFull(5)
  t.is(
    refused(t, 'membership_quota_exceeded', 'invitations', () => invite(state, ['hal', 'ivy', 'jon'])).facts['added'],
    '3',
  )
  t.is(state.invitations.size, 0)
  invite(state, ['hal', 'ivy'])
  t.is(state.invitations.size, 2)
})

test('accepting needs a seat among the members, which a quota that was lowered may no longer have', (t) => {
  const state = createFull(4)
  invite(state, ['hal'])
  const invitationId = state.pending('acme')[0]?.id ?? ''
  const input = { organizationId: 'acme', invitationId, userId: 'hal' }
  const setQuota = (maxAllowedMemberships: number) =>
    state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', maxAllowedMemberships } })
  for (const quota of [1, 3]) {
    setQuota(quota)
    refused(t, 'membership_quota_exceeded', 'invitation_id', () => state.run({ operation: 'acceptInvitation', input }))
  }
  setQuota(4)
  state.run({ operation: 'acceptInvitation', input })
  t.is(rolesIn(state, 'acme')['hal'], 'org:member')
})

test('a quota below the present number ends nothing, and lets nobody in', (t) => {
  const state = createFull(2)
  t.is(state.members('acme').length, 3)
  refused(t, 'membership_quota_exceeded', 'user_id', () => join(state, 'acme', { fay: 'org:member' }))
  state.run({ operation: 'updateMembership', input: { organizationId: 'acme', userId: 'bob', role: 'org:member' } })
  t.is(rolesIn(state, 'acme')['bob'], 'org:member')
})

test('a revoked or expired invitation makes room', (t) => {
  const state = createFull(4)
  invite(state, ['hal'])
  state.now += 30 * day
  invite(state, ['ivy'])
  const invitationId = state.pending('acme')[0]?.id ?? ''
  state.run({ operation: 'revokeInvitation', input: { organizationId: 'acme', invitationId } })
  join(state, 'acme', { fay: 'org:member' })
  t.is(state.members('acme').length, 4)
})

test('a quota is a whole number within its limit, and 0 means any number', (t) => {
  refused(t, 'invalid_field', 'max_allowed_memberships', () => createFull(-1))
  refused(t, 'invalid_field', 'max_allowed_memberships', () => createFull(2.5))
  refused(t, 'limit_exceeded', 'max_allowed_memberships', () => createFull(1_000_000_001))
  join(createFull(0), 'acme', { fay: 'org:member' })
})
