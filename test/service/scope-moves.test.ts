/** Kinds, defaults, scopes of their own, renaming, and what moves with them (rules 14 to 16). */

import test, { type ExecutionContext } from 'ava'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { join, roleOf } from './members-of-scopes.ts'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const pharmacy = 'department:pharmacy'

/**
 * Three clinics: a and b on role_set:hospital, c on role_set:clinic. Departments have role_set:ward, and teams what their
 * organization has.
 */
async function openClinics(t: ExecutionContext): Promise<OpenedService> {
  const opened = await openTestService(t)
  const { admin } = opened
  for (const name of ['hospital', 'clinic', 'ward', 'pharmacy'])
    await addRoleSet(opened, `role_set:${name}`, [`org:${name}`])
  for (const [id, name] of [
    ['a', 'hospital'],
    ['b', 'hospital'],
    ['c', 'clinic'],
  ] as const)
    await admin.createOrganization({ id, roleSet: `role_set:${name}`, createdBy: 'boss' }, writing())
  await admin.setScopeKind({ kind: 'department', fallback: 'role_set', roleSet: 'role_set:ward' }, writing())
  await admin.setScopeKind({ kind: 'team', fallback: 'organization' }, writing())
  return opened
}

async function scopesOf({ admin }: OpenedService, organizationId: string) {
  const { items } = await admin.listScopes({ organizationId }, { ...reading(), pageSize: 0, pageToken: '' })
  return items.map(({ scope, name, roleSet, origin, members }) => [scope, name, roleSet, origin, members])
}

const refused = async (t: ExecutionContext, work: Promise<unknown>) => await t.throwsAsync<Refusal>(work)

test('a default for a key moves its scopes in all organizations in one change, with a mapping for the roles that it lacks', async (t) => {
  const opened = await openClinics(t)
  const { admin, store } = opened
  await join(opened, [
    ['a', pharmacy, 'ann', 'org:ward'],
    ['b', pharmacy, 'ben', 'org:ward'],
    ['b', pharmacy, 'eve', 'org:member'],
    ['c', 'department:other', 'cat', 'org:ward'],
  ])
  const input = { scope: pharmacy, roleSet: 'role_set:pharmacy' }
  const without = await refused(t, admin.setScopeDefault(input, writing()))
  t.deepEqual(
    [without.code, without.facts['unmapped'], without.facts['org:ward']],
    ['mapping_missing', 'org:ward', '2 members, 0 invitations'],
  )
  const outside = await refused(
    t,
    admin.setScopeDefault({ ...input, mappings: { 'org:ward': 'org:clinic' } }, writing()),
  )
  t.is(outside.code, 'mapping_invalid')
  const mapped = { ...input, mappings: { 'org:ward': 'org:pharmacy' } }
  const { head } = store
  const preview = await admin.setScopeDefault(mapped, writing({ dryRun: true }))
  t.is(store.head, head)
  const done = await admin.setScopeDefault(mapped, writing())
  t.deepEqual(preview.impact, done.impact)
  t.is(store.head, head + 1)
  t.like(done.impact, { places: 2, members: 2, invitations: 0 })
  t.deepEqual(done.impact.firstPlaces, [
    { organizationId: 'a', scope: pharmacy },
    { organizationId: 'b', scope: pharmacy },
  ])
  t.deepEqual(
    [
      await roleOf(opened, 'a', pharmacy, 'ann'),
      await roleOf(opened, 'b', pharmacy, 'eve'),
      await roleOf(opened, 'c', 'department:other', 'cat'),
    ],
    ['org:pharmacy', 'org:member', 'org:ward'],
  )
  const back = await refused(t, admin.deleteScopeDefault({ scope: pharmacy }, writing()))
  t.is(back.code, 'mapping_missing')
  await admin.deleteScopeDefault({ scope: pharmacy, mappings: { 'org:pharmacy': 'org:ward' } }, writing())
  t.is(await roleOf(opened, 'b', pharmacy, 'ben'), 'org:ward')
  t.is((await refused(t, admin.deleteScopeDefault({ scope: pharmacy }, writing()))).code, 'scope_default_not_found')
})

