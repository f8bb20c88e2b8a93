/** Rule 18: a write on behalf of a user is refused unless the user may manage the members, and has what the write gives. */

import { put, wholeOf, type Membership } from '@rolesets/core'
import test from 'ava'
import { checkMayGrant, parseActing, rolesGivenBy, type GrantPolicy } from '../../packages/sidecar/src/domain/acting.ts'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import type { Command } from './commands.ts'
import { refused } from './refused.ts'
import type { State } from './state.ts'
import { createTiers, join } from './tiers.ts'

const field = 'acting_user_id'
const lead = 'org:sys_memberships:manage'

/** In acme, cem leads a team: manages members and reads reports. */
function createTeam(): State {
  const state = createTiers()
  state.run({ operation: 'updateRole', input: { role: 'org:moderator', permissions: [lead, 'org:reports:read'] } })
  return state
}

const create = (role: string, userId = 'ivy'): Command => ({
  operation: 'createMembership',
  input: { organizationId: 'acme', userId, role },
})
const change = (userId: string, role: string): Command => ({
  operation: 'updateMembership',
  input: { organizationId: 'acme', userId, role },
})
const invite = (...roles: string[]): Command => ({
  operation: 'createInvitations',
  input: {
    organizationId: 'acme',
    invitations: roles.map((role, place) => ({ role, emailAddress: `${place}@x.io` })),
  },
})
const end = (userId: string): Command => ({
  operation: 'deleteMembership',
  input: { organizationId: 'acme', userId },
})

test('a lead gives the roles whose permissions the lead has, in every way', (t) => {
  for (const command of [
    create('org:analyst'),
    create('org:moderator'),
    change('bob', 'org:moderator'),
    invite('org:analyst'),
  ])
    t.notThrows(() => createTeam().run(command, { actingUserId: 'cem' }))
})

