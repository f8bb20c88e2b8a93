/** Organizations: rule 3 (new ones get the initial set), rule 4 (creator), and rule 7 (moving to another set). */

import { kindOf } from '@rolesets/core'
import test from 'ava'
import { refused } from './refused.ts'
import { createTiers, join, rolesIn, roleSetOf } from './tiers.ts'

test('a new organization gets the initial set unless it names another', (t) => {
  const state = createTiers()
  state.run({ operation: 'createOrganization', input: { id: 'delta' } })
  state.run({ operation: 'createOrganization', input: { id: 'epsilon', roleSet: 'role_set:pro' } })
  state.run({ operation: 'updateRoleSet', input: { roleSet: 'role_set:free', initial: true } })
  state.run({ operation: 'createOrganization', input: { id: 'zeta', roleSet: '' } })
  t.deepEqual(
    ['delta', 'epsilon', 'zeta'].map((id) => roleSetOf(state, id)),
    ['role_set:default', 'role_set:pro', 'role_set:free'],
  )
})

test('an organization keeps the id that the application gives it, or gets one', (t) => {
  const state = createTiers()
  const { value } = state.run({ operation: 'createOrganization', input: { id: '', name: 'New' } })
  t.regex((value as { id: string }).id, /^org_/)
  for (const id of ['42', 'tenant:7/eu', 'Größe 🏥', 'x'.repeat(255)]) {
    state.run({ operation: 'createOrganization', input: { id } })
    t.is(state.organizations.get(id)?.id, id)
  }
})

test('an organization that was created with a creator has that user as a member with its set’s creator role', (t) => {
  const state = createTiers()
  const input = { id: 'delta', roleSet: 'role_set:pro', createdBy: 'zoe' }
  const { changes } = state.run({ operation: 'createOrganization', input })
  t.deepEqual(changes.map(kindOf), ['organization_put', 'membership_put'])
  t.deepEqual(rolesIn(state, 'delta'), { zoe: 'org:admin' })
})

test('an organization’s id is taken once, and so is its slug', (t) => {
  const state = createTiers()
  state.run({ operation: 'createOrganization', input: { id: 'delta', slug: 'd' } })
  const again = () => state.run({ operation: 'createOrganization', input: { id: 'delta' } })
  t.deepEqual(refused(t, 'key_taken', 'id', again).facts, { id: 'delta', organization: 'delta' })
  const slug = () => state.run({ operation: 'createOrganization', input: { id: 'epsilon', slug: 'd' } })
  t.deepEqual(refused(t, 'key_taken', 'slug', slug).facts, { slug: 'd', organization: 'delta' })
  const update = () => state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', slug: 'd' } })
  refused(t, 'key_taken', 'slug', update)
})

test('a slug can be taken away, with null or with an empty text, and is free then', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', slug: 'a' } })
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', slug: null } })
  state.run({ operation: 'updateOrganization', input: { organizationId: 'beta', slug: 'a' } })
  state.run({ operation: 'updateOrganization', input: { organizationId: 'beta', slug: '' } })
  t.deepEqual(
    [...state.organizations.values()].map(({ slug }) => slug),
    [null, null, null],
  )
})

for (const slug of ['A', 'a b', 'a_b', 'ä', '/'])
  test(`${JSON.stringify(slug)} is no slug`, (t) => {
    const state = createTiers()
    refused(t, 'invalid_field', 'slug', () => state.run({ operation: 'createOrganization', input: { slug } }))
  })

test('an update changes what is given and replaces metadata whole', (t) => {
  const state = createTiers()
  const metadata = { publicMetadata: { plan: 'pro', seats: 5 }, privateMetadata: { crm: 7 } }
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', name: 'Acme', ...metadata } })
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', publicMetadata: { seats: 6 } } })
  t.like(state.organizations.get('acme'), { name: 'Acme', privateMetadata: { crm: 7 } })
  t.deepEqual(state.organizations.get('acme')?.publicMetadata, { seats: 6 })
})

test('an update to the present values changes nothing; the order of metadata’s fields doesn’t count', (t) => {
  const state = createTiers()
  const update = (publicMetadata: Record<string, unknown>) => {
    return state.run({
      operation: 'updateOrganization',
      input: { organizationId: 'acme', name: '', slug: '', publicMetadata },
    })
  }
  t.is(update({ a: { b: 1, c: [1, 2] }, d: null }).changes.length, 1)
  t.is(update({ d: null, a: { c: [1, 2], b: 1 } }).changes.length, 0)
  t.is(update({ d: null, a: { c: [2, 1], b: 1 } }).changes.length, 1)
})

test('a deleted organization takes its memberships with it, and the change counts them', (t) => {
  const state = createTiers()
  const { changes } = state.run({ operation: 'deleteOrganization', input: { organizationId: 'acme' } })
  t.like(changes[0], { verb: 'deleted', thing: 'organization', members: 3 })
  t.deepEqual(rolesIn(state, 'acme'), {})
})

