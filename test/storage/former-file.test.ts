/**
 * A file of the first version: only its first migration, and history rows that name each thing by the kind of the change.
 * It is taken forward with all that it has, and its history stays readable and sealed as it is.
 */

import { adoptable } from './adoptable.ts'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openInspection, openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { migrations } from '../../packages/sidecar/src/storage/sqlite/migrations/all.ts'
import { migrate } from '../../packages/sidecar/src/storage/sqlite/migrations/migrate.ts'
import { firstSealOf, sealOf } from '../../packages/sidecar/src/storage/transactions/seal.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { at, organization, record } from './things.ts'

const epoch = 'formerepoch00001'
const stamp = { createdAt: at, updatedAt: at }
const role = (id: string) => ({
  ...{ id, key: `org:${id}`, name: id, description: '', permissionIds: [] },
  ...{ ...stamp, revision: 1 },
})
const permission = (id: string, key: string) => ({
  ...{ id, key, name: id, description: '', type: 'custom' },
  ...{ ...stamp, revision: 1 },
})
const roleSet = (id: string, type: string) => ({
  ...{ id, key: `role_set:${id}`, name: id, description: '', roleIds: ['admin'], type },
  ...{ defaultRoleId: 'admin', creatorRoleId: 'admin', ...stamp, revision: 1 },
})
const acme = {
  ...{ id: 'acme', name: 'Acme', slug: null, roleSetId: 'free', createdBy: '', maxAllowedMemberships: 0 },
  ...{ adminDeleteEnabled: true, publicMetadata: {}, privateMetadata: {}, ...stamp, revision: 2 },
}
const ann = {
  ...{ id: 'orgmem_1', organizationId: 'acme', userId: 'ann', roleId: 'admin' },
  ...{ publicMetadata: {}, privateMetadata: {}, ...stamp, revision: 2 },
}

/** One of each form that the first version wrote. */
const history: readonly (readonly object[])[] = [
  [
    { kind: 'permission_put', permission: permission('perm_1', 'org:reports:view'), before: null },
    { kind: 'permission_put', permission: permission('perm_2', 'org:reports:send'), before: null },
    { kind: 'role_put', role: role('admin'), before: null },
    { kind: 'role_put', role: role('gone'), before: null },
    { kind: 'role_set_put', roleSet: roleSet('free', 'initial'), before: null },
    { kind: 'role_set_put', roleSet: roleSet('pro', 'custom'), before: null },
  ],
  [
    { kind: 'organization_put', organization: acme, before: null },
    { kind: 'organization_put', organization: { ...acme, id: 'short' }, before: null },
    { kind: 'membership_put', membership: ann, before: null },
  ],
  [
    {
      kind: 'permission_put',
      permission: { ...permission('perm_1', 'org:reports:read'), revision: 3 },
      before: permission('perm_1', 'org:reports:view'),
    },
    { kind: 'permission_deleted', before: permission('perm_2', 'org:reports:send') },
    { kind: 'role_deleted', before: role('gone') },
    { kind: 'organization_deleted', before: { ...acme, id: 'short' }, members: 0, invitations: 0 },
    {
      kind: 'members_reassigned',
      scope: { roleSetId: 'free' },
      mappings: [{ fromRoleId: 'gone', toRoleId: 'admin', members: 0, invitations: 0 }],
    },
    { kind: 'organizations_moved', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: 1 },
  ],
]

const subjects = [
  ...[1, 3].flatMap((revision) => ['gone', 'perm_1', 'perm_2'].map((each) => [each, revision])),
  ...[1, 3].flatMap((revision) => ['org:reports:view', 'org:reports:send'].map((each) => [each, revision])),
  ['org:reports:read', 3],
  ...['admin', 'org:admin', 'org:gone', 'free', 'role_set:free', 'pro', 'role_set:pro'].map((each) => [each, 1]),
  ...['acme', 'short', 'orgmem_1', 'ann'].map((each) => [each, 2]),
  ...['org:gone', 'short', 'free', 'admin', 'pro'].map((each) => [each, 3]),
]

/** The rows as the first version left them. */
const rows = `
INSERT INTO permissions VALUES ('perm_1', 'org:reports:read', 'perm_1', '', 'custom', ${at}, ${at}, 3);
INSERT INTO roles VALUES ('admin', 'org:admin', 'admin', '', ${at}, ${at}, 1);
INSERT INTO role_sets VALUES ('free', 'role_set:free', 'free', '', 'initial', 'admin', 'admin', ${at}, ${at}, 1),
  ('pro', 'role_set:pro', 'pro', '', 'custom', 'admin', 'admin', ${at}, ${at}, 1);
INSERT INTO role_set_roles VALUES ('free', 'admin', 0), ('pro', 'admin', 0);
INSERT INTO organizations VALUES ('acme', 'Acme', NULL, 'pro', '', 0, 1, '{}', '{}', ${at}, ${at}, 3);
INSERT INTO organization_counts VALUES ('free', 0), ('pro', 1);
INSERT INTO memberships VALUES ('acme', 'ann', 'orgmem_1', 'admin', '{}', '{}', ${at}, ${at}, 2);`

