/** What one update of an organization can change at once: its set, its quota, its times and its metadata. */

import test from 'ava'
import { type Metadata, type Organization, kindOf } from '@rolesets/core'
import type { UpdateOrganizationInput } from '../../packages/sidecar/src/domain/organizations.ts'
import { refused } from './refused.ts'
import type { State } from './state.ts'
import { createTiers, rolesIn, roleSetOf } from './tiers.ts'

function update(state: State, input: Omit<UpdateOrganizationInput, 'organizationId'>) {
  return state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', ...input } })
}

test('an update moves the organization and changes its name in one write, by the rules of a move', (t) => {
  const state = createTiers()
  const { revision } = state
  const move = { name: 'Acme', roleSet: 'role_set:free' }
  const { impact } = refused(t, 'mapping_missing', 'mappings', () => update(state, move))
  t.is(impact?.requiredMappings.length, 2)
  t.is(state.organizations.get('acme')?.name, '')
  const mappings = { 'org:analyst': 'org:member', 'org:moderator': 'org:admin' }
  const decided = update(state, { ...move, mappings })
  t.deepEqual(decided.changes.map(kindOf), ['members_reassigned', 'organization_put'])
  t.is(decided.impact.organizations, 1)
  t.deepEqual([roleSetOf(state, 'acme'), state.organizations.get('acme')?.name], ['role_set:free', 'Acme'])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:member', cem: 'org:admin' })
  t.is(state.revision, revision + 1)
})

test('mappings do nothing without a move', (t) => {
  const state = createTiers()
  const mappings = { 'org:analyst': 'org:member' }
  t.deepEqual(update(state, { mappings }).changes, [])
  t.deepEqual(update(state, { mappings, roleSet: 'role_set:pro' }).changes, [])
  t.is(rolesIn(state, 'acme')['bob'], 'org:analyst')
  refused(t, 'invalid_field', 'mappings', () => update(state, { mappings: [] as never }))
})

test('an organization can be older than its record', (t) => {
  const state = createTiers()
  const old = 1_500_000_000_000
  const { value } = state.run({ operation: 'createOrganization', input: { id: 'old', createdAt: old } })
  t.is((value as Organization).createdAt, old)
  update(state, { createdAt: old })
  t.like(state.organizations.get('acme'), { createdAt: old, updatedAt: state.now })
  for (const createdAt of [-1, 1.5, 1e15, '2020' as never])
    refused(t, 'invalid_field', 'created_at', () => update(state, { createdAt }))
})

test('whether its administrators may delete an organization is kept for the application', (t) => {
  const state = createTiers()
  update(state, { adminDeleteEnabled: false })
  t.is(state.organizations.get('acme')?.adminDeleteEnabled, false)
  refused(t, 'invalid_field', 'admin_delete_enabled', () => update(state, { adminDeleteEnabled: 'no' as never }))
})

test('who created an organization is remembered', (t) => {
  const state = createTiers()
  state.run({ operation: 'createOrganization', input: { id: 'new', createdBy: 'ann' } })
  t.is(state.organizations.get('new')?.createdBy, 'ann')
  t.is(state.organizations.get('acme')?.createdBy, '')
})

for (const [title, before, patch, after] of [
  ['fields are added and replaced, others stay', { a: 1, b: 2 }, { b: 3, c: 4 }, { a: 1, b: 3, c: 4 }],
  ['null takes a field away', { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ['null takes a field away at every level', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ['null for what isn’t there leaves nothing behind', {}, { a: { b: null }, c: null }, { a: {} }],
  ['lists are replaced whole, and nulls in them stay', { a: [1, 2] }, { a: [null] }, { a: [null] }],
  ['an object takes the place of a text', { a: 'x' }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['a text takes the place of an object', { a: { b: 1 } }, { a: 'x' }, { a: 'x' }],
] as const)
  test(`merged metadata: ${title}`, (t) => {
    const state = createTiers()
    update(state, { publicMetadata: before, privateMetadata: before })
    update(state, { publicMetadata: patch, mergeMetadata: true })
    t.deepEqual(state.organizations.get('acme')?.publicMetadata, after as Metadata)
    t.deepEqual(state.organizations.get('acme')?.privateMetadata, before)
    const member = { organizationId: 'acme', userId: 'ann' }
    state.run({ operation: 'updateMembership', input: { ...member, privateMetadata: before } })
    state.run({
      operation: 'updateMembership',
      input: { ...member, privateMetadata: patch, mergeMetadata: true },
    })
    t.deepEqual(state.membership('acme', 'ann')?.privateMetadata, after as Metadata)
  })

test('a field called __proto__ is merged like any other', (t) => {
  const state = createTiers()
  const publicMetadata = JSON.parse('{"__proto__":{"a":1}}') as Metadata
  update(state, { publicMetadata, mergeMetadata: true })
  t.is(JSON.stringify(state.organizations.get('acme')?.publicMetadata), '{"__proto__":{"a":1}}')
  t.false('a' in {})
})

test('the limits of metadata hold for what comes of a merge', (t) => {
  const state = createTiers()
  const text = (characters: number) => 'x'.repeat(characters)
  update(state, { publicMetadata: { a: text(8_000) } })
  const merge = (publicMetadata: Metadata) => () => update(state, { publicMetadata, mergeMetadata: true })
  refused(t, 'limit_exceeded', 'public_metadata', merge({ b: text(500) }))
  merge({ a: null, b: text(8_000) })()
  t.deepEqual(Object.keys(state.organizations.get('acme')?.publicMetadata ?? {}), ['b'])
  refused(t, 'invalid_field', 'public_metadata', merge(null as never))
  refused(t, 'invalid_field', 'public_metadata', merge({ a: undefined }))
  refused(t, 'invalid_field', 'merge_metadata', () => update(state, { mergeMetadata: 'yes' as never }))
})

test('nesting has its limit after a merge too', (t) => {
  const state = createTiers()
  const nested = (levels: number): Metadata => (levels === 1 ? {} : { a: nested(levels - 1) })
  update(state, { publicMetadata: nested(20), mergeMetadata: true })
  refused(t, 'limit_exceeded', 'public_metadata', () =>
    update(state, { publicMetadata: nested(21), mergeMetadata: true }),
  )
})
