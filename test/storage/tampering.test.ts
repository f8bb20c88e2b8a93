/** Whatever is done to a file behind the sidecar's back is found, with its whole history and when a part of it is gone. */

import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { copied, examined, fillStore, tamper, variants, type Known, type Variant } from './tampered-store.ts'

const undos: (() => unknown)[] = []
const folder = await temporaryFolder({ teardown: (undo) => void undos.push(undo) })
const files = new Map<Variant, Known & { readonly file: string }>()
for (const variant of variants) files.set(variant, await fillStore(folder, variant))
test.after.always(async () => {
  for (const undo of undos) await undo()
})

const role = (key: string) => `(SELECT id FROM roles WHERE key = '${key}')`
const set = (key: string) => `(SELECT id FROM role_sets WHERE key = '${key}')`
const head = '(SELECT max(revision) FROM change_sets)'
const middle = `(SELECT max(revision) - 2 FROM change_sets)`
const memberColumns =
  'organization_id, scope, user_id, id, role_id, further_role_ids, expires_at, public_metadata, private_metadata, created_at, updated_at, revision'
/** Another member like this one, with some values changed. */
const member = (from: string, more: Readonly<Record<string, string>> = {}) => {
  const values = memberColumns.split(', ').map((column) => more[column] ?? column)
  return `INSERT INTO memberships (${memberColumns}) SELECT ${values.join(', ')} FROM memberships WHERE ${from}`
}
const isAnn = (organization: string) => `organization_id = '${organization}' AND user_id = 'ann'`
const eve = { user_id: "'zoe'", id: "'orgmem_zoe'" }
const key = (values: string) =>
  `INSERT INTO access_keys SELECT 'key_evil', 'evil', 'secret', 'x', ${values} FROM access_keys LIMIT 1`
const changed = (table: string, what: string, where = 'true') => `UPDATE ${table} SET ${what} WHERE ${where}`
const organization = (id: string, revision: string) =>
  `INSERT INTO organizations SELECT '${id}', '', NULL, role_set_id, '', 0, 1, '{}', '{}', 0, 0, ${revision}, domains FROM organizations WHERE id = 'globex';
   UPDATE organization_counts SET organizations = organizations + 1 WHERE role_set_id = ${set('role_set:pro')}`

type Tampering = string | ((known: Known) => string)

