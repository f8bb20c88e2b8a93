/** From described kinds, defaults and scopes to the steps that lead there. */

import test from 'ava'
import type { Manifest } from '@rolesets/core'
import { apply, plan, show } from './applying.ts'
import { refused } from './refused.ts'
import { createTiers } from './tiers.ts'

const pharmacy = { key: 'role_set:pharmacy', roles: ['org:analyst', 'org:guest'], defaultRole: 'org:guest' }
const described: Manifest = {
  roleSets: [pharmacy],
  scopeKinds: [
    { kind: 'department', fallback: 'role_set', roleSet: 'role_set:free' },
    { kind: 'team', fallback: 'organization' },
    { kind: 'product', fallback: 'none' },
  ],
  scopeDefaults: [{ scope: 'department:pharmacy', roleSet: 'role_set:pharmacy' }],
  organizations: [
    { id: 'acme', scopes: [{ key: 'product:billing', name: 'Billing', roleSet: 'role_set:pharmacy' }] },
    { id: 'delta', scopes: [{ key: 'team:night', name: 'Night' }] },
  ],
}

test('kinds, defaults and scopes are created after role sets, those of a new organization after it', (t) => {
  const state = createTiers()
  t.deepEqual(show(apply(state, described)), [
    'create role_set role_set:pharmacy | roles: + org:analyst, + org:guest | default role: org:guest',
    'create scope_kind department | fallback: role_set | role set: role_set:free',
    'create scope_kind team | fallback: organization',
    'create scope_kind product | fallback: none',
    'create scope acme/product:billing | role set: role_set:pharmacy',
    'update scope acme/product:billing | name: "Billing"',
    'create scope_default department:pharmacy | role set: role_set:pharmacy',
    'create organization delta',
    'create scope delta/team:night | name: "Night"',
  ])
  t.deepEqual(plan(state, described).steps, [])
  t.is(state.catalogue.roleSets.byKey('role_set:pharmacy')?.creatorRoleId, null, 'it is for scopes only')
})

test('a scope gets its own set before its default, its kind and its organization change, and gives it up after that', (t) => {
  const state = createTiers()
  apply(state, described)
  const manifest: Manifest = {
    scopeKinds: [
      { kind: 'product', fallback: 'role_set', roleSet: 'role_set:free' },
      { kind: 'department', fallback: 'organization' },
      { kind: 'team', fallback: 'none' },
    ],
    scopeDefaults: [{ scope: 'department:pharmacy', roleSet: 'role_set:pro' }],
    organizations: [
      { id: 'gamma', roleSet: 'role_set:pro' },
      {
        id: 'acme',
        scopes: [
          { key: 'product:billing', name: '', roleSet: '' },
          { key: 'department:pharmacy', roleSet: 'role_set:pharmacy' },
        ],
      },
    ],
  }
  t.deepEqual(show(apply(state, manifest)), [
    'update scope acme/product:billing | name: "Billing" → ""',
    'create scope acme/department:pharmacy | role set: role_set:pharmacy',
    'update scope_default department:pharmacy | role set: role_set:pharmacy → role_set:pro',
    'update scope_kind product | fallback: none → role_set | role set: role_set:free',
    'update scope_kind team | fallback: organization → none',
    'update organization gamma | role set: role_set:free → role_set:pro',
    'update scope_kind department | fallback: role_set → organization | role set: - role_set:free',
    'update scope acme/product:billing | role set: - role_set:pharmacy',
  ])
  t.deepEqual(plan(state, manifest).steps, [])
  t.deepEqual(
    state.scopesOf('acme').map(({ scope }) => scope),
    ['department:pharmacy'],
  )
})

test('what isn’t described is left alone, and goes only with pruning; scopes only where those of the organization are described', (t) => {
  const state = createTiers()
  apply(state, described)
  const described2: Manifest = {
    roleSets: [{ key: 'role_set:default', roles: ['org:admin', 'org:member'], defaultRole: 'org:member' }],
    scopeKinds: [{ kind: 'product', fallback: 'none' }],
    organizations: [
      { id: 'acme', roleSet: 'role_set:pro', scopes: [] },
      { id: 'beta' },
      { id: 'gamma', roleSet: 'role_set:free' },
      { id: 'delta' },
    ],
  }
  const { steps, leftAlone } = plan(state, described2)
  t.deepEqual(steps, [])
  t.deepEqual(
    leftAlone.filter((label) => label.startsWith('scope')),
    ['scope kind department', 'scope kind team', 'scope default department:pharmacy', 'scope acme/product:billing'],
  )
  const pruned = plan(state, described2, true)
  t.deepEqual(
    show(pruned).filter((step) => /scope|role_set /.test(step)),
    [
      'delete scope_default department:pharmacy',
      'update scope acme/product:billing | role set: - role_set:pharmacy',
      'update scope acme/product:billing | name: "Billing" → ""',
      'delete scope_kind department',
      'delete scope_kind team',
      'delete role_set role_set:pharmacy',
    ],
  )
  // A scope of another organization is of the kind, so the whole of it is refused.
  refused(t, 'in_use', 'kind', () => apply(state, described2, true))
  apply(state, { organizations: [{ id: 'delta', scopes: [] }] })
  const all = {
    ...described2,
    organizations: [...(described2.organizations ?? []).slice(0, 3), { id: 'delta', scopes: [] }],
  }
  apply(state, all, true)
  t.deepEqual([...state.catalogue.scopeKinds.keys()], ['product'])
  t.deepEqual([state.assignments.size, state.catalogue.scopeDefaults.size], [0, 0])
  t.deepEqual(plan(state, all, true).steps, [])
})

test('a kind of a described scope counts as described, and so does the role set that it names', (t) => {
  const state = createTiers()
  apply(state, described)
  const manifest: Manifest = { organizations: [{ id: 'acme', scopes: [{ key: 'department:x', name: 'X' }] }] }
  const { steps } = plan(state, manifest, true)
  const keys = steps.filter(({ action }) => action === 'delete').map(({ key }) => key)
  t.false(keys.includes('department'))
  t.false(keys.includes('role_set:free'))
  t.true(keys.includes('role_set:pharmacy'))
  t.true(keys.includes('team'))
})

test('a set for scopes only is refused for an organization, and can become one for organizations', (t) => {
  const state = createTiers()
  apply(state, described)
  const moved: Manifest = { organizations: [{ id: 'acme', roleSet: 'role_set:pharmacy' }] }
  refused(t, 'role_set_for_scopes', 'role_set', () => apply(state, moved))
  const roleSets = [{ ...pharmacy, roles: [...pharmacy.roles, 'org:owner'], creatorRole: 'org:owner' }]
  t.deepEqual(show(plan(state, { roleSets })), [
    'update role_set role_set:pharmacy | roles: + org:owner | creator role: org:owner',
  ])
  apply(state, { roleSets })
  t.deepEqual(show(plan(state, { roleSets: [pharmacy] })), [], 'a creator role that isn’t given stays')
})
