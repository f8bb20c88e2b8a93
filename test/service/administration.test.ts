import test from 'ava'
import { addRoleSet, openTestService, reading, writing } from './open-service.ts'

test('a dry run answers as the write would, and leaves no trace', async (t) => {
  const opened = await openTestService(t)
  const { admin, store } = opened
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await admin.createOrganization({ id: 'org_acme', name: '', roleSet: 'role_set:pro' }, writing())
  for (const user of ['ann', 'bob'])
    await admin.createMembership({ organizationId: 'org_acme', userId: user, role: 'org:analyst' }, writing())
  const before = store.head
  const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' }

  const previewed = await admin.replaceRole(input, writing({ dryRun: true }))
  t.is(store.head, before)
  t.is(previewed.revision, `${store.epoch}:${before}`)
  t.true((await admin.getRoleSet('role_set:pro', reading())).value.roles.includes('org:analyst'))

  const done = await admin.replaceRole(input, writing())
  t.deepEqual(previewed.impact, done.impact)
  t.like(done.impact, { organizations: 1, members: 2, invitations: 0 })
  t.deepEqual(previewed.value, done.value)
  t.is((await admin.getMembership({ organizationId: 'org_acme', userId: 'ann' }, reading())).value.role, 'org:member')
})

test('a preview of a described state that is refused tells what its steps would do, and why they would not', async (t) => {
  const opened = await openTestService(t)
  const { admin, store } = opened
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  for (const id of ['org_1', 'org_2']) {
    await admin.createOrganization({ id, roleSet: 'role_set:pro' }, writing())
    await admin.createMembership({ organizationId: id, userId: 'ann', role: 'org:analyst' }, writing())
  }
  const move = { roleSet: 'role_set:default' }
  const mappings = { 'org:analyst': 'org:member' }
  const manifest = {
    organizations: [
      { id: 'org_1', ...move, mappings },
      { id: 'org_2', ...move },
    ],
  }
  const before = store.head
  const { value, impact } = await admin.apply({ manifest, prune: false }, writing({ dryRun: true }))
  t.is(value, undefined)
  t.like(impact, { organizations: 2, members: 1 })
  t.is(impact.requiredMappings.length, 2)
  t.like(impact.violations, [{ code: 'mapping_missing', facts: { unmapped: 'org:analyst' } }])
  const message = impact.violations[0]?.message ?? ''
  await t.throwsAsync(admin.apply({ manifest, prune: false }, writing()), { code: 'mapping_missing', message })
  t.is(store.head, before)
})

test('a write that expects an older state of the thing is refused, and one that expects the present state is not', async (t) => {
  const { admin } = await openTestService(t)
  const first = await admin.createRole({ key: 'org:analyst' }, writing())
  const second = await admin.updateRole({ role: 'org:analyst', name: 'Analyst II' }, writing())
  await t.throwsAsync(
    admin.updateRole({ role: 'org:analyst', name: 'X' }, writing({ expectedRevision: first.revision })),
    { code: 'revision_conflict' },
  )
  const third = await admin.updateRole(
    { role: 'org:analyst', name: 'Analyst III' },
    writing({ expectedRevision: second.revision }),
  )
  t.is(third.value?.name, 'Analyst III')
})

test('a write that changes nothing makes no revision', async (t) => {
  const { admin, store } = await openTestService(t)
  const { revision } = await admin.createRole({ key: 'org:analyst', name: 'Analyst' }, writing())
  const again = await admin.updateRole({ role: 'org:analyst', name: 'Analyst' }, writing())
  t.is(again.revision, revision)
  t.is(`${store.epoch}:${store.head}`, revision)
})

test('every change names its actor, its call and the state before', async (t) => {
  const { admin, store } = await openTestService(t)
  await admin.createRole({ key: 'org:analyst' }, writing({ actor: 'ann' }))
  await admin.updateRole({ role: 'org:analyst', name: 'Data' }, writing({ actor: 'bob' }))
  const [seeded, created, updated] = await store.changesAfter(0, 10)
  t.like(seeded, { actor: 'rolesets', operation: 'Seed', revision: 1 })
  t.like(created, { actor: 'ann', operation: 'CreateRole', revision: 2 })
  t.like(updated, { actor: 'bob', operation: 'UpdateRole', revision: 3, committedAt: 1_700_000_000_000 })
  t.like(updated?.changes[0], { verb: 'put', thing: 'role', before: { name: 'Analyst' }, after: { name: 'Data' } })
})