test('an organization that isn’t there can’t be updated or deleted', (t) => {
  const state = createTiers()
  const input = { organizationId: 'nobody' }
  refused(t, 'organization_not_found', 'organization_id', () => state.run({ operation: 'updateOrganization', input }))
  refused(t, 'organization_not_found', 'organization_id', () => state.run({ operation: 'deleteOrganization', input }))
})

test('moving an organization to another set takes its members along as the mappings say, and nobody else', (t) => {
  const state = createTiers()
  const mappings = { 'org:analyst': 'org:member', 'org:moderator': 'org:member' }
  const input = { organizationId: 'acme', roleSet: 'role_set:free', mappings }
  const { changes, impact } = state.run({ operation: 'assignRoleSet', input })
  t.deepEqual(changes.map(kindOf), ['members_reassigned', 'organization_put'])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:member', cem: 'org:member' })
  t.deepEqual(rolesIn(state, 'beta'), { dan: 'org:analyst' })
  t.deepEqual([impact.organizations, impact.roles.length], [1, 2])
})

test('moving an organization needs a mapping for every role in use that the destination lacks', (t) => {
  const state = createTiers()
  const input = { organizationId: 'acme', roleSet: 'role_set:free', mappings: { 'org:analyst': 'org:member' } }
  const { facts } = refused(t, 'mapping_missing', 'mappings', () => state.run({ operation: 'assignRoleSet', input }))
  t.like(facts, { unmapped: 'org:moderator', 'org:moderator': '1 member, 0 invitations' })
})

test('moving an organization up needs no mapping', (t) => {
  const state = createTiers()
  state.run({ operation: 'assignRoleSet', input: { organizationId: 'gamma', roleSet: 'role_set:pro' } })
  t.is(roleSetOf(state, 'gamma'), 'role_set:pro')
  t.deepEqual(rolesIn(state, 'gamma'), { eve: 'org:member' })
})

test('two roles can be exchanged on the way', (t) => {
  const state = createTiers()
  const mappings = { 'org:analyst': 'org:moderator', 'org:moderator': 'org:analyst' }
  const roles = ['org:admin', 'org:analyst', 'org:moderator']
  const places = { defaultRole: 'org:analyst', creatorRole: 'org:admin' }
  state.run({ operation: 'createRoleSet', input: { key: 'role_set:pro_2', roles, ...places } })
  state.run({ operation: 'assignRoleSet', input: { organizationId: 'acme', roleSet: 'role_set:pro_2', mappings } })
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:moderator', cem: 'org:analyst' })
})

test('moving an organization to its own set changes nothing, whatever the mappings say', (t) => {
  const state = createTiers()
  const input = { organizationId: 'acme', roleSet: 'role_set:pro', mappings: { 'org:analyst': 'org:member' } }
  const { changes, impact } = state.run({ operation: 'assignRoleSet', input })
  t.deepEqual([changes.length, impact.organizations], [0, 0])
})

test('a mapping to a role outside the destination is refused, even when nobody needs it', (t) => {
  const state = createTiers()
  const input = { organizationId: 'gamma', roleSet: 'role_set:pro', mappings: { 'org:member': 'org:guest' } }
  refused(t, 'mapping_invalid', 'mappings[org:member]', () => state.run({ operation: 'assignRoleSet', input }))
})

test('an organization that the store has never heard of is registered by assigning it a set', (t) => {
  const state = createTiers()
  const { impact } = state.run({
    operation: 'assignRoleSet',
    input: { organizationId: 'new', roleSet: 'role_set:pro' },
  })
  t.like(state.organizations.get('new'), { name: '', slug: null, publicMetadata: {} })
  t.is(roleSetOf(state, 'new'), 'role_set:pro')
  t.is(impact.organizations, 1)
})

test('registering an organization on the set that it follows already affects nobody; where unknown ones are denied, it does', (t) => {
  const input = { organizationId: 'new', roleSet: 'role_set:default' }
  t.is(createTiers('initial').run({ operation: 'assignRoleSet', input }).impact.organizations, 0)
  t.is(createTiers('deny').run({ operation: 'assignRoleSet', input }).impact.organizations, 1)
})

test('members who came with the organization are counted by role and organization', (t) => {
  const state = createTiers()
  join(state, 'acme', { dee: 'org:analyst' })
  const input = {
    organizationId: 'acme',
    roleSet: 'role_set:free',
    mappings: { 'org:analyst': 'org:member', 'org:moderator': 'org:member' },
  }
  const { impact } = state.run({ operation: 'assignRoleSet', input })
  const key = (id: string) => state.catalogue.roles.byId(id)?.key
  t.deepEqual(
    impact.roles.map(({ roleId, toRoleId, members, organizations }) => [
      key(roleId),
      key(toRoleId ?? ''),
      members,
      organizations,
    ]),
    [
      ['org:analyst', 'org:member', 2, 1],
      ['org:moderator', 'org:member', 1, 1],
    ],
  )
})
