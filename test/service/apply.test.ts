/** Apply names the organizations of its manifest beforehand, so that the storage reads them together. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { limits, type Manifest } from '@rolesets/core'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { Provenance } from '../../packages/sidecar/src/storage/store.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { addRoleSet, openServiceOver, openTestService, writing } from './open-service.ts'

test('an apply foresees the organizations that its manifest describes', async (t) => {
  const { admin, store } = await openTestService(t)
  const foreseen: Provenance['foreseen'][] = []
  const write: typeof store.write = store.write.bind(store)
  store.write = (provenance, work) => {
    foreseen.push(provenance.foreseen)
    return write(provenance, work)
  }
  const ids = Array.from({ length: 100 }, (_none, index) => `org_${index}`)
  const manifest = { organizations: ids.map((id) => ({ id })) }
  await admin.apply({ manifest, prune: false }, writing())
  t.deepEqual(foreseen, [{ organizationIds: ids }])
})

test('a malformed list of organizations is refused, not read', async (t) => {
  const { admin } = await openTestService(t)
  for (const organizations of ['org_acme', [null], [{}]]) {
    const manifest = { organizations } as unknown as Manifest
    await t.throwsAsync(admin.apply({ manifest, prune: false }, writing()), { code: 'invalid_field' })
  }
})

/** Two organizations on a set with a role of its own, each with members who have it. */
async function openWithMembers(t: Parameters<typeof openTestService>[0], options = {}) {
  const opened = await openTestService(t, options)
  const { admin } = opened
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  for (const [id, members] of [
    ['org_acme', 2],
    ['org_globex', 1],
  ] as const) {
    await admin.createOrganization({ id, name: id, roleSet: 'role_set:pro' }, writing())
    for (let number = 0; number < members; number++)
      await admin.createMembership({ organizationId: id, userId: `user_${number}`, role: 'org:analyst' }, writing())
  }
  return opened
}

const move = (id: string) => ({ id, roleSet: 'role_set:default' })

test('a dry run says why each of several organizations is refused, and sums up what lacks a mapping', async (t) => {
  const { admin } = await openWithMembers(t)
  const manifest = { organizations: [move('org_acme'), move('org_globex'), { id: 'org_new', name: 'New' }] }
  const { value, impact } = await admin.apply({ manifest, prune: false }, writing({ dryRun: true }))
  t.is(value, undefined)
  t.deepEqual(
    impact.violations.map(({ code, message }) => [code, message.split(':')[0]]),
    [
      ['mapping_missing', 'organization org_acme'],
      ['mapping_missing', 'organization org_globex'],
    ],
  )
  t.deepEqual(
    impact.requiredMappings.map(({ role, members, organizations }) => [role, members, organizations]),
    [
      ['org:analyst', 2, 1],
      ['org:analyst', 1, 1],
    ],
  )
  await t.throwsAsync(admin.apply({ manifest, prune: false }, writing()), { code: 'mapping_missing' })
})

test('what is only refused because something before it was refused is not reported', async (t) => {
  const { admin } = await openWithMembers(t)
  const roleSet = {
    key: 'role_set:pro',
    roles: ['org:admin', 'org:member'],
    defaultRole: 'org:member',
    creatorRole: 'org:admin',
  }
  const manifest = { roleSets: [roleSet], organizations: [{ id: 'org_new', roleSet: 'role_set:pro' }] }
  const { impact } = await admin.apply({ manifest, prune: true }, writing({ dryRun: true }))
  t.is(impact.violations.length, 1)
})

test('dry runs of read keys take turns, so that a write waits for one of them at most', async (t) => {
  const { admin, store } = await openTestService(t)
  const order: string[] = []
  const write: typeof store.write = store.write.bind(store)
  store.write = (provenance, work) => {
    order.push(provenance.operation)
    return write(provenance, work)
  }
  const dryRun = () =>
    admin.apply(
      { manifest: { roles: [{ key: 'org:x' }] }, prune: false },
      writing({ dryRun: true, isForReadKey: true }),
    )
  const dryRuns = Array.from({ length: 18 }, dryRun)
  const settled = Promise.allSettled(dryRuns)
  await admin.createRole({ key: 'org:analyst' }, writing())
  t.true(order.indexOf('CreateRole') <= 1, order.join(', '))
  const outcomes = await settled
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 17)
  t.like(outcomes.at(-1), { status: 'rejected', reason: { code: 'overloaded' } })
  t.is((await dryRun()).value?.steps.length, 1, 'later there is room again')
})