test('a lead cannot give what the lead lacks, and the error names the permissions', (t) => {
  for (const command of [
    create('org:admin'),
    change('bob', 'org:admin'),
    change('cem', 'org:admin'),
    invite('org:analyst', 'org:admin'),
  ]) {
    const state = createTeam()
    const { message, facts } = refused(t, 'grant_exceeds_own', field, () => state.run(command, { actingUserId: 'cem' }))
    t.regex(message, /"cem" can't give org:admin in "acme": this would give 8 permissions /)
    t.like(facts, { organization: 'acme', user: 'cem', roles: 'org:admin', permission_count: '8' })
    t.true(facts['permissions']?.split(',').includes('org:sys_profile:delete'))
    t.false(facts['permissions']?.includes(lead))
    t.notThrows(() => state.run(command, { actingUserId: 'cem', grantPolicy: 'any' }))
  }
})

test('a user who may not manage the members does nothing to members and invitations, whatever the policy', (t) => {
  const state = createTeam()
  const commands = [create('org:member'), change('bob', 'org:analyst'), invite('org:member'), end('bob')]
  for (const grantPolicy of ['subset', 'any'] satisfies GrantPolicy[])
    for (const actingUserId of ['bob', 'dan', 'nobody'])
      for (const command of commands) {
        const { message } = refused(t, 'user_lacks_permission', field, () =>
          state.run(command, { actingUserId, grantPolicy }),
        )
        t.regex(message, actingUserId === 'bob' ? /whose role org:analyst doesn't hold it/ : /who isn't a member/)
      }
})

test('taking away needs no more than managing the members: a lead demotes and removes an administrator', (t) => {
  const state = createTeam()
  join(state, 'acme', { ivy: 'org:admin' })
  const how = { actingUserId: 'cem' }
  state.run(change('ann', 'org:analyst'), how)
  state.run(end('ann'), how)
  t.is(state.membership('acme', 'ann'), undefined)
})

test('a role that the member already has is not given, so that metadata of an administrator can be changed', (t) => {
  const state = createTeam()
  const input = { organizationId: 'acme', userId: 'ann', role: 'org:admin', publicMetadata: { a: 1 } }
  t.notThrows(() => state.run({ operation: 'updateMembership', input }, { actingUserId: 'cem' }))
})

test('an empty id is refused, and so is a policy without a user', (t) => {
  t.is(parseActing({}), undefined)
  refused(t, 'invalid_field', field, () => parseActing({ actingUserId: '' }))
  refused(t, 'limit_exceeded', field, () => parseActing({ actingUserId: 'x'.repeat(256) }))
  refused(t, 'invalid_field', 'grant_policy', () => parseActing({ grantPolicy: 'any' }))
  t.like(parseActing({ actingUserId: 'ann' }), { userId: 'ann', policy: 'subset' })
})

test('what a user has in the place and in its organization counts together', (t) => {
  const state = createTeam()
  const roleId = (key: string) => state.catalogue.roles.byKey(key)?.id ?? ''
  const membership = (key: string) => ({ ...state.membership('acme', 'ann'), roleIds: [roleId(key)] }) as Membership
  const place = { ...wholeOf('acme'), scope: 'department:cardiology' }
  const check = (held: readonly string[], given: readonly string[]) =>
    checkMayGrant(state.catalogue, { userId: 'ann', place, memberships: held.map(membership) }, given.map(roleId), {
      policy: 'subset',
      field,
    })
  const facts = refused(t, 'user_lacks_permission', field, () => check(['org:analyst'], [])).facts
  t.is(facts['scope'], 'department:cardiology')
  const { message } = refused(t, 'grant_exceeds_own', field, () => check(['org:owner'], ['org:analyst']))
  t.regex(message, /"department:cardiology" of "acme"/)
  t.notThrows(() => check(['org:owner', 'org:analyst'], ['org:analyst', 'org:owner']))
})

test('an error about many permissions stays short, and counts all', (t) => {
  const state = createTeam()
  const keys = Array.from({ length: 300 }, (_, place) => `org:feature_number_${place}:read`)
  for (const key of keys) state.run({ operation: 'createPermission', input: { key } })
  state.run({ operation: 'updateRole', input: { role: 'org:admin', permissions: [...creatorPermissionKeys, ...keys] } })
  const refusal = refused(t, 'grant_exceeds_own', field, () => state.run(create('org:admin'), { actingUserId: 'cem' }))
  t.is(refusal.facts['permission_count'], String(300 + creatorPermissionKeys.length - 1))
})

test('roles are read from the changes: what is new to someone, and what a mapping gives', (t) => {
  const state = createTeam()
  const ann = state.membership('acme', 'ann') as Membership
  const given = (after: Membership, before: Membership | null) => rolesGivenBy([put('membership', after, before)], 10)
  t.deepEqual(given(ann, null), ann.roleIds)
  t.deepEqual(given(ann, { ...ann, publicMetadata: {} }), [])
  t.deepEqual(given({ ...ann, roleIds: ['a', 'b', 'c'] }, { ...ann, roleIds: ['c', 'a'] }), ['b'])
  const mappings = [{ fromRoleId: 'a', toRoleId: 'b', members: 1, invitations: 0 }]
  const among = { organizationId: 'acme' }
  t.deepEqual(rolesGivenBy([{ verb: 'reassigned', thing: 'membership', among, mappings }], 10), ['b'])
})

test('a membership that ends later, or no more, is given again, and one that ends sooner is not', (t) => {
  const ann = createTeam().membership('acme', 'ann') as Membership
  const given = (from: number | null, to: number | null) =>
    rolesGivenBy([put('membership', { ...ann, expiresAt: to }, { ...ann, expiresAt: from })], 10).length
  t.deepEqual([given(20, 30), given(20, null), given(10, 10), given(5, 20)], [1, 1, 1, 1])
  t.deepEqual([given(null, 20), given(30, 20), given(20, 20), given(null, null)], [0, 0, 0, 0])
})