const rows: Readonly<Record<string, Tampering>> = {
  'a member with revision 0': member(isAnn('globex'), { ...eve, revision: '0' }),
  'a member with the last revision': member(isAnn('globex'), { ...eve, revision: head }),
  'a member added under a sweep': ({ sweep }) => member(isAnn('acme'), { ...eve, revision: String(sweep) }),
  'a member like the swept ones': member(isAnn('acme'), eve),
  'a member with the revision of another': member(isAnn('globex'), eve),
  'a member added under a move': ({ move }) => member(isAnn('acme'), { ...eve, revision: String(move) }),
  'a member promoted and stamped with a sweep': ({ sweep }) =>
    changed('memberships', `role_id = ${role('org:admin')}, revision = ${sweep}`, isAnn('globex')),
  'a member who takes what the sweep gave': ({ sweep }) =>
    changed(
      'memberships',
      `role_id = ${role('org:analyst')}, revision = ${sweep}`,
      "user_id = 'boss' AND organization_id = 'acme'",
    ),
  'a swept member promoted': changed('memberships', `role_id = ${role('org:admin')}`, isAnn('acme')),
  'a member promoted and stamped with 0': changed(
    'memberships',
    `role_id = ${role('org:admin')}, revision = 0`,
    isAnn('globex'),
  ),
  'a member promoted and nothing else': changed('memberships', `role_id = ${role('org:admin')}`, isAnn('globex')),
  'another role for a member': changed(
    'memberships',
    `further_role_ids = json_array(${role('org:admin')})`,
    isAnn('globex'),
  ),
  'a member in another scope': changed('memberships', "scope = 'team:x'", isAnn('globex')),
  'an end for a member': changed('memberships', 'expires_at = 9', isAnn('acme')),
  'a member by a role that the row lacks': `INSERT INTO further_member_roles SELECT ${role('org:admin')}, organization_id, scope, user_id, NULL FROM memberships WHERE ${isAnn('globex')}`,
  'another role for an invitation': changed('invitations', `further_role_ids = json_array(${role('org:admin')})`),
  'roles of a member that are no list': changed('memberships', `further_role_ids = '{"a":"b"}'`, isAnn('globex')),
  'a member removed': `DELETE FROM memberships WHERE ${isAnn('globex')}`,
  'a swept member removed': `DELETE FROM memberships WHERE ${isAnn('acme')}`,
  'a member who was removed is back': member(isAnn('globex'), { user_id: "'gone'", id: "'orgmem_gone'" }),
  'two members exchanged': `${changed('memberships', "user_id = 'x'", isAnn('globex'))}; ${changed('memberships', "user_id = 'ann'", "organization_id = 'globex' AND user_id = 'cat'")}; ${changed('memberships', "user_id = 'cat'", "user_id = 'x'")}`,
  'metadata of a member': changed('memberships', `private_metadata = '{"plan":"free"}'`, isAnn('acme')),
  'the id of a member': changed('memberships', "id = 'orgmem_other'", isAnn('globex')),
  'the time of a member': changed('memberships', 'created_at = created_at - 1', isAnn('acme')),
  'a member without a name': member(isAnn('globex'), { user_id: "''", id: "'orgmem_none'" }),
  'a member whose name is no text': member(isAnn('globex'), { user_id: "CAST(x'ff' AS TEXT)", id: "'orgmem_ff'" }),
  'an organization with revision 0': organization('evil', '0'),
  'an organization under the move': ({ move }) => organization('evil', String(move)),
  'an organization that was deleted is back': ({ move }) => organization('short', String(move)),
  'an organization without a name': organization('', head),
  'the name of an organization': changed('organizations', "name = 'x'", "id = 'acme'"),
  'the slug of an organization': changed('organizations', "slug = 'x'", "id = 'globex'"),
  'an organization on another set': `${changed('organizations', `role_set_id = ${set('role_set:default')}`, "id = 'late'")}; UPDATE organization_counts SET organizations = organizations - 1 WHERE role_set_id = ${set('role_set:pro')}; UPDATE organization_counts SET organizations = organizations + 1 WHERE role_set_id = ${set('role_set:default')}`,
  'an organization stamped as moved': ({ move }) => changed('organizations', `revision = ${move}`, "id = 'globex'"),
  'an organization gone with all that it has': `DELETE FROM memberships WHERE organization_id = 'acme'; DELETE FROM invitations WHERE organization_id = 'acme'; DELETE FROM organizations WHERE id = 'acme'; UPDATE organization_counts SET organizations = organizations - 1 WHERE role_set_id = ${set('role_set:pro')}`,
  'metadata too large to read': changed(
    'organizations',
    `public_metadata = '{"a":"' || hex(zeroblob(6000000)) || '"}'`,
    "id = 'acme'",
  ),
  'metadata that is no JSON': changed('organizations', "public_metadata = 'x'", "id = 'acme'"),
  'metadata of endless lists': changed(
    'organizations',
    "public_metadata = replace(hex(zeroblob(100000)), '0', '[')",
    "id = 'acme'",
  ),
  'a secret key with revision 0': key('NULL, 0, 0, 0'),
  'a secret key with the last revision': key(`NULL, 0, 0, ${head}`),
  'a secret key with the revision of another': key('NULL, created_at, updated_at, revision'),
  'a revoked key that opens again': changed('access_keys', 'revoked_at = NULL', "name = 'former'"),
  'a key that may write': changed('access_keys', "access = 'secret'", "name = 'billing'"),
  'the digest of a key': changed('access_keys', "digest = 'x'", "name = 'billing'"),
  'a key removed': "DELETE FROM access_keys WHERE name = 'billing'",
  'a permission more in a role': `INSERT INTO role_permissions SELECT ${role('org:member')}, id, 9 FROM permissions WHERE key = 'org:reports:read'`,
  'a permission less in a role': `DELETE FROM role_permissions WHERE role_id = ${role('org:analyst')}`,
  'the order of permissions': `UPDATE role_permissions SET position = 1 - position WHERE role_id = ${role('org:member')}`,
  'a role with revision 0': "INSERT INTO roles VALUES ('role_evil', 'org:evil', '', '', 0, 0, 0)",
  'the name of a role': changed('roles', "name = 'x'", "key = 'org:analyst'"),
  'the key of a role': changed('roles', "key = 'org:x'", "key = 'org:member'"),
  'a role more in a set': `INSERT INTO role_set_roles VALUES (${set('role_set:default')}, ${role('org:analyst')}, 9)`,
  'a role less in a set': `DELETE FROM role_set_roles WHERE role_id = ${role('org:auditor')}`,
  'the default role of a set': changed('role_sets', `default_role_id = ${role('org:admin')}`, "key = 'role_set:pro'"),
  'a permission of the system': changed('permissions', "type = 'custom'", "key = 'org:sys_profile:delete'"),
  'a retired key that is known again': 'DELETE FROM retired_permission_keys',
  'a key that was never retired': "INSERT INTO retired_permission_keys (key) VALUES ('org:a:b')",
  'a setting': changed('settings', 'admin_delete_enabled = 1'),
  'no settings': 'DELETE FROM settings',
  'the role of an invitation': changed('invitations', `role_id = ${role('org:admin')}`, "organization_id = 'globex'"),
  'the role of a swept invitation': changed(
    'invitations',
    `role_id = ${role('org:admin')}`,
    "organization_id = 'acme'",
  ),
  'an invitation that lasts longer': changed(
    'invitations',
    'expires_at = expires_at + 1',
    "organization_id = 'globex'",
  ),
  'an invitation accepted': changed(
    'invitations',
    "status = 'accepted', accepted_by_user_id = 'eve'",
    "organization_id = 'globex'",
  ),
  'an invitation removed': "DELETE FROM invitations WHERE organization_id = 'globex'",
  'a place on another set': changed('assignments', `role_set_id = ${set('role_set:default')}`),
  'a place more': `INSERT INTO assignments VALUES ('acme', 'team:z', '', ${set('role_set:pro')}, 0, 0)`,
  'a kind of scopes more': `INSERT INTO scope_kinds VALUES ('evil', 'none', NULL, 0, 0)`,
  'a default of scopes more': `INSERT INTO scope_defaults VALUES ('team:z', ${set('role_set:pro')}, 0, 0)`,
  'a name of a scope': changed('assignments', `name = 'evil'`),
  'a place less': 'DELETE FROM assignments',
  'a domain of an organization': changed('organizations', `domains = '[]'`, "id = 'globex'"),
  'a count of scopes': 'UPDATE assignment_counts SET assignments = assignments + 1',
  'a count': changed(
    'organization_counts',
    'organizations = organizations + 1',
    `role_set_id = ${set('role_set:pro')}`,
  ),
}