test('a dry run of a read key that is no longer waited for is not made', async (t) => {
  const { admin, store } = await openTestService(t)
  const dryRun = (signal: AbortSignal) =>
    admin.apply(
      { manifest: { roles: [{ key: 'org:x' }] }, prune: false },
      writing({ dryRun: true, isForReadKey: true, signal }),
    )
  const leaving = new AbortController()
  const calls = Promise.allSettled([dryRun(new AbortController().signal), dryRun(leaving.signal)])
  leaving.abort()
  const before = store.head
  const [first, second] = await calls
  t.is(first?.status, 'fulfilled')
  t.like(second, { status: 'rejected', reason: { code: 'call_cancelled' } })
  t.is(store.head, before)
})

/**
 * Three places with one more member each than a dry run of a read key may move: one organization, and of another one a team,
 * which follows it, and a ward, which has the initial set. That these are members of the organization, too, is left out.
 */
async function openCrowds(t: ExecutionContext) {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const small = await openStore(`sqlite:${file}`)
  const { administration } = await openServiceOver(small)
  for (const id of ['org_acme', 'org_clinic']) await administration.createOrganization({ id }, writing())
  await administration.setScopeKind({ kind: 'team', fallback: 'organization' }, writing())
  await administration.setScopeKind({ kind: 'ward', fallback: 'role_set', roleSet: 'role_set:default' }, writing())
  await small.close()
  const rows = await Connection.open(file)
  for (const place of [
    ['org_acme', ''],
    ['org_clinic', 'team:x'],
    ['org_clinic', 'ward:x'],
  ])
    await rows.run(
      `WITH RECURSIVE numbers (number) AS
    (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${limits.movesForReadKeyMax})
    INSERT INTO memberships
    (organization_id, scope, user_id, id, role_id, public_metadata, private_metadata, created_at, updated_at, revision)
    SELECT ?1, ?2, 'user_' || number, 'orgmem_' || ?2 || number, (SELECT id FROM roles WHERE key = 'org:member'),
    '{}', '{}', 1, 1, 1 FROM numbers`,
      place,
    )
  // The history knows nothing of these members, so it is forgotten.
  await rows.run(
    'INSERT OR REPLACE INTO history_anchor SELECT 1, revision, seal FROM change_sets ORDER BY revision DESC LIMIT 1',
  )
  for (const table of ['change_subjects', 'change_sets']) await rows.run(`DELETE FROM ${table}`)
  await rows.close()
  const store = await openStore(`sqlite:${file}`)
  t.teardown(() => store.close())
  return (await openServiceOver(store)).administration
}

const few = { key: 'role_set:few', roles: ['org:admin'], defaultRole: 'org:admin', creatorRole: 'org:admin' }
const moving = { roleSet: 'role_set:few', mappings: { 'org:member': 'org:admin' } }

const moves: Readonly<Record<string, Manifest>> = {
  'an organization': { organizations: [{ id: 'org_acme', ...moving }] },
  'scopes that follow their organization': { organizations: [{ id: 'org_clinic', ...moving }] },
  'one scope': { organizations: [{ id: 'org_clinic', scopes: [{ key: 'ward:x', ...moving }] }] },
  'scopes with a default': { scopeDefaults: [{ scope: 'ward:x', ...moving }] },
  'scopes of a kind': { scopeKinds: [{ kind: 'ward', fallback: 'role_set', ...moving }] },
}

test('a dry run of a read key may not move more members than the limit, and one of a secret key may', async (t) => {
  const admin = await openCrowds(t)
  for (const [whose, described] of Object.entries(moves)) {
    const manifest = { roleSets: [few], ...described }
    const dryRun = (isForReadKey: boolean) =>
      admin.apply({ manifest, prune: false }, writing({ dryRun: true, isForReadKey }))
    const refused = { code: 'limit_exceeded', message: /^100 001 members and invitations .* Ask with a secret key\.$/ }
    await t.throwsAsync(dryRun(true), refused, whose)
    t.is((await dryRun(false)).impact.members, 100_001, whose)
  }
})
