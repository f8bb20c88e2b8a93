/**
 * The doctor names what was done to a file behind the sidecar's back. Each case begins with a copy of one sound file, which
 * holds something of every kind.
 */

import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import test from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver, writing } from '../service/open-service.ts'
import { type } from './command-line.ts'

const now = Date.now()
const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }

interface Teardown {
  teardown(undo: () => unknown): void
}

const undos: (() => unknown)[] = []
const folder = await temporaryFolder({ teardown: (undo) => void undos.push(undo) })

const original = join(folder, 'original.db')
await fill(original)
test.after.always(async () => {
  for (const undo of undos) await undo()
})

/** Twenty and some revisions; the members of acme get their role from the move of a whole set. */
async function fill(file: string): Promise<void> {
  const store = await openStore(`sqlite:${file}`)
  const service = await openServiceOver(store, { now: () => now })
  const admin = service.administration
  const call = writing()
  for (const key of ['org:analyst', 'org:auditor', 'org:gone']) await admin.createRole({ key }, call)
  await admin.createPermission({ key: 'org:reports:read' }, call)
  const all = ['org:admin', 'org:member', 'org:analyst', 'org:auditor']
  await admin.createRoleSet({ key: 'role_set:pro', roles: all, ...special }, call)
  await admin.createRoleSet({ key: 'role_set:old', roles: all, ...special }, call)
  await admin.createOrganization({ id: 'globex', roleSet: 'role_set:pro', slug: 'globex' }, call)
  await admin.createOrganization({ id: 'acme', roleSet: 'role_set:old', createdBy: 'boss' }, call)
  await admin.createOrganization({ id: 'short', createdBy: 'boss' }, call)
  for (const userId of ['ann', 'bob']) {
    await admin.createMembership({ organizationId: 'globex', userId, role: 'org:analyst' }, call)
    await admin.createMembership({ organizationId: 'acme', userId, role: 'org:auditor' }, call)
  }
  const invitation = { organizationId: 'globex', emailAddress: 'cat@example.com', role: 'org:analyst' }
  await admin.createInvitation(invitation, call)
  await admin.updateSettings({ adminDeleteEnabled: false }, call)
  await admin.createAccessKey({ name: 'billing', access: 'read' }, call)
  await admin.deleteRole({ role: 'org:gone' }, call)
  const mappings = { 'org:auditor': 'org:analyst' }
  await admin.replaceRole({ roleSet: 'role_set:old', role: 'org:auditor', toRole: 'org:analyst' }, call)
  await admin.replaceRoleSet({ roleSet: 'role_set:old', toRoleSet: 'role_set:pro', mappings }, call)
  await admin.deleteMembership({ organizationId: 'globex', userId: 'bob' }, call)
  await admin.deleteOrganization({ organizationId: 'short' }, call)
  await admin.updateRole({ role: 'org:analyst', name: 'The analyst' }, call)
  service.close()
  await store.close()
}

async function copyOf(t: Teardown): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await copyFile(original, file)
  return file
}

/** Without the checks that SQLite makes of what it is given. */
async function tamper(file: string, ...statements: readonly string[]): Promise<void> {
  const connection = await Connection.open(file)
  await connection.run('PRAGMA foreign_keys = OFF')
  await connection.run('PRAGMA ignore_check_constraints = ON')
  for (const statement of statements) await connection.run(statement)
  await connection.close()
}

const doctor = (file: string, ...more: readonly string[]) => type(['doctor', '--database', `sqlite:${file}`, ...more])

async function findingsIn(file: string): Promise<readonly string[]> {
  const { stdout } = await doctor(file)
  return stdout.trimEnd().split('\n').slice(0, -1)
}

test('a sound file is said to be sound, with its last revision and its seal', async (t) => {
  const file = await copyOf(t)
  const { exitCode, stdout, stderr } = await doctor(file)
  t.is(stderr, '')
  t.regex(stdout, /^\S+rolesets\.db: sound \(revision \d+, seal [0-9a-f]{64}\)\n$/)
  t.is(exitCode, 0)
  const told = JSON.parse((await doctor(file, '--json')).stdout) as object
  t.like(told, { sound: true, file, findings: 0 })
  t.deepEqual(await readdir(dirname(file)), [basename(file)], 'nothing is left beside it')
})

