/** Apply with scopes over a real store: mappings, impact and drift, by the same rules as the single operations. */

import test, { type ExecutionContext } from 'ava'
import type { Manifest } from '@rolesets/core'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { join, roleOf } from './members-of-scopes.ts'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const ward = 'department:ward'
const pharmacy = 'department:pharmacy'

/** Departments of two clinics have role_set:nurses, and teams what their clinic has. */
async function openClinics(t: ExecutionContext): Promise<OpenedService> {
  const opened = await openTestService(t)
  const { admin } = opened
  for (const name of ['nurses', 'pharmacists', 'hospital'])
    await addRoleSet(opened, `role_set:${name}`, [`org:${name}`])
  for (const id of ['a', 'b'])
    await admin.createOrganization({ id, roleSet: 'role_set:hospital', createdBy: 'boss' }, writing())
  await admin.setScopeKind({ kind: 'department', fallback: 'role_set', roleSet: 'role_set:nurses' }, writing())
  await admin.setScopeKind({ kind: 'team', fallback: 'organization' }, writing())
  return opened
}

async function apply({ admin }: OpenedService, manifest: Manifest, prune = false) {
  return admin.apply({ manifest, prune }, writing())
}

test('a default, a kind, a scope and a clinic move in one write, each with its own mappings', async (t) => {
  const opened = await openClinics(t)
  await join(opened, [
    ['a', pharmacy, 'ann', 'org:nurses'],
    ['b', pharmacy, 'ben', 'org:nurses'],
    ['a', ward, 'cat', 'org:nurses'],
    ['b', ward, 'dan', 'org:nurses'],
    ['a', 'team:night', 'eve', 'org:hospital'],
  ])
  const before = opened.store.head
  const manifest: Manifest = {
    scopeKinds: [
      {
        kind: 'department',
        fallback: 'role_set',
        roleSet: 'role_set:hospital',
        mappings: { 'org:nurses': 'org:hospital' },
      },
    ],
    scopeDefaults: [
      { scope: pharmacy, roleSet: 'role_set:pharmacists', mappings: { 'org:nurses': 'org:pharmacists' } },
    ],
    organizations: [
      { id: 'a', roleSet: 'role_set:default', mappings: { 'org:hospital': 'org:member' } },
      { id: 'b', scopes: [{ key: ward, roleSet: 'role_set:nurses', name: 'Ward' }] },
    ],
  }
  const { impact, value } = await apply(opened, manifest)
  t.is(opened.store.head, before + 1)
  t.deepEqual(
    await Promise.all(
      [
        ['a', pharmacy, 'ann'],
        ['b', pharmacy, 'ben'],
        ['a', ward, 'cat'],
        ['b', ward, 'dan'],
        ['a', 'team:night', 'eve'],
      ].map(([id = '', scope = '', user = '']) => roleOf(opened, id, scope, user)),
    ),
    ['org:pharmacists', 'org:pharmacists', 'org:hospital', 'org:nurses', 'org:member'],
    'the ward of b got its own set first, so that it needs no mapping',
  )
  t.deepEqual(
    impact.roles.map(({ role, toRole, members }) => [role, toRole, members]),
    [
      ['org:hospital', 'org:member', 1],
      ['org:nurses', 'org:pharmacists', 2],
      ['org:nurses', 'org:hospital', 1],
    ],
  )
  t.is(impact.places, 4, 'the ward of b has the set that it had')
  t.deepEqual(
    impact.firstPlaces.map(({ organizationId, scope }) => `${organizationId} ${scope}`),
    ['a department:pharmacy', 'a department:ward', 'a team:night', 'b department:pharmacy'],
  )
  t.is(value?.steps.length, 5)
  t.deepEqual((await apply(opened, manifest)).value?.steps, [])
  t.is(opened.store.head, before + 1)
})

test('what lacks a mapping is refused as a whole, and the dry run names it', async (t) => {
  const opened = await openClinics(t)
  await join(opened, [['a', ward, 'cat', 'org:nurses']])
  const before = opened.store.head
  const manifest: Manifest = {
    roles: [{ key: 'org:new' }],
    scopeDefaults: [{ scope: ward, roleSet: 'role_set:pharmacists' }],
  }
  const { impact } = await opened.admin.apply({ manifest, prune: false }, writing({ dryRun: true }))
  t.deepEqual(
    impact.violations.map(({ code, message }) => [code, message.split(':')[0]]),
    [['mapping_missing', 'scope_default department']],
  )
  t.is(impact.places, 1)
  t.deepEqual(
    impact.requiredMappings.map(({ role, members }) => [role, members]),
    [['org:nurses', 1]],
  )
  await t.throwsAsync<Refusal>(apply(opened, manifest), { code: 'mapping_missing' })
  t.is(opened.store.head, before)
})

test('pruning takes defaults, then names and sets of scopes, then kinds, and never what has members', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.assignRoleSet({ organizationId: 'a', scope: ward, roleSet: 'role_set:nurses' }, writing())
  await admin.setScopeDefault({ scope: pharmacy, roleSet: 'role_set:pharmacists' }, writing())
  await join(opened, [['a', ward, 'cat', 'org:nurses']])
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  const sets = ['nurses', 'pharmacists', 'hospital'].map((name) => {
    return { key: `role_set:${name}`, roles: ['org:admin', 'org:member', `org:${name}`], ...special }
  })
  const manifest: Manifest = { roleSets: sets, organizations: [{ id: 'a', scopes: [] }] }
  const { message } = await t.throwsAsync<Refusal>(apply(opened, manifest, true), { code: 'in_use' })
  t.regex(message, /department is in use: 1 member, 0 invitations/)
  const kept: Manifest = {
    ...manifest,
    scopeKinds: [{ kind: 'department', fallback: 'role_set', roleSet: 'role_set:nurses' }],
  }
  const { value } = await apply(opened, kept, true)
  t.deepEqual(
    value?.steps.map(({ action, kind, key }) => `${action} ${kind} ${key}`),
    ['delete scope_default department:pharmacy', 'update scope a/department:ward', 'delete scope_kind team'],
  )
  t.is(await roleOf(opened, 'a', ward, 'cat'), 'org:nurses')
})

test('drift counts kinds, defaults and scopes that are not declared, and nothing of members', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.setScopeDefault({ scope: pharmacy, roleSet: 'role_set:pharmacists' }, writing())
  await admin.renameScope({ organizationId: 'a', scope: ward, name: 'Ward' }, writing())
  await join(opened, [['a', 'team:night', 'eve', 'org:hospital']])
  const manifest = parseManifest({
    scopeKinds: [{ kind: 'department', fallback: 'none' }],
    organizations: [{ id: 'a', scopes: [{ key: 'department:x', name: 'X' }] }, { id: 'b' }],
  })
  const { value } = await admin.driftFrom({ manifest, prune: false }, reading())
  t.like(value, { changes: 2, undeclared: { scopeKinds: 1, scopeDefaults: 1, scopes: 1, organizations: 0 } })
})
