/** Every invariant can be seen to be broken: a check that never fails proves nothing. */

import test from 'ava'
import { type Catalogue, Index, type Invitation, type Membership, type RoleSet } from '@rolesets/core'
import { streamBroken } from '../../packages/sidecar/src/domain/invariants.ts'
import { findBroken, sortBy, userKey, type State as Whole } from './find-broken.ts'
import { createTiers } from './tiers.ts'

const tiers = createTiers()
tiers.run({
  operation: 'createInvitation',
  input: { organizationId: 'acme', emailAddress: 'hal@example.com', role: 'org:analyst' },
})
const [hal] = tiers.pending('acme') as [Invitation]
const whole: Whole = {
  catalogue: tiers.catalogue,
  organizations: [...tiers.organizations.values()],
  memberships: [...tiers.memberships.values()],
  invitations: [hal],
  changeSets: tiers.changeSets,
  now: tiers.now,
}
const pro = tiers.catalogue.roleSets.byKey('role_set:pro') as RoleSet
const acme = tiers.organizations.get('acme')
const bob = tiers.membership('acme', 'bob')

function withRoleSet(fields: Partial<RoleSet>): Catalogue {
  return { ...tiers.catalogue, roleSets: tiers.catalogue.roleSets.edited(new Map([[pro.id, { ...pro, ...fields }]])) }
}

test('all invariants hold in a state that the rules have made', (t) => {
  t.deepEqual(findBroken(whole), [])
})

const broken: Readonly<Record<string, { readonly state: Partial<Whole>; readonly starts: RegExp }>> = {
  'a member’s role that isn’t in the organization’s set': {
    state: { catalogue: withRoleSet({ roleIds: pro.roleIds.filter((id) => id !== bob?.roleIds[0]) }) },
    starts: /^I1: .*acme/,
  },
  'a member of no organization': { state: { organizations: [] }, starts: /^I1: / },
  'a pending invitation’s role that isn’t in the organization’s set': {
    state: { invitations: [{ ...hal, roleIds: ['role_other'] }] },
    starts: /^I2: .*acme/,
  },
  'an invitation to no organization': { state: { organizations: [], memberships: [] }, starts: /^I2: / },
  'an address with two pending invitations': {
    state: { invitations: [hal, { ...hal, id: 'orginv_other', emailAddress: 'HAL@example.com' }] },
    starts: /^I6: .*invitation/,
  },
  'a set without roles': { state: { catalogue: withRoleSet({ roleIds: [] }) }, starts: /^I3: \S+ has no roles/ },
  'a set that has a role twice': {
    state: { catalogue: withRoleSet({ roleIds: [...pro.roleIds, pro.defaultRoleId] }) },
    starts: /^I3: .*twice/,
  },
  'a set that lacks its default role': {
    state: { catalogue: withRoleSet({ defaultRoleId: 'role_other' }) },
    starts: /^I3: .*default role role_other/,
  },
  'a set that lacks its creator role': {
    state: { catalogue: withRoleSet({ creatorRoleId: 'role_other' }) },
    starts: /^I3: .*creator role role_other/,
  },
  'a creator role that isn’t eligible': {
    state: { catalogue: withRoleSet({ creatorRoleId: pro.defaultRoleId }) },
    starts: /^I3: .*isn't eligible/,
  },
  'a set with a role that isn’t there': {
    state: { catalogue: withRoleSet({ roleIds: [...pro.roleIds, 'role_gone'] }) },
    starts: /^I3: .*role_gone, which doesn't exist/,
  },
  'a role with a permission that isn’t there': {
    state: { catalogue: { ...tiers.catalogue, permissions: new Index() } },
    starts: /^I3: role_.* holds the permission perm_/,
  },
  'two initial sets': { state: { catalogue: withRoleSet({ type: 'initial' }) }, starts: /^I4: 2 / },
  'an organization on a set that isn’t there': {
    state: { organizations: [...whole.organizations, { ...acme, id: 'lost', roleSetId: 'roleset_gone' }] as never },
    starts: /^I5: the organization lost/,
  },
  'two things with one key': {
    state: { catalogue: withRoleSet({ key: 'role_set:free' }) },
    starts: /^I6: .*role_set:free/,
  },
  'two organizations with one slug': {
    state: { organizations: [...whole.organizations].map((organization) => ({ ...organization, slug: 's' })) },
    starts: /^I6: .*slug s/,
  },
  'a user who is a member twice': {
    state: { memberships: [...whole.memberships, { ...bob, id: 'orgmem_other' }] as never },
    starts: /^I6: .*membership/,
  },
  'a member of a scope who isn’t a member of its organization': {
    state: {
      memberships: [...whole.memberships, { ...bob, id: 'orgmem_other', scope: 'team:a', userId: 'x' }] as never,
    },
    starts: /^I9: x is a member of the scope team:a of acme, /,
  },
  'a gap between revisions': {
    state: { changeSets: tiers.changeSets.filter(({ revision }) => revision !== 3) },
    starts: /^I7: revision 4 follows 2/,
  },
  'a change without an actor': {
    state: { changeSets: tiers.changeSets.map((set) => ({ ...set, actor: '' })) },
    starts: /^I8: /,
  },
}