/** The number of the one revision of an operation. */
const revisionOf = (operation: string) => `(SELECT max(revision) FROM change_sets WHERE operation = '${operation}')`
const at = (operation: string) => `revision = ${revisionOf(operation)}`
const ann = `organization_id = 'globex' AND user_id = 'ann'`
const roleId = (key: string) => `(SELECT id FROM roles WHERE key = '${key}')`
/** What each case does to the file, and what is found, all of it. */
const cases: Readonly<Record<string, { readonly sql: readonly string[]; readonly found: readonly RegExp[] }>> = {
  'an actor is altered': {
    sql: [`UPDATE change_sets SET actor = 'mallory' WHERE revision = 7`],
    found: [/^revision 7: altered/],
  },
  'a time is altered': {
    sql: ['UPDATE change_sets SET committed_at = committed_at - 1 WHERE revision = 7'],
    found: [/^revision 7: altered/],
  },
  'what changed is altered': {
    sql: [`UPDATE change_sets SET changes = replace(changes, 'globex', 'hooli') WHERE ${at('CreateInvitation')}`],
    found: [/^revision 15: altered/],
  },
  'a seal is altered': {
    sql: [`UPDATE change_sets SET seal = '${'0'.repeat(64)}' WHERE revision = 7`],
    found: [/^revision 7: altered/],
  },
  'what changed is no JSON any more': {
    sql: [`UPDATE change_sets SET changes = 'nothing' WHERE revision = 7`],
    found: [/^revision 7: altered/],
  },
  'a change set in the middle is deleted': {
    sql: ['DELETE FROM change_sets WHERE revision = 7'],
    found: [/^revision 7: missing/],
  },
  'two change sets in the middle are deleted, with all that tells of them': {
    sql: [7, 8].flatMap((n) =>
      ['change_sets', 'change_subjects'].map((it) => `DELETE FROM ${it} WHERE revision = ${n}`),
    ),
    found: [/^revisions 7 to 8: missing/],
  },
  'the oldest change set is deleted': {
    sql: ['DELETE FROM change_sets WHERE revision = 1'],
    found: [/^revision 1: missing/, /^role_set_roles: 2 differ .* can't be told/, /^role_permissions: 11 differ/],
  },
  'the newest change set is deleted': {
    sql: [`DELETE FROM change_sets WHERE revision = (SELECT max(revision) FROM change_sets)`],
    found: [/^revision 23: missing; things are stamped with revision 23$/],
  },
  'two change sets have changed places': {
    sql: [
      'UPDATE change_sets SET revision = 1000 WHERE revision = 7',
      'UPDATE change_sets SET revision = 7 WHERE revision = 8',
      'UPDATE change_sets SET revision = 8 WHERE revision = 1000',
    ],
    found: [/^revision 7: altered/, /^revision 8: altered/],
  },
  'a change set is put behind the last one': {
    sql: [
      `INSERT INTO change_sets SELECT max(revision) + 1, committed_at, actor, operation, '[]', seal FROM change_sets`,
    ],
    found: [/^revision 24: altered/],
  },
  "a member's role is changed to another one of the set": {
    sql: [`UPDATE memberships SET role_id = ${roleId('org:admin')} WHERE ${ann}`],
    found: [/^membership orgmem_\w+: altered since revision \d+: roleId is "role_\d+" and was "role_\d+"$/],
  },
  "a member's role is changed to one outside of the set": {
    sql: [`UPDATE memberships SET role_id = 'role_none' WHERE ${ann}`],
    found: [
      /^membership \S+: altered/,
      /^memberships: 1 refer to roles that are not there$/,
      /^I1: \S+ has the role role_none in globex/,
    ],
  },
  'the role of a member whom a whole set was given is changed': {
    sql: [`UPDATE memberships SET role_id = ${roleId('org:admin')} WHERE organization_id = 'acme' AND user_id = 'ann'`],
    found: [/^membership \S+: altered since revision \d+: roleId is "role_\d+" and was "role_\d+"$/],
  },
  'a member is added': {
    sql: [
      `INSERT INTO memberships SELECT organization_id, '', 'eve', 'orgmem_eve', role_id, '[]', NULL, '{}', '{}', 0, 0, 12 FROM memberships WHERE ${ann}`,
    ],
    found: [/^membership orgmem_eve: there, and no change made it: it is stamped with revision 12$/],
  },
  'a member is removed': {
    sql: [`DELETE FROM memberships WHERE ${ann}`],
    found: [/^membership \S+: gone, and no change set says so/],
  },
  'a member is as before': {
    sql: [`UPDATE memberships SET revision = 3 WHERE ${ann}`],
    found: [/^membership \S+: as it was at revision 3, and revision 11 changed it$/],
  },
  "an invitation's role is changed": {
    sql: [`UPDATE invitations SET role_id = ${roleId('org:admin')}`],
    found: [/^invitation orginv_\w+: altered since revision \d+: roleId is/],
  },
  "a pending invitation's role is changed to one outside of the set": {
    sql: [`UPDATE invitations SET role_id = 'role_none'`],
    found: [/^invitation \S+: altered/, /^I2: \S+ has the role role_none in globex/],
  },
  'an organization is on another set': {
    sql: [
      `UPDATE organizations SET role_set_id = (SELECT id FROM role_sets WHERE type = 'initial') WHERE id = 'globex'`,
    ],
    found: [
      /^organization globex: altered since revision \d+: roleSetId is/,
      /^count of role set \S+: has 1 organizations, and 0 are noted$/,
      /^count of role set \S+: has 1 organizations, and 2 are noted$/,
      /^I1: \S+ has the role \S+ in globex/,
      /^I2: \S+ has the role \S+ in globex/,
    ],
  },
  'an organization that was moved with its set is on another one': {
    sql: [`UPDATE organizations SET role_set_id = 'roleset_none' WHERE id = 'acme'`],
    found: [
      /^organization acme: altered since revision \d+: roleSetId is "roleset_none" and was/,
      /^count of role set/,
      /^count of role set/,
      /^organizations: 1 refer to role_sets that are not there/,
      /^I5: the organization acme has the role set roleset_none/,
      /^I1: /,
      /^I1: /,
      /^I1: /,
    ],
  },
  'a deleted organization is back': {
    sql: [
      `INSERT INTO organizations SELECT 'short', '', NULL, role_set_id, '', 0, 1, '{}', '{}', 0, 0, 10, NULL FROM organizations WHERE id = 'globex'`,
      `UPDATE organization_counts SET organizations = organizations + 1 WHERE organizations = 2`,
    ],
    found: [/^organization short: there, and no change made it/],
  },
  'a count is wrong': {
    sql: ['UPDATE organization_counts SET organizations = organizations + 1 WHERE organizations = 2'],
    found: [/^count of role set roleset_\w+: has 2 organizations, and 3 are noted$/],
  },
  'a role holds another permission': {
    sql: [`DELETE FROM role_permissions WHERE role_id = ${roleId('org:member')} AND position = 0`],
    found: [/^role permission role_\w+ perm_\w+: gone, and no change set says so$/],
  },
  "a set's creator role isn't eligible": {
    sql: [`UPDATE role_sets SET creator_role_id = ${roleId('org:member')} WHERE key = 'role_set:pro'`],
    found: [
      /^role set \S+: altered since revision \d+: creatorRoleId is/,
      /^I3: the creator role \S+ of \S+ isn't eligible$/,
    ],
  },
  'no set is initial': {
    sql: [`UPDATE role_sets SET type = 'custom'`],
    found: [
      /^role set \S+: altered since revision 1: type is "custom" and was "initial"/,
      /^I4: 0 role sets are initial$/,
    ],
  },
  'a setting is changed': {
    sql: ['UPDATE settings SET admin_delete_enabled = 1'],
    found: [/^settings: altered since revision \d+: adminDeleteEnabled is 1 and was 0$/],
  },
  'the digest of a key is another': {
    sql: [`UPDATE access_keys SET digest = 'x', access = 'secret'`],
    found: [/^access key key_\w+: altered since revision \d+: access is "secret" and was "read", digest differs$/],
  },
  'a change set is not found by one of its things': {
    sql: [`DELETE FROM change_subjects WHERE subject = 'ann' AND revision = 11`],
    found: [/^revision 11: not found by ann$/],
  },
  'a change set is found by what it is not about': {
    sql: [`INSERT INTO change_subjects VALUES ('eve', 10)`],
    found: [/^revision 10: found by eve in error$/],
  },
  'an actor is missing': {
    sql: [`UPDATE change_sets SET actor = '' WHERE revision = 7`],
    found: [/^revision 7: altered/, /^I8: revision 7 names no actor$/],
  },
}

for (const [what, { sql, found }] of Object.entries(cases)) {
  test(`when ${what}, it is named`, async (t) => {
    const file = await copyOf(t)
    await tamper(file, ...sql)
    const findings = await findingsIn(file)
    t.is(findings.length, found.length, findings.join('\n'))
    found.forEach((pattern, place) => t.regex(findings[place] ?? '', pattern))
    t.is((await doctor(file)).exitCode, 1)
  })
}

test('a file that was compacted is sound, and what was done to the rest of it is found', async (t) => {
  const file = await copyOf(t)
  const store = await openStore(`sqlite:${file}`)
  await store.compact({ newerThan: 0, count: 5 })
  await store.close()
  t.deepEqual(await findingsIn(file), [])
  await tamper(file, 'DELETE FROM change_sets WHERE revision = (SELECT min(revision) FROM change_sets)')
  t.deepEqual(await findingsIn(file), ['revision 19: missing'])
})

test('findings are JSON for programs, one on each line', async (t) => {
  const file = await copyOf(t)
  await tamper(file, 'DELETE FROM change_sets WHERE revision = 7')
  const { stdout, exitCode } = await doctor(file, '--json')
  const lines = stdout.trimEnd().split('\n')
  t.deepEqual(lines.length, 2)
  t.deepEqual(JSON.parse(lines[0] ?? ''), { finding: { what: 'revision 7', problem: 'missing' } })
  t.like(JSON.parse(lines[1] ?? '') as object, { sound: false, findings: 1 })
  t.is(exitCode, 1)
})

test('it works beside a store that is written to, sees one state, and disturbs nobody', async (t) => {
  const file = await copyOf(t)
  const store = await openStore(`sqlite:${file}`)
  t.teardown(() => store.close())
  const service = await openServiceOver(store, { now: () => now })
  t.teardown(() => service.close())
  let isDone = false
  const examining = doctor(file).finally(() => (isDone = true))
  let writes = 0
  while (!isDone) await service.administration.createOrganization({ id: `new_${writes++}` }, writing())
  const { exitCode, stdout } = await examining
  t.is(exitCode, 0, stdout)
  t.true(writes > 1)
})

test('a file that was left by a process that was killed is examined with its log', async (t) => {
  const file = await copyOf(t)
  const connection = await Connection.open(file)
  t.teardown(() => connection.close())
  await connection.all('PRAGMA journal_mode = WAL')
  await connection.run("UPDATE change_sets SET actor = 'mallory' WHERE revision = 7")
  const copy = join(await temporaryFolder(t), 'copy.db')
  for (const suffix of ['', '-wal']) await copyFile(`${file}${suffix}`, `${copy}${suffix}`)
  t.deepEqual(await findingsIn(copy), [
    'revision 7: altered: its seal does not fit what it says and the revision before it',
  ])
})

test('what is no file of a store is said so, with exit code 3, and nothing is made', async (t) => {
  const empty = await temporaryFolder(t)
  const text = join(empty, 'text.db')
  await writeFile(text, 'This is no database, though it is long enough for one to be looked at.'.repeat(50))
  for (const [path, why] of [
    [join(empty, 'none.db'), /There is no file/],
    [empty, /There is no file/],
    [text, /is not a Rolesets database/],
  ] as const) {
    const { exitCode, stderr, stdout } = await doctor(path)
    t.is(exitCode, 3)
    t.regex(stderr, why)
    t.is(stdout, '')
  }
  t.deepEqual(await readdir(empty), ['text.db'])
  const { stderr } = await doctor(join(empty, 'none.db'), '--json')
  t.like(JSON.parse(stderr) as object, { error: { code: 'not_a_database' } })
})

test('a damaged page is a finding', async (t) => {
  const file = await copyOf(t)
  const { readFile } = await import('node:fs/promises')
  const bytes = await readFile(file)
  const page = 4_096
  for (let place = 5 * page; place < bytes.length - page; place += 7 * page) bytes.fill(0xff, place, place + 64)
  await writeFile(file, bytes)
  const { exitCode, stdout, stderr } = await doctor(file)
  t.true(exitCode === 1 || exitCode === 3, stderr)
  t.regex(`${stdout}${stderr}`, /^file: |damaged/m)
})

test('without a file to examine, that is said, with exit code 2', async (t) => {
  for (const database of ['sqlite::memory:', 'postgres://db/rolesets', 'rolesets']) {
    const { exitCode, stderr } = await type(['doctor', '--database', database])
    t.is(exitCode, 2)
    t.regex(stderr, /sqlite:<path>/)
  }
  const fromEnvironment = await type(['doctor'], { env: { ROLESETS_DATABASE: `sqlite:${await copyOf(t)}` } })
  t.is(fromEnvironment.exitCode, 0)
  t.is((await type(['doctor', '--database', await copyOf(t)])).exitCode, 0, 'a path as a shell completes it')
})