test('a kind moves its scopes that have nothing of their own, to sets that differ by organization, and never to none', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.assignRoleSet({ organizationId: 'b', scope: 'department:own', roleSet: 'role_set:pharmacy' }, writing())
  await join(opened, [
    ['a', 'department:x', 'ann', 'org:ward'],
    ['b', 'department:own', 'ben', 'org:pharmacy'],
    ['c', 'department:x', 'cat', 'org:ward'],
  ])
  const toNone = await refused(t, admin.setScopeKind({ kind: 'department', fallback: 'none' }, writing()))
  t.deepEqual([toNone.code, toNone.facts['members']], ['in_use', '2'])
  // org:hospital is in the set of a, and not in that of c.
  const mappings = { 'org:ward': 'org:hospital' }
  const follow = { kind: 'department', fallback: 'organization' } as const
  t.is((await refused(t, admin.setScopeKind({ ...follow, mappings }, writing()))).code, 'mapping_invalid')
  t.is((await refused(t, admin.setScopeKind(follow, writing()))).code, 'mapping_missing')
  const done = await admin.setScopeKind({ ...follow, mappings: { 'org:ward': 'org:member' } }, writing())
  t.like(done.impact, { places: 2, members: 2 })
  t.deepEqual(await scopesOf(opened, 'a'), [['department:x', '', 'role_set:hospital', 'organization', 1]])
  t.deepEqual(await scopesOf(opened, 'b'), [['department:own', '', 'role_set:pharmacy', 'own', 1]])
  t.is(await roleOf(opened, 'b', 'department:own', 'ben'), 'org:pharmacy')
})

test('a kind is deleted only when there is nothing of it', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await join(opened, [['a', 'team:x', 'ann', 'org:member']])
  await admin.setScopeDefault({ scope: pharmacy, roleSet: 'role_set:pharmacy' }, writing())
  await admin.renameScope({ organizationId: 'c', scope: 'department:x', name: 'X' }, writing())
  const ofTeams = await refused(t, admin.deleteScopeKind({ kind: 'team' }, writing()))
  t.deepEqual([ofTeams.code, ofTeams.facts['members']], ['in_use', '1'])
  const ofDepartments = await refused(t, admin.deleteScopeKind({ kind: 'department' }, writing()))
  t.deepEqual([ofDepartments.facts['scopes'], ofDepartments.facts['defaults']], ['1', '1'])
  t.is((await refused(t, admin.deleteScopeKind({ kind: 'nothing' }, writing()))).code, 'scope_kind_not_found')
  await admin.deleteScopeDefault({ scope: pharmacy }, writing())
  await admin.renameScope({ organizationId: 'c', scope: 'department:x', name: '' }, writing())
  await admin.deleteScopeKind({ kind: 'department' }, writing())
  const { items } = await admin.listScopeKinds({ ...reading(), pageSize: 0, pageToken: '' })
  t.deepEqual(
    items.map(({ kind }) => kind),
    ['team'],
  )
})

test('an organization takes the scopes along that follow it, and their members need mappings as its own do', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await join(opened, [
    ['a', '', 'ann', 'org:hospital'],
    ['a', 'team:x', 'ann', 'org:hospital'],
    ['a', 'team:x', 'bea', 'org:hospital'],
    ['a', 'department:x', 'ann', 'org:ward'],
  ])
  const move = { organizationId: 'a', roleSet: 'role_set:clinic' }
  const without = await refused(t, admin.assignRoleSet(move, writing()))
  t.is(without.facts['org:hospital'], '3 members, 0 invitations')
  const done = await admin.assignRoleSet({ ...move, mappings: { 'org:hospital': 'org:clinic' } }, writing())
  t.like(done.impact, { organizations: 1, places: 1, members: 3 })
  t.deepEqual(await Promise.all(['', 'team:x', 'department:x'].map((scope) => roleOf(opened, 'a', scope, 'ann'))), [
    'org:clinic',
    'org:clinic',
    'org:ward',
  ])
})