test('pages follow each other without gap or repetition, in the order of ids', async (t) => {
  const { admin } = await openTestService(t)
  const ids = Array.from({ length: 25 }, (_, i) => `org_${String(i).padStart(2, '0')}`)
  await Promise.all(ids.map((id) => admin.createOrganization({ id, name: '' }, writing())))
  const seen: string[] = []
  let pageToken = ''
  do {
    const page = await admin.listOrganizations({}, { ...reading(), pageSize: 10, pageToken })
    seen.push(...page.items.map(({ id }) => id))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  t.deepEqual(seen, ids)
  await t.throwsAsync(admin.listRoles({ ...reading(), pageSize: 0, pageToken: 'no token' }), { code: 'invalid_field' })
  await t.throwsAsync(admin.listRoles({ ...reading(), pageSize: -1, pageToken: '' }), { code: 'limit_exceeded' })
})

test('a described state is applied in one revision, or not at all', async (t) => {
  const { admin, store } = await openTestService(t)
  const roleSet = {
    key: 'role_set:free',
    roles: ['org:admin', 'org:member', 'org:guest'],
    defaultRole: 'org:guest',
    creatorRole: 'org:admin',
  }
  const manifest = {
    roles: [{ key: 'org:guest', name: 'Guest' }],
    roleSets: [roleSet],
    organizations: [{ id: 'org_acme', roleSet: 'role_set:free' }],
  }
  const before = store.head
  const broken = { ...manifest, organizations: [{ id: 'org_acme', roleSet: 'role_set:missing' }] }
  await t.throwsAsync(admin.apply({ manifest: broken, prune: false }, writing()))
  t.is(store.head, before)
  await t.throwsAsync(admin.getRole('org:guest', reading()), { code: 'role_not_found' })

  const preview = await admin.apply({ manifest, prune: false }, writing({ dryRun: true }))
  t.is(store.head, before)
  const applied = await admin.apply({ manifest, prune: false }, writing())
  t.is(store.head, before + 1)
  t.deepEqual(applied.value, preview.value)
  t.deepEqual(
    applied.value?.steps.map(({ action, kind, key }) => `${action} ${kind} ${key}`),
    ['create role org:guest', 'create role_set role_set:free', 'create organization org_acme'],
  )
  const again = await admin.apply({ manifest, prune: false }, writing())
  t.deepEqual(again.value?.steps, [])
  t.is(store.head, before + 1)
})

test('an edit to a role set is the same few changes, however many organizations are on it', async (t) => {
  const sizes: number[][] = []
  for (const organizations of [1, 200]) {
    const opened = await openTestService(t)
    const { admin, store } = opened
    await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
    await addRoleSet(opened, 'role_set:max', ['org:analyst'])
    await Promise.all(
      Array.from({ length: organizations }, async (_, i) => {
        await admin.createOrganization({ id: `org_${i}`, name: '', roleSet: 'role_set:pro' }, writing())
        await admin.createMembership({ organizationId: `org_${i}`, userId: 'ann', role: 'org:analyst' }, writing())
      }),
    )
    const before = store.head
    await admin.createRole({ key: 'org:auditor' }, writing())
    await admin.addRoles({ roleSet: 'role_set:pro', roles: ['org:auditor'] }, writing())
    const input = { roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:auditor' }
    t.is((await admin.replaceRole(input, writing())).impact.members, organizations)
    const replaced = await admin.replaceRoleSet(
      { roleSet: 'role_set:pro', toRoleSet: 'role_set:max', mappings: { 'org:auditor': 'org:member' } },
      writing(),
    )
    t.is(replaced.impact.organizations, organizations)
    sizes.push((await store.changesAfter(before, 10)).map(({ changes }) => changes.length))
  }
  t.deepEqual(sizes[0], sizes[1])
})
