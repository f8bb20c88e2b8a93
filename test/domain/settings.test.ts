/** The settings of the store, and what new organizations take from them. */

import { kindOf } from '@rolesets/core'
import test from 'ava'
import type { UpdateSettingsInput } from '../../packages/sidecar/src/domain/settings.ts'
import { refused } from './refused.ts'
import { State } from './state.ts'
import { createTiers, join, showRoleSet } from './tiers.ts'

function set(state: State, input: UpdateSettingsInput) {
  return state.run({ operation: 'updateSettings', input })
}

test('settings stay as they are unless they are given, and a change that changes nothing makes no revision', (t) => {
  const state = new State()
  t.like(state.catalogue.settings, { enabled: true, maxAllowedMemberships: 0, revision: 0, updatedAt: 0 })
  set(state, { maxAllowedMemberships: 5, domainsEnrollmentModes: ['automatic_invitation'] })
  const { settings } = state.catalogue
  t.like(settings, { enabled: true, maxAllowedMemberships: 5, domainsEnrollmentModes: ['automatic_invitation'] })
  t.deepEqual([settings.revision, settings.updatedAt], [state.revision, state.now])
  t.deepEqual(set(state, { maxAllowedMemberships: 5 }).changes, [])
})

test('new organizations take their quota from the settings unless it is given, and those that are there keep theirs', (t) => {
  const state = createTiers()
  set(state, { maxAllowedMemberships: 5, adminDeleteEnabled: false })
  state.run({ operation: 'createOrganization', input: { id: 'one' } })
  state.run({ operation: 'createOrganization', input: { id: 'two', maxAllowedMemberships: 7 } })
  join(state, 'three', { ann: 'org:member' })
  const own = ['acme', 'one', 'two', 'three'].map((id) => {
    const { maxAllowedMemberships, adminDeleteEnabled } = state.organizations.get(id) ?? {}
    return [maxAllowedMemberships, adminDeleteEnabled]
  })
  t.deepEqual(own, [
    [0, true],
    [5, false],
    [7, false],
    [5, false],
  ])
})

test('while organizations are switched off, none is created or registered, and those that are there go on', (t) => {
  const state = createTiers()
  set(state, { enabled: false })
  refused(t, 'organizations_disabled', 'id', () => state.run({ operation: 'createOrganization', input: {} }))
  refused(t, 'organizations_disabled', 'organization_id', () => join(state, 'new', { ann: 'org:member' }))
  const moved = { organizationId: 'new', roleSet: 'role_set:free' }
  refused(t, 'organizations_disabled', 'organization_id', () => state.run({ operation: 'assignRoleSet', input: moved }))
  const invited = { organizationId: 'new', emailAddress: 'hal@example.com', role: 'org:member' }
  refused(t, 'organizations_disabled', 'organization_id', () =>
    state.run({ operation: 'createInvitation', input: invited }),
  )
  join(state, 'acme', { fay: 'org:member' })
  t.is(state.organizations.size, 3)
})

test('while slugs are switched off, none is given, and one can still be taken away', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', slug: 'a' } })
  set(state, { slugDisabled: true })
  refused(t, 'slugs_disabled', 'slug', () => state.run({ operation: 'createOrganization', input: { slug: 'b' } }))
  const update = (slug: string) => () =>
    state.run({ operation: 'updateOrganization', input: { organizationId: 'acme', slug } })
  refused(t, 'slugs_disabled', 'slug', update('b'))
  update('')()
  t.is(state.organizations.get('acme')?.slug, null)
})

test('the creator and the default role are those of the initial set, with its rules', (t) => {
  const state = createTiers()
  const change = (input: UpdateSettingsInput) => () => set(state, { enabled: false, ...input })
  refused(t, 'special_role_not_in_role_set', 'creator_role', change({ creatorRole: 'org:owner' }))
  refused(t, 'role_not_creator_eligible', 'creator_role', change({ creatorRole: 'org:member' }))
  refused(t, 'role_not_found', 'default_role', change({ defaultRole: 'org:none' }))
  t.true(state.catalogue.settings.enabled)
  const { changes } = change({ defaultRole: 'org:admin' })()
  t.deepEqual(changes.map(kindOf), ['settings_put', 'role_set_put'])
  t.like(showRoleSet(state, 'role_set:default'), { default: 'org:admin', creator: 'org:admin' })
})

for (const [field, input] of [
  ['enabled', { enabled: 'yes' }],
  ['max_allowed_memberships', { maxAllowedMemberships: -1 }],
  ['admin_delete_enabled', { adminDeleteEnabled: 1 }],
  ['slug_disabled', { slugDisabled: null }],
  ['domains_enabled', { domainsEnabled: {} }],
  ['domains_enrollment_modes', { domainsEnrollmentModes: 'all' }],
  ['domains_enrollment_modes[0]', { domainsEnrollmentModes: ['All of them'] }],
] as const)
  test(`settings with a bad ${field} are refused`, (t) => {
    refused(t, 'invalid_field', field, () => set(new State(), input as never))
  })

test('there are only so many enrollment modes', (t) => {
  const modes = (count: number) => Array.from({ length: count }, (_, place) => `mode_${'x'.repeat(place)}`)
  const state = new State()
  set(state, { domainsEnrollmentModes: modes(10) })
  refused(t, 'limit_exceeded', 'domains_enrollment_modes', () => set(state, { domainsEnrollmentModes: modes(11) }))
})