test('a role and a set are replaced in every place that has the set, however it came by it', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.assignRoleSet({ organizationId: 'c', scope: 'team:own', roleSet: 'role_set:ward' }, writing())
  await admin.setScopeDefault({ scope: 'team:ward', roleSet: 'role_set:ward' }, writing())
  await join(opened, [
    ['a', 'department:x', 'ann', 'org:ward'],
    ['b', 'team:ward', 'ben', 'org:ward'],
    ['c', 'team:own', 'cat', 'org:ward'],
  ])
  const rolesNow = () =>
    Promise.all([
      roleOf(opened, 'a', 'department:x', 'ann'),
      roleOf(opened, 'b', 'team:ward', 'ben'),
      roleOf(opened, 'c', 'team:own', 'cat'),
    ])
  const swept = await admin.replaceRole({ roleSet: 'role_set:ward', role: 'org:ward', toRole: 'org:member' }, writing())
  t.like(swept.impact, { places: 3, members: 3 })
  t.deepEqual(await rolesNow(), ['org:member', 'org:member', 'org:member'])
  const named = await refused(t, admin.deleteRoleSet({ roleSet: 'role_set:ward' }, writing()))
  t.is(named.code, 'in_use')
  const replaced = await admin.replaceRoleSet(
    { roleSet: 'role_set:ward', toRoleSet: 'role_set:pharmacy', mappings: { 'org:member': 'org:pharmacy' } },
    writing(),
  )
  t.like(replaced.impact, { places: 3, members: 3 })
  t.deepEqual(await rolesNow(), ['org:pharmacy', 'org:pharmacy', 'org:pharmacy'])
  t.deepEqual(await scopesOf(opened, 'a'), [['department:x', '', 'role_set:pharmacy', 'kind', 1]])
  t.deepEqual(await scopesOf(opened, 'b'), [['team:ward', '', 'role_set:pharmacy', 'default', 1]])
  t.deepEqual(await scopesOf(opened, 'c'), [['team:own', '', 'role_set:pharmacy', 'own', 1]])
})

test('an impact lists the scopes whose role set changes, and no others', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  const teams = ['a', 'b', 'c'].map((id) => [id, 'team:x', 'ann', 'org:member'] as const)
  await join(opened, teams)
  const placesOf = async (work: Promise<{ readonly impact: { readonly firstPlaces: readonly object[] } }>) =>
    (await work).impact.firstPlaces
  const x = (...ids: string[]) => ids.map((organizationId) => ({ organizationId, scope: 'team:x' }))
  const assign = (organizationId: string, roleSet: string) =>
    admin.assignRoleSet({ organizationId, scope: 'team:x', roleSet }, writing())
  const byDefault = (roleSet: string) => admin.setScopeDefault({ scope: 'team:x', roleSet }, writing())
  const byKind = (roleSet?: string) =>
    admin.setScopeKind({ kind: 'team', fallback: roleSet ? 'role_set' : 'organization', roleSet }, writing())
  // The teams of a and b have the set of their hospital already.
  const { impact } = await byKind('role_set:hospital')
  t.like(impact, { places: 1, firstPlaces: x('c') })
  t.deepEqual(await placesOf(byDefault('role_set:hospital')), [], 'the kind gave them this set')
  t.deepEqual(await placesOf(byDefault('role_set:clinic')), x('a', 'b', 'c'))
  t.deepEqual(await placesOf(byKind()), [], 'all have the default')
  t.deepEqual(await placesOf(admin.deleteScopeDefault({ scope: 'team:x' }, writing())), x('a', 'b'))
  t.deepEqual(await placesOf(assign('a', 'role_set:hospital')), [], 'its own set is the one that it had')
  t.deepEqual(await placesOf(assign('a', 'role_set:clinic')), x('a'))
  t.deepEqual(await placesOf(byDefault('role_set:ward')), x('b', 'c'))
  const rename = (newScope: string) =>
    admin.renameScope({ organizationId: 'a', scope: 'team:x', newScope }, writing({ dryRun: true }))
  t.deepEqual(await placesOf(rename('team:y')), [], 'it takes its own set along')
  t.deepEqual(await placesOf(admin.renameScope({ ...x('b')[0]!, newScope: 'team:y' }, writing())), x('b'))
})

test('an organization counts once for a role, whether the role is held in the whole, in scopes or in both', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.assignRoleSet({ organizationId: 'c', scope: 'team:x', roleSet: 'role_set:hospital' }, writing())
  for (const organizationId of ['a', 'b', 'c'])
    await admin.createMembership({ organizationId, userId: 'cleo', role: 'org:member' }, writing())
  await admin.updateMembership({ organizationId: 'a', userId: 'cleo', role: 'org:hospital' }, writing())
  const ofHospital = (organizationId: string, scope: string) =>
    admin.createMembership({ organizationId, scope, userId: 'cleo', role: 'org:hospital' }, writing())
  // In a both in the whole and in two teams, in b in a team only, in c in the team that has the set of hospitals.
  for (const [id, scope] of [
    ['a', 'team:x'],
    ['a', 'team:y'],
    ['b', 'team:x'],
    ['c', 'team:x'],
  ] as const)
    await ofHospital(id, scope)
  const held = { role: 'org:hospital', members: 5, invitations: 0, organizations: 3 }
  const dry = writing({ dryRun: true })
  const replaceRole = { roleSet: 'role_set:hospital', role: 'org:hospital', toRole: 'org:member' }
  t.like((await admin.replaceRole(replaceRole, dry)).impact, { members: 5, roles: [held], requiredMappings: [held] })
  const mappings = { 'org:hospital': 'org:member' }
  const replaceSet = { roleSet: 'role_set:hospital', toRoleSet: 'role_set:clinic', mappings }
  t.like((await admin.replaceRoleSet(replaceSet, dry)).impact, { members: 5, roles: [held], requiredMappings: [held] })
  const move = { organizationId: 'a', roleSet: 'role_set:clinic', mappings }
  const inA = { ...held, members: 3, organizations: 1 }
  t.like((await admin.assignRoleSet(move, dry)).impact, { members: 3, roles: [inA], requiredMappings: [inA] })
})

