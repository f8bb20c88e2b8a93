/** From a described state to the steps that lead there. */

import test from 'ava'
import type { Manifest } from '@rolesets/core'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import { apply, plan, show } from './applying.ts'
import { refused } from './refused.ts'
import { createTiers, join, rolesIn, roleSetOf, showRoleSet } from './tiers.ts'

const usual = { defaultRole: 'org:member', creatorRole: 'org:admin' }
const free = { key: 'role_set:free', roles: ['org:admin', 'org:member'], ...usual }
const pro = { key: 'role_set:pro', roles: ['org:admin', 'org:member', 'org:moderator', 'org:analyst'], ...usual }

test('what isn’t there is created: permissions, then roles, then role sets, then organizations', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    organizations: [{ id: 'delta', name: 'Delta', slug: 'delta', roleSet: 'role_set:team' }],
    roleSets: [
      { key: 'role_set:team', name: 'Team', roles: ['org:admin', 'org:auditor'], ...usual, defaultRole: 'org:auditor' },
    ],
    roles: [{ key: 'org:auditor', permissions: ['org:audits:read'] }],
    permissions: [{ key: 'org:audits:read', description: 'See audits.' }],
  }
  t.deepEqual(show(apply(state, manifest)), [
    'create permission org:audits:read | description: "See audits."',
    'create role org:auditor | permissions: + org:audits:read',
    'create role_set role_set:team | name: "Team" | roles: + org:admin, + org:auditor | default role: org:auditor | creator role: org:admin',
    'create organization delta | name: "Delta" | slug: "delta" | role set: role_set:team',
  ])
  t.is(roleSetOf(state, 'delta'), 'role_set:team')
  t.deepEqual(plan(state, manifest).steps, [])
})

test('what is there is changed where it differs, and the preview says from what to what', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    permissions: [{ key: 'org:reports:read', name: 'See reports' }],
    roles: [{ key: 'org:analyst', name: 'Data analyst', permissions: ['org:reports:manage'] }],
    roleSets: [{ ...free, name: 'Starter', roles: [...free.roles, 'org:guest'], defaultRole: 'org:guest' }],
    organizations: [{ id: 'acme', name: 'Acme', slug: 'acme' }],
  }
  t.deepEqual(show(apply(state, manifest)), [
    'update permission org:reports:read | name: "Reports read" → "See reports"',
    'update role org:analyst | name: "Analyst" → "Data analyst" | permissions: + org:reports:manage, - org:reports:read',
    'update role_set role_set:free | roles: + org:guest | default role: org:member → org:guest',
    'update role_set role_set:free | name: "Free" → "Starter"',
    'update organization acme | name: "Acme" | slug: "acme"',
  ])
  t.deepEqual(plan(state, manifest).steps, [])
})

test('what is as described needs no step, and what isn’t given stays as it is', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    permissions: [{ key: 'org:reports:read', name: '' }],
    roles: [{ key: 'org:analyst' }],
    roleSets: [free, { ...pro, roles: [...pro.roles].reverse() }],
    organizations: [
      { id: 'acme', roleSet: 'role_set:pro', mappings: { 'org:gone': 'org:member' } },
      { id: 'beta', roleSet: '' },
    ],
  }
  t.deepEqual(plan(state, manifest).steps, [])
})

test('nothing is deleted unless it is asked for; what was left alone is named', (t) => {
  const state = createTiers()
  const { steps, leftAlone } = plan(state, { roleSets: [{ ...pro, roles: ['org:admin', 'org:member'] }] })
  t.deepEqual(steps, [])
  t.deepEqual(leftAlone, [
    'permission org:reports:manage',
    'permission org:reports:read',
    'role org:analyst',
    'role org:guest',
    'role org:moderator',
    'role org:owner',
    'role set role_set:default',
    'role set role_set:free',
    'role org:analyst in role_set:pro',
    'role org:moderator in role_set:pro',
  ])
})

test('the plan says which set is initial no longer, for a new set and for a present one', (t) => {
  const roles = ['org:admin', 'org:member']
  const fresh = { key: 'role_set:new', roles, defaultRole: 'org:member', creatorRole: 'org:admin', initial: true }
  for (const item of [fresh, { ...pro, initial: true }]) {
    const [planned] = apply(createTiers(), { roleSets: [item] }).steps
    t.deepEqual(planned?.details.slice(-2), ['type: initial', 'type of role_set:default: initial → custom'])
  }
  t.deepEqual(apply(createTiers(), { roleSets: [{ ...fresh, key: 'role_set:default' }] }).steps, [])
})

test('pruning deletes what isn’t described: roles out of sets, role sets, roles, permissions', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    roleSets: [
      {
        ...pro,
        roles: ['org:admin', 'org:member'],
        initial: true,
        replace: { 'org:analyst': 'org:member', 'org:moderator': 'org:admin' },
      },
    ],
    organizations: [{ id: 'gamma', roleSet: 'role_set:pro' }],
  }
  const planned = apply(state, manifest, true)
  t.deepEqual(show(planned), [
    'update role_set role_set:pro | type: initial | type of role_set:default: initial → custom',
    'update organization gamma | role set: role_set:free → role_set:pro',
    'update role_set role_set:pro | roles: - org:analyst (its members get org:member)',
    'update role_set role_set:pro | roles: - org:moderator (its members get org:admin)',
    'delete role_set role_set:default',
    'delete role_set role_set:free',
    'delete role org:analyst',
    'delete role org:guest',
    'delete role org:moderator',
    'delete role org:owner',
    'delete permission org:reports:manage',
    'delete permission org:reports:read',
  ])
  t.deepEqual(planned.leftAlone, [])
  t.deepEqual(rolesIn(state, 'acme'), { ann: 'org:admin', bob: 'org:member', cem: 'org:admin' })
  t.deepEqual(plan(state, manifest, true), { steps: [], leftAlone: [] })
})