const history: Readonly<Record<string, Tampering>> = {
  'the history moved': `DELETE FROM change_subjects WHERE revision <= ${middle}; INSERT OR REPLACE INTO history_anchor SELECT 1, revision, seal FROM change_sets WHERE revision = ${middle}; DELETE FROM change_sets WHERE revision <= ${middle}`,
  'the history moved to its end': `INSERT OR REPLACE INTO history_anchor SELECT 1, revision, seal FROM change_sets WHERE revision = ${head}; DELETE FROM change_sets; DELETE FROM change_subjects`,
  'the anchor moved': `INSERT OR REPLACE INTO history_anchor SELECT 1, revision, seal FROM change_sets WHERE revision = ${middle}`,
  'the anchor moved back': 'UPDATE history_anchor SET revision = revision - 1',
  'the seal of the anchor': `UPDATE history_anchor SET seal = '${'0'.repeat(64)}'`,
  'no anchor': 'DELETE FROM history_anchor',
  'another epoch': "UPDATE store SET epoch = 'another'",
  'no epoch': 'DELETE FROM store',
  'the last change set removed': `DELETE FROM change_subjects WHERE revision = ${head}; DELETE FROM change_sets WHERE revision = ${head}`,
  'an actor': `UPDATE change_sets SET actor = 'mallory' WHERE revision = ${middle}`,
  'an operation': `UPDATE change_sets SET operation = 'Other' WHERE revision = ${head}`,
  'a change that is no JSON': `UPDATE change_sets SET changes = 'x' WHERE revision = ${head}`,
  'a change of endless lists': `UPDATE change_sets SET changes = replace(hex(zeroblob(2000000)), '0', '[') WHERE revision = ${head}`,
  'a change that is null': `UPDATE change_sets SET changes = '[null, 1, {"kind": 7}]' WHERE revision = ${head}`,
  'a subject removed': `DELETE FROM change_subjects WHERE revision = ${head}`,
  'a subject of the past': `INSERT INTO change_subjects VALUES ('x', 0)`,
  'no base': 'DELETE FROM history_base',
  'a later base': `UPDATE history_base SET revision = ${head}`,
  'a base from the beginning, later': `UPDATE history_base SET origin = 'beginning', revision = ${head}`,
  'a base from the beginning': `UPDATE history_base SET origin = 'beginning', revision = 0; INSERT INTO base_rows VALUES ('memberships', 'x', '', 'y', 9, 1, '[]')`,
  'a base from a compaction': `UPDATE history_base SET origin = 'compaction', revision = revision + 1`,
  'a bookmark of the future': "INSERT INTO bookmarks SELECT 'evil', epoch, 1000000 FROM store",
  'a trigger': `CREATE TRIGGER spy AFTER INSERT ON memberships BEGIN DELETE FROM invitations; END`,
  'a view': 'CREATE VIEW spy AS SELECT * FROM memberships',
  'an index': 'CREATE INDEX spy ON memberships (id)',
  'a table': 'CREATE TABLE spy (x)',
  'a column': 'ALTER TABLE memberships ADD COLUMN spy TEXT',
  'a trigger less': 'DROP TRIGGER memberships_changed',
  'a table less': 'DROP TABLE memberships',
  'no history': 'DROP TABLE change_sets',
  'no migrations': 'DROP TABLE migrations',
}

