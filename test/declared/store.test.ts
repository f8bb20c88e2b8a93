/** What the store and other writers have to say about a manifest: refusals, failures, drift, and what goes on meanwhile. */

import { setImmediate } from 'node:timers/promises'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { limits } from '@rolesets/core'
import { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver, openTestService, reading, writing } from '../service/open-service.ts'
import { follow, manifestFile, roleSet, sha256, until } from './open-follower.ts'

const acme = (more: string) => `organizations:\n  - { id: org_acme, ${more} }\n`
const sets = `roles: [{ key: org:analyst, name: Analyst }]\nrole_sets:\n${roleSet('role_set:free')}${roleSet('role_set:pro', ['org:analyst'])}`
const withAnalyst = `${sets}${acme('role_set: role_set:pro')}`

test('what apply refuses is told with its code and its place, and applied once the store allows it', async (t) => {
  const path = await manifestFile(t, withAnalyst)
  const { readiness, admin, facts, events, store } = await follow(t, path)
  await readiness.whenReady()
  const ann = { organizationId: 'org_acme', userId: 'ann' }
  await admin.createMembership({ ...ann, role: 'org:analyst' }, writing())
  const { head } = store
  const moved = `${sets}${acme('role_set: role_set:free')}`
  await writeFile(path, moved)
  await until(() => facts().result === 'refused')
  t.is(store.head, head)
  t.true(readiness.isReady)
  t.like(facts(), { hash: sha256(moved), applied_hash: sha256(withAnalyst), error: { code: 'mapping_missing' } })
  t.regex(String(events('manifest_refused')[0]?.['error']), /org:analyst \(1 member/)
  t.false(JSON.stringify(facts().error).includes('org:analyst'))

  await admin.updateMembership({ ...ann, role: 'org:member' }, writing())
  await until(() => facts().result === 'applied')
  t.is((await admin.getOrganization('org_acme', reading())).value.roleSet, 'role_set:free')
  t.is(events('manifest_refused').length, 1, 'the attempts between are not told')
})

test('scopes are declared: what others add beside them is drift, and a change of a default needs its mapping', async (t) => {
  const setOf = (name: string) => `  - { key: role_set:${name}, roles: [org:${name}], default_role: org:${name} }\n`
  const declared = (scopes: string, defaults: string) => `roles: [{ key: org:ward }, { key: org:lab }]
role_sets:
${setOf('ward')}${setOf('lab')}scope_kinds: [{ kind: department, fallback: organization }]
scope_defaults: [{ scope: 'department:pharmacy', ${defaults} }]
organizations: [{ id: org_acme, scopes: [${scopes}] }]
`
  const surgery = "{ key: 'department:surgery', name: Surgery, role_set: role_set:ward }"
  const path = await manifestFile(t, declared(surgery, 'role_set: role_set:ward'))
  const { readiness, admin, facts, store } = await follow(t, path, { prune: true })
  await readiness.whenReady()
  const acme = { organizationId: 'org_acme' }
  await admin.createMembership({ ...acme, userId: 'ann', role: 'org:member' }, writing())
  await admin.createMembership({ ...acme, scope: 'department:pharmacy', userId: 'ann', role: 'org:ward' }, writing())
  await admin.assignRoleSet({ ...acme, scope: 'department:odd', roleSet: 'role_set:lab' }, writing())
  await admin.setScopeKind({ kind: 'team', fallback: 'none' }, writing())
  await until(() => facts().drift?.total === 2)
  t.like(facts().drift?.undeclared, { scopes: 1, scope_kinds: 1 })

  await writeFile(path, declared('', 'role_set: role_set:lab'))
  await until(() => facts().error?.code === 'mapping_missing')
  await writeFile(path, declared('', 'role_set: role_set:lab, mappings: { org:ward: org:lab }'))
  await until(() => facts().result === 'applied')
  t.is(
    (await store.read((reader) => reader.membership('org_acme', 'ann', 'department:pharmacy'))).value?.roleIds.length,
    1,
  )
  const { items } = await admin.listScopes(acme, { ...reading(), pageSize: 0, pageToken: '' })
  t.like(items, [{ scope: 'department:pharmacy', roleSet: 'role_set:lab', origin: 'default', members: 1 }])
  await until(() => facts().drift?.total === 0)
})

test('a manifest that takes the last administrator is refused', async (t) => {
  const path = await manifestFile(t, `${sets}${acme('role_set: role_set:pro')}`)
  const { readiness, admin, facts } = await follow(t, path)
  await readiness.whenReady()
  await admin.createMembership({ organizationId: 'org_acme', userId: 'ann', role: 'org:admin' }, writing())
  const weak = `roles: [{ key: org:boss, permissions: [org:sys_profile:delete, org:sys_memberships:manage, org:sys_memberships:read] }]
role_sets: [{ key: role_set:weak, roles: [org:boss, org:member], default_role: org:member, creator_role: org:boss }]
${acme('role_set: role_set:weak, mappings: { org:admin: org:member }')}`
  await writeFile(path, weak)
  await until(() => facts().error !== undefined)
  t.is(facts().error?.code, 'organization_minimum_permissions_needed')
})

test('a failure of the store is no fault of the manifest: it is tried again', async (t) => {
  const opened = await openTestService(t)
  let failures = 2
  const administration = {
    driftFrom: opened.admin.driftFrom,
    apply: (...call: Parameters<typeof opened.admin.apply>) => {
      if (failures-- > 0) throw new StoreError('disk_full', 'The disk of /secret/place is full.')
      return opened.admin.apply(...call)
    },
  }
  const path = await manifestFile(t, sets)
  const { readiness, events, declared } = await follow(t, path, { opened, administration, times: { backOffMs: 1 } })
  t.true(await readiness.whenReady())
  const [failed, ...more] = events('manifest_failed')
  t.like(failed, { level: 'error', code: 'disk_full' })
  t.is(more.length, 0, 'told once')
  t.like(declared.state.attempts, { applied: 1, failed: 2 })
})

test('what others write is counted as drift, is not reverted, and is gone when it is put back', async (t) => {
  const path = await manifestFile(t, withAnalyst)
  const { readiness, admin, facts, events, store, declared } = await follow(t, path)
  await readiness.whenReady()
  await until(() => facts().drift !== null)
  const none = { permissions: 0, roles: 0, role_sets: 0, roles_in_role_sets: 0, organizations: 0 }
  t.deepEqual(
    facts().drift,
    { total: 0, changes: 0, undeclared: none },
    'what every store has from its beginning is no drift',
  )

  await admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:free' }, writing())
  await admin.updateRole({ role: 'org:analyst', name: 'Another' }, writing())
  await admin.createPermission({ key: 'org:a:b' }, writing())
  await admin.createRole({ key: 'org:other' }, writing())
  await admin.addRoles({ roleSet: 'role_set:free', roles: ['org:other'] }, writing())
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key: 'role_set:other', roles: ['org:admin', 'org:member'], ...places }, writing())
  await admin.createOrganization({ id: 'org_other' }, writing())
  const all = { permissions: 1, roles: 1, role_sets: 1, roles_in_role_sets: 1, organizations: 1 }
  await until(() => facts().drift?.undeclared.organizations === 1)
  t.deepEqual(facts().drift, { total: 7, changes: 2, undeclared: all })
  t.is(declared.measurements.drift, 7)
  t.is(facts().result, 'applied')
  t.is(events('manifest_drifted').at(-1)?.['level'], 'warn')
  const { head } = store

  await admin.deleteOrganization({ organizationId: 'org_other' }, writing())
  await admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' }, writing())
  await admin.updateRole({ role: 'org:analyst', name: 'Analyst' }, writing())
  await admin.deleteRoleSet({ roleSet: 'role_set:other' }, writing())
  await admin.replaceRole({ roleSet: 'role_set:free', role: 'org:other' }, writing())
  await admin.deleteRole({ role: 'org:other' }, writing())
  await admin.deletePermission({ permission: 'org:a:b' }, writing())
  await until(() => facts().drift?.changes === 0 && events('manifest_drift_gone').length === 1)
  t.deepEqual(facts().drift, { total: 0, changes: 0, undeclared: none })
  t.is(store.head, head + 7, 'only the others have written')
  t.is(facts().revision, `${store.epoch}:${store.head}`, 'the store is as declared again, at this revision')
  t.is(declared.measurements.appliedRevision, store.head)
})