test('pruning keeps the initial set while no described set becomes initial, and all that it refers to', (t) => {
  const state = createTiers()
  state.run({ operation: 'addRoles', input: { roleSet: 'role_set:default', roles: ['org:analyst'] } })
  const { steps, leftAlone } = plan(state, { roleSets: [pro, free] }, true)
  t.deepEqual(
    steps.map(({ key }) => key),
    ['org:guest', 'org:owner', 'org:reports:manage'],
  )
  t.deepEqual(leftAlone, ['permission org:reports:read', 'role set role_set:default'])
})

test('pruning keeps what a described thing names', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    roles: [{ key: 'org:guest', permissions: ['org:reports:manage'] }],
    roleSets: [{ ...free, initial: true }],
    organizations: [{ id: 'acme', roleSet: 'role_set:pro' }],
  }
  const planned = apply(state, manifest, true)
  t.deepEqual(
    show(planned).filter((step) => step.startsWith('delete')),
    ['delete role_set role_set:default', 'delete role org:owner'],
  )
  t.deepEqual(planned.leftAlone, ['permission org:reports:read', 'role org:analyst', 'role org:moderator'])
  t.deepEqual(plan(state, manifest, true).steps, [])
})

test('pruning a role that is still held is refused as any other removal, and everything stays as it was', (t) => {
  const state = createTiers()
  const before = state.snapshot()
  const manifest: Manifest = {
    permissions: [{ key: 'org:new:read' }],
    roleSets: [{ ...pro, roles: ['org:admin', 'org:member'] }, free],
  }
  refused(t, 'in_use', 'to_role', () => apply(state, manifest, true))
  t.deepEqual(state.snapshot(), before)
})

test('pruning never takes a set from under an organization that isn’t described', (t) => {
  refused(t, 'in_use', 'role_set', () => apply(createTiers(), { roleSets: [{ ...pro, initial: true }] }, true))
})

test('a creator role can hand over its place and lose its permissions in one go', (t) => {
  const state = createTiers()
  state.run({ operation: 'updateSettings', input: { lastAdministrator: 'warn' } })
  const places = { defaultRole: 'org:member', creatorRole: 'org:owner' }
  const roles = ['org:admin', 'org:member', 'org:owner']
  const manifest: Manifest = {
    roles: [{ key: 'org:admin', permissions: [] }],
    roleSets: ['role_set:default', 'role_set:free', 'role_set:pro'].map((key) => ({ key, roles, ...places })),
  }
  t.is(show(apply(state, manifest)).at(-1)?.slice(0, 21), 'update role org:admin')
  t.is(state.catalogue.roles.byKey('org:admin')?.permissionIds.length, 0)
})

test('a role can become eligible and take the creator’s place in one go', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    roles: [{ key: 'org:guest', permissions: [...creatorPermissionKeys] }],
    roleSets: [{ ...free, roles: ['org:admin', 'org:member', 'org:guest'], creatorRole: 'org:guest' }],
  }
  apply(state, manifest)
  t.is(showRoleSet(state, 'role_set:free').creator, 'org:guest')
})

test('an organization moves with its mappings, and new ones get the set that the same description makes initial', (t) => {
  const state = createTiers()
  const manifest: Manifest = {
    roleSets: [{ ...free, initial: true }],
    organizations: [
      {
        id: 'acme',
        roleSet: 'role_set:free',
        mappings: { 'org:analyst': 'org:member', 'org:moderator': 'org:member', 'org:gone': 'org:member' },
      },
      { id: 'new' },
    ],
  }
  t.deepEqual(show(apply(state, manifest)).slice(1), [
    'update organization acme | role set: role_set:pro → role_set:free',
    'create organization new',
  ])
  t.deepEqual([roleSetOf(state, 'acme'), roleSetOf(state, 'new')], ['role_set:free', 'role_set:free'])
})

test('organizations can exchange their slugs', (t) => {
  const state = createTiers()
  const slugs = (acme: string, beta: string): Manifest => {
    return {
      organizations: [
        { id: 'acme', slug: acme },
        { id: 'beta', slug: beta },
      ],
    }
  }
  apply(state, slugs('a', 'b'))
  apply(state, slugs('b', 'a'))
  t.deepEqual(
    ['acme', 'beta'].map((id) => state.organizations.get(id)?.slug),
    ['b', 'a'],
  )
  t.deepEqual(plan(state, slugs('b', 'a')).steps, [])
})

test('a description of nothing does nothing, and with pruning leaves the initial set and what belongs to it', (t) => {
  const state = createTiers()
  t.deepEqual(plan(state, {}).steps, [])
  for (const organizationId of ['acme', 'beta', 'gamma'])
    state.run({ operation: 'deleteOrganization', input: { organizationId } })
  apply(state, {}, true)
  t.deepEqual(
    [...state.catalogue.roles.values()].map(({ key }) => key),
    ['org:admin', 'org:member'],
  )
  t.deepEqual(
    [...state.catalogue.roleSets.values()].map(({ key }) => key),
    ['role_set:default'],
  )
})

test('a role that pruning takes out of a set can take another’s members on the way', (t) => {
  const state = createTiers()
  join(state, 'beta', { fay: 'org:moderator' })
  const replace = { 'org:analyst': 'org:guest', 'org:moderator': 'org:guest' }
  apply(state, { roleSets: [free, { ...pro, roles: ['org:admin', 'org:member', 'org:guest'], replace }] }, true)
  t.deepEqual(rolesIn(state, 'beta'), { dan: 'org:guest', fay: 'org:guest' })
})