/** Only where there is a base. */
const bases: Readonly<Record<string, string>> = {
  'a copy of a row removed': "DELETE FROM base_rows WHERE name = 'roles'",
  'a copy of a row altered': `UPDATE base_rows SET content = replace(content, 'org:', 'orG:') WHERE name = 'roles'`,
  'a copy of a row added': `INSERT INTO base_rows SELECT name, 'role_evil', '', '', generation, 0, content FROM base_rows WHERE name = 'roles' LIMIT 1`,
  'the compaction removed': `DELETE FROM change_sets WHERE operation = 'CompactHistory'`,
  'the compaction altered': `UPDATE change_sets SET changes = replace(changes, '"upTo":', '"upTo":9') WHERE operation = 'CompactHistory'`,
}

test('the files that nothing was done to are sound, and all of their rows are verified', async (t) => {
  for (const { file } of files.values()) {
    const { findings, unverified } = await examined(file)
    t.deepEqual({ findings, unverified }, { findings: [], unverified: [] }, file)
  }
})

const titles: Readonly<Record<Variant, string>> = {
  whole: 'whatever was done to a file that is not compacted, it is found',
  'compacted in the middle': 'whatever was done to a file that is compacted in the middle, it is found',
  'compacted at the end': 'whatever was done to a file that is compacted at the end, it is found',
}

for (const [variant, title] of Object.entries(titles) as [Variant, string][]) {
  const table = { ...rows, ...history, ...(variant === 'whole' ? {} : bases) }
  test(title, async (t) => {
    const known = files.get(variant)
    if (known === undefined) return t.fail()
    t.true(Object.keys(table).length > 80)
    const to = join(await temporaryFolder(t), 'copy.db')
    for (const [what, sql] of Object.entries(table)) {
      await copied(known.file, to)
      await tamper(to, typeof sql === 'string' ? sql : sql(known))
      t.true((await examined(to)).findings.length > 0, `${what} isn't found`)
    }
  })
}

test("a base that an upgrade or another store is said to have made doesn't pass as verified", async (t) => {
  for (const { file } of files.values())
    for (const origin of ['upgrade', 'adoption']) {
      const copy = await copied(file, join(await temporaryFolder(t), 'copy.db'))
      await tamper(copy, `UPDATE history_base SET origin = '${origin}', revision = ${head}; DELETE FROM base_rows`)
      const { findings, unverified } = await examined(copy)
      t.true(findings.length > 0 || unverified.some((each) => each.rows > 0), origin)
    }
})