test('what others do to kinds and defaults of scopes and to scopes is measured, too', async (t) => {
  const scoped = `${sets}scope_kinds: [{ kind: department, fallback: organization }]\n${acme('scopes: [{ key: department:a, name: A }]')}`
  const { readiness, admin, facts } = await follow(t, await manifestFile(t, scoped))
  await readiness.whenReady()
  await until(() => facts().drift?.total === 0)
  await admin.setScopeKind({ kind: 'product', fallback: 'none' }, writing())
  await until(() => facts().drift?.total === 1)
  await admin.deleteScopeKind({ kind: 'product' }, writing())
  await until(() => facts().drift?.total === 0)
  await admin.renameScope({ organizationId: 'org_acme', scope: 'department:a', name: 'B' }, writing())
  await until(() => facts().drift?.changes === 1)
  t.deepEqual([facts().drift?.total, facts().result], [1, 'applied'])
})

test('a role set that goes together with its organization is refused: the log names the organization, the probes tell the rule', async (t) => {
  const path = await manifestFile(t, withAnalyst)
  const { readiness, facts, events } = await follow(t, path, { prune: true })
  await readiness.whenReady()
  const without = `roles: [{ key: org:analyst, name: Analyst }]\nrole_sets:\n${roleSet('role_set:free')}organizations: [{ id: org_other, role_set: role_set:free }]\n`
  await writeFile(path, without)
  await until(() => facts().result === 'refused')
  t.is(facts().error?.code, 'in_use')
  t.regex(
    String(facts().error?.message),
    /^The manifest is refused \(in_use\): The thing is in use and can't be deleted\./,
  )
  t.false(JSON.stringify(facts().error).includes('org_acme'))
  t.regex(String(events('manifest_refused')[0]?.['error']), /role_set:pro is used by 1 organization: org_acme\. /)

  await writeFile(
    path,
    without.replace('organizations: [', 'organizations: [{ id: org_acme, role_set: role_set:free }, '),
  )
  await until(() => facts().result === 'applied' && facts().error === undefined)
})