for (const [title, { state, starts }] of Object.entries(broken))
  test(`${title} is found`, (t) => {
    const found = findBroken({ ...whole, ...state })
    t.true(
      found.some((sentence) => starts.test(sentence)),
      found.join('\n'),
    )
  })

test('what isn’t pending any more may have any role, and its address again', (t) => {
  const other = { ...hal, roleIds: ['role_gone'] }
  const ended = [
    { ...other, id: 'orginv_1', status: 'accepted' as const },
    { ...other, id: 'orginv_2', status: 'revoked' as const },
    { ...other, id: 'orginv_3', expiresAt: tiers.now },
  ]
  t.deepEqual(findBroken({ ...whole, invitations: [...ended, hal] }), [])
})

/** As a storage gives them. */
function inOrder(memberships: Iterable<Membership>): Membership[] {
  const keyOf = ({ organizationId, userId }: Membership) => `${organizationId} ${userId}`
  return [...memberships].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

test('a state that comes piece by piece is examined as one that is in memory', async (t) => {
  async function* stream<T>(things: Iterable<T>): AsyncGenerator<T> {
    yield* things
  }
  for (const { state } of [{ state: {} }, ...Object.values(broken)]) {
    const { organizations, memberships, invitations = [], changeSets, catalogue } = { ...whole, ...state }
    const streams = {
      ...{ catalogue, now: tiers.now, organizations: stream(organizations), memberships: stream(inOrder(memberships)) },
      memberKeys: stream(sortBy(memberships, userKey)),
      ...{ invitations: stream(invitations), changeSets: stream(changeSets) },
    }
    const found: string[] = []
    for await (const sentence of streamBroken(streams)) found.push(sentence)
    t.deepEqual(found.sort(), findBroken({ ...whole, ...state }).sort())
  }
})

test('roles of members whose time is over are not looked at, nor those that they have in scopes', (t) => {
  const { now } = tiers
  const others = whole.memberships as readonly Membership[]
  const of = (fields: Partial<Membership>) => ({ ...(bob as Membership), ...fields })
  const rest = others.filter(({ id }) => id !== bob?.id)
  const withBob = (expiresAt: number | null) => [
    ...rest,
    of({ expiresAt, roleIds: ['role_gone'] }),
    of({ id: 'orgmem_ward', scope: 'team:a', roleIds: ['role_gone'] }),
  ]
  t.deepEqual(findBroken({ ...whole, memberships: withBob(now) }), [])
  for (const expiresAt of [null, now + 1]) {
    const found = findBroken({ ...whole, memberships: withBob(expiresAt) })
    t.deepEqual(
      found.map((each) => each.slice(0, 3)),
      ['I1:', 'I1:'],
    )
  }
})