test('a scope is renamed with its members, its set and its name; the new key must be free', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  await admin.assignRoleSet({ organizationId: 'a', scope: 'team:x', roleSet: 'role_set:pharmacy' }, writing())
  await join(opened, [
    ['a', 'team:x', 'ann', 'org:pharmacy'],
    ['a', 'team:taken', 'bea', 'org:member'],
  ])
  const rename = (newScope: string, more: object = {}) =>
    admin.renameScope({ organizationId: 'a', scope: 'team:x', newScope, ...more }, writing())
  t.is((await refused(t, rename('team:taken'))).code, 'key_taken')
  t.is((await refused(t, rename('teem:y'))).code, 'scope_kind_not_found')
  t.like((await rename('team:y', { name: 'The Y team' })).value, {
    scope: 'team:y',
    roleSet: 'role_set:pharmacy',
    origin: 'own',
  })
  t.deepEqual(await scopesOf(opened, 'a'), [
    ['team:taken', '', 'role_set:hospital', 'organization', 1],
    ['team:y', 'The Y team', 'role_set:pharmacy', 'own', 1],
  ])
  t.is(await roleOf(opened, 'a', 'team:y', 'ann'), 'org:pharmacy')
  t.is(await roleOf(opened, 'a', 'team:x', 'ann'), undefined)
  t.is((await refused(t, rename('team:z'))).code, 'scope_not_found')
  t.is((await refused(t, rename('team:z', { name: 'Z' }))).code, 'scope_not_found', 'also with a name')
})

test('a scope gives up its own set, if its members have what it gets then', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  const place = { organizationId: 'a', scope: 'team:x' }
  await admin.assignRoleSet({ ...place, roleSet: 'role_set:pharmacy' }, writing())
  await join(opened, [['a', 'team:x', 'ann', 'org:pharmacy']])
  t.is((await refused(t, admin.assignRoleSet({ ...place, clear: true }, writing()))).code, 'mapping_missing')
  await admin.assignRoleSet({ ...place, clear: true, mappings: { 'org:pharmacy': 'org:hospital' } }, writing())
  t.deepEqual(await scopesOf(opened, 'a'), [['team:x', '', 'role_set:hospital', 'organization', 1]])
  t.is((await refused(t, admin.assignRoleSet({ organizationId: 'a', clear: true }, writing()))).code, 'invalid_field')
  t.is(
    (await refused(t, admin.assignRoleSet({ organizationId: 'a', scope: 'x:y', roleSet: 'role_set:ward' }, writing())))
      .code,
    'scope_kind_not_found',
  )
})

test('a set without a creator role is for scopes only', async (t) => {
  const opened = await openClinics(t)
  const { admin } = opened
  const input = { key: 'role_set:desk', roles: ['org:member'], defaultRole: 'org:member' }
  const made = await admin.createRoleSet(input, writing())
  t.like(made.value, { creatorRole: '', creatorRoleId: '' })
  await admin.assignRoleSet({ organizationId: 'a', scope: 'team:desk', roleSet: 'role_set:desk' }, writing())
  for (const work of [
    () => admin.assignRoleSet({ organizationId: 'a', roleSet: 'role_set:desk' }, writing()),
    () => admin.createOrganization({ id: 'd', roleSet: 'role_set:desk' }, writing()),
    () => admin.replaceRoleSet({ roleSet: 'role_set:hospital', toRoleSet: 'role_set:desk' }, writing()),
    () => admin.updateRoleSet({ roleSet: 'role_set:desk', initial: true }, writing()),
    () => admin.createRoleSet({ ...input, key: 'role_set:other', initial: true }, writing()),
  ])
    t.is((await refused(t, work())).code, 'role_set_for_scopes')
})