test('an organization that is taken out of the manifest stays, and the log says that it is there beside it', async (t) => {
  const two = `${sets}organizations: [{ id: org_acme }, { id: org_globex }]\n`
  const path = await manifestFile(t, two)
  const { readiness, facts, events } = await follow(t, path, { prune: true })
  await readiness.whenReady()
  await until(() => facts().drift?.total === 0)
  await writeFile(path, two.replace(', { id: org_globex }', ''))
  await until(() => facts().drift?.total === 1)
  t.like(facts(), { result: 'unchanged', drift: { changes: 0, undeclared: { organizations: 1 } } })
  t.regex(String(events('manifest_unchanged').at(-1)?.['message']), /^All that the manifest declares is so already/)
  t.regex(
    String(events('manifest_drifted')[0]?.['message']),
    /has things that the manifest does not declare: they were removed from it/,
  )
})

test('with prune, drift counts what applying again would delete', async (t) => {
  const path = await manifestFile(t, sets)
  const { readiness, admin, facts } = await follow(t, path, { prune: true })
  await readiness.whenReady()
  await admin.createRole({ key: 'org:other' }, writing())
  await until(() => facts().drift?.changes === 1)
  t.like(facts().drift, { total: 1, changes: 1, undeclared: { roles: 1 } })
  await writeFile(path, `${sets}# again\n`)
  await until(() => facts().drift?.undeclared.roles === 0)
  t.is(facts().drift?.changes, 0)
})

test('a manifest without organizations leaves them to others', async (t) => {
  const { readiness, admin, facts, events } = await follow(t, await manifestFile(t, sets))
  await readiness.whenReady()
  await admin.createOrganization({ id: 'org_other' }, writing())
  await until(() => facts().drift?.undeclared.organizations === 1)
  t.is(facts().drift?.total, 0)
  t.is(events('manifest_drifted').length, 0)
})