async function formerFile(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const connection = await Connection.open(file)
  await migrate(connection, migrations.slice(0, 1), at)
  let seal = firstSealOf(epoch)
  const head = `INSERT INTO store VALUES (1, '${epoch}'); INSERT INTO history_anchor VALUES (1, 0, '${seal}');`
  await connection.script(`BEGIN; ${head} ${rows} COMMIT;`)
  for (const [index, changes] of history.entries()) {
    const values = { revision: index + 1, committedAt: at, actor: 'ann', operation: 'DeleteOrganization' }
    const text = JSON.stringify(changes)
    seal = sealOf(seal, { ...values, record: text })
    const { revision, committedAt, actor, operation } = values
    const insert = 'INSERT INTO change_sets VALUES (?, ?, ?, ?, ?, ?)'
    await connection.run(insert, [revision, committedAt, actor, operation, text, seal])
  }
  for (const subject of subjects) await connection.run('INSERT INTO change_subjects VALUES (?, ?)', subject)
  await connection.close()
  return file
}

test('a file of the first version is taken forward with all that it has, and stays sound', async (t) => {
  const file = await formerFile(t)
  const store = await openStore(`sqlite:${file}`)
  const { value } = await store.read(async (reader) => [
    await reader.organization('acme'),
    await reader.assignment({ organizationId: 'acme', scope: '' }),
    await reader.membership('acme', 'ann'),
  ])
  const moved = { roleSetId: 'pro', updatedAt: at, revision: 3 }
  const { roleId, ...rest } = ann
  const membership = { ...rest, scope: '', roleIds: [roleId], expiresAt: null }
  t.deepEqual(value, [{ ...acme, ...moved }, { organizationId: 'acme', scope: '', name: '', ...moved }, membership])
  t.is(await record(store, (revision) => [organization('new', revision)]), 4)
  await store.close()
  const inspection = await openInspection(`sqlite:${file}`)
  t.teardown(() => inspection[Symbol.asyncDispose]())
  for (const findings of [inspection.integrity(), inspection.history(), inspection.things()])
    for await (const finding of findings) t.fail(`${finding.what}: ${finding.problem}`)
  t.is(inspection.head, 4)
})

test('the organizations, and the keys of permissions, that its history ended are remembered', async (t) => {
  const store = await openStore(`sqlite:${await formerFile(t)}`)
  t.teardown(() => store.close())
  const { value: deleted } = await store.read((reader) => reader.deletedOrganizations(['acme', 'short', 'other']))
  t.deepEqual([...deleted], ['short'])
  const { value } = await store.read(async (reader) => (await reader.catalogue()).retiredPermissions)
  t.deepEqual([...value.keys].sort(), ['org:reports:send', 'org:reports:view'])
  t.true(value.isComplete)
})

test('rows of a file whose history a former version forgot are counted until a compaction seals them', async (t) => {
  const file = await formerFile(t)
  const connection = await Connection.open(file)
  await connection.script(`
    UPDATE history_anchor SET revision = 2, seal = (SELECT seal FROM change_sets WHERE revision = 2);
    DELETE FROM change_sets WHERE revision <= 2; DELETE FROM change_subjects WHERE revision <= 2`)
  await connection.close()
  const store = await openStore(`sqlite:${file}`)
  await record(store, (revision) => [organization('new', revision)])
  const examined = async () => {
    const { signal } = new AbortController()
    const options = { now: at, report: () => undefined, signal, findingsMax: 9 }
    return examine(`sqlite:${file}`, options)
  }
  const before = await examined()
  // Its catalogue breaks rules of today; that is another matter.
  t.deepEqual(
    before.findings.filter(({ what }) => !/^I\d/.test(what)),
    [],
  )
  t.deepEqual(
    before.unverified.map(({ rows }) => rows),
    [11],
  )
  await store.compact({ newerThan: 0, count: 100, now: at })
  const after = await examined()
  t.deepEqual(after.unverified, [])
  await store.close()
})

test('the history of the first version is read in the form of today, and its bytes stay', async (t) => {
  const file = await formerFile(t)
  const store = await openStore(`sqlite:${file}`)
  const kept = await store.changesAfter(0, 10)
  await store.close()
  t.deepEqual(
    kept.map(({ record }) => record),
    history.map((changes) => JSON.stringify(changes)),
  )
  const [, second, third] = kept.map(({ changes }) => changes)
  t.like(third?.[1], { verb: 'deleted', thing: 'permission', before: { key: 'org:reports:send' } })
  t.like(second?.[0], { verb: 'put', thing: 'organization', after: acme, before: null })
  t.deepEqual(third?.slice(2) as readonly object[], [
    { verb: 'deleted', thing: 'role', before: role('gone') },
    { verb: 'deleted', thing: 'organization', before: { ...acme, id: 'short' }, members: 0, invitations: 0 },
    {
      ...{ verb: 'reassigned', thing: 'membership', among: { roleSetId: 'free' } },
      mappings: [{ fromRoleId: 'gone', toRoleId: 'admin', members: 0, invitations: 0 }],
    },
    { verb: 'moved', thing: 'assignment', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: 1 },
  ])
  const connection = await Connection.open(file)
  t.teardown(() => connection.close())
  const [row] = await connection.all('SELECT changes FROM change_sets WHERE revision = 1')
  t.is(row?.['changes'], JSON.stringify(history[0]))
})

test('a follower can append change sets of the first version', async (t) => {
  const store = await openStore(`sqlite:${await formerFile(t)}`)
  const follower = await openStore('sqlite::memory:')
  t.teardown(() => Promise.all([store.close(), follower.close()]))
  await follower.adopt(adoptable({ revision: 0, seal: firstSealOf(store.epoch) }), store.epoch)
  for (const changeSet of await store.changesAfter(0, 10)) await follower.append(changeSet)
  t.deepEqual(await follower.changesAfter(0, 10), await store.changesAfter(0, 10))
  const { value } = await follower.read((reader) => reader.organization('acme'))
  t.is(value?.roleSetId, 'pro')
})