test('a thing that the manifest only refers to, and that others delete, is drift', async (t) => {
  const opened = await openTestService(t)
  await opened.admin.createRole({ key: 'org:ref' }, writing())
  const path = await manifestFile(t, `role_sets:\n${roleSet('role_set:pro', ['org:ref'])}`)
  const { readiness, admin, facts } = await follow(t, path, { opened })
  await readiness.whenReady()
  await admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:ref' }, writing())
  await admin.deleteRole({ role: 'org:ref' }, writing())
  await until(() => facts().drift?.changes === 1)
  t.pass()
})

test('writes about members are not measured', async (t) => {
  const opened = await openTestService(t)
  let measured = 0
  const administration = {
    apply: opened.admin.apply,
    driftFrom: (...call: Parameters<typeof opened.admin.driftFrom>) => (measured++, opened.admin.driftFrom(...call)),
  }
  const { readiness, admin, facts } = await follow(t, await manifestFile(t, withAnalyst), { opened, administration })
  await readiness.whenReady()
  await until(() => facts().drift !== null)
  for (let count = 0; count < 20; count++)
    await admin.createMembership({ organizationId: 'org_acme', userId: `u${count}`, role: 'org:member' }, writing())
  await admin.createRole({ key: 'org:other' }, writing())
  await until(() => facts().drift?.undeclared.roles === 1)
  t.is(measured, 2)
})

const large = (edited: string) => {
  const organizations = Array.from({ length: limits.manifestOrganizationsMax }, (_, place) => {
    return `  - { id: org_${place}, name: ${place === 5_000 ? edited : 'Name'}, role_set: role_set:pro }\n`
  })
  return `${sets}organizations:\n${organizations.join('')}`
}

test('questions are answered all the time while a manifest of 10 000 organizations is applied', async (t) => {
  const path = await manifestFile(t, large('First'))
  const { readiness, declared, service, store, facts } = await follow(t, path)
  const isApplied = () => declared.state.applied?.hash === facts().hash && facts().drift !== null
  const answeredUntil = async (isOver: () => boolean) => {
    let turns = 0
    for (; !isOver(); turns++) {
      await service.decisions.check({ organizationId: 'org_1', role: 'org:analyst' }, reading())
      await setImmediate()
    }
    return turns
  }
  t.true((await answeredUntil(() => facts().drift !== null)) > 200)
  t.true(readiness.isReady)
  t.is(store.head, 2, 'one revision')
  const edited = large('Edited')
  await writeFile(path, edited)
  t.true((await answeredUntil(() => facts().hash === sha256(edited) && isApplied())) > 50)
  t.is(store.head, 3)
  t.deepEqual(declared.state.attempts, { applied: 2, unchanged: 0, refused: 0, failed: 0 })
})

test('one organization more than a manifest may have is refused, also if it is in another file', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'a.yaml'), large('First'))
  await writeFile(join(folder, 'b.yaml'), acme('name: Acme'))
  const { facts, events } = await follow(t, folder)
  await until(() => facts().result === 'refused')
  t.regex(
    String(events('manifest_refused')[0]?.['error']),
    /b\.yaml:1:1: organizations has 10001 entries; at most 10000 are allowed/,
  )
})

test('a close in the middle of it waits for what was begun, and leaves a store that is whole', async (t) => {
  const url = `sqlite:${join(await temporaryFolder(t), 'r.db')}`
  const path = await manifestFile(t, large('First'))
  for (const afterTurns of [0, 300, 1_000]) {
    const store = await openStore(url)
    const service = await openServiceOver(store)
    const { declared } = await follow(t, path, { opened: { store, service, admin: service.administration } })
    for (let turn = 0; turn < afterTurns; turn++) await setImmediate()
    await declared.close()
    service.close()
    await store.close()
    const again = await openStore(url)
    const { value } = await again.read((reader) => reader.organizations({ size: 1 }))
    t.is(again.head, value.length === 0 ? 1 : 2, 'all of it, or nothing')
    await again.close()
  }
})
