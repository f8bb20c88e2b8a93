/** The schema of a file is what the migrations make, and every table of it is explained. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { migrations } from '../../packages/sidecar/src/storage/sqlite/migrations/all.ts'
import { migrate } from '../../packages/sidecar/src/storage/sqlite/migrations/migrate.ts'
import { tableNames, tables } from '../../packages/sidecar/src/storage/sqlite/tables.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { organization, record, withCatalogue } from './things.ts'

async function storeFile(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  await record(store, (revision) => [organization('a', revision)])
  await store.close()
  return file
}

async function edit(file: string, ...statements: readonly string[]): Promise<void> {
  const connection = await Connection.open(file)
  for (const statement of statements) await connection.script(statement)
  await connection.close()
}

async function newest(t: ExecutionContext): Promise<Connection> {
  const connection = await Connection.open(':memory:')
  t.teardown(() => connection.close())
  await migrate(connection, migrations, 0)
  return connection
}

test('each table is explained, with its key, and with its revision if it is large', async (t) => {
  const connection = await newest(t)
  const found = await connection.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
  t.deepEqual(
    found.map(({ name }) => name),
    [...tableNames].sort(),
  )
  for (const [name, explanation] of Object.entries(tables)) {
    const columns = await connection.all(`SELECT name, pk FROM pragma_table_info('${name}')`)
    const named = columns.map((column) => column['name'])
    const key = columns.filter(({ pk }) => Number(pk) > 0).map((column) => column['name'])
    if (explanation.by !== 'changes') continue
    t.deepEqual(key, [...explanation.key], name)
    t.true(named.includes('revision') || !explanation.isLarge, name)
  }
})

test('rows of large tables are copied before they change, with all their columns', async (t) => {
  const connection = await newest(t)
  for (const [table, explanation] of Object.entries(tables)) {
    if (explanation.by !== 'changes' || !explanation.isLarge) continue
    const columns = await connection.all('SELECT name FROM pragma_table_info(?)', [table])
    const copy = `json_array(${columns.map(({ name }) => `OLD.${name}`).join(', ')})`
    for (const verb of ['changed', 'deleted']) {
      const sql = 'SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?'
      const [trigger] = await connection.all(sql, ['trigger', `${table}_${verb}`])
      t.true(String(trigger?.['sql']).includes(copy), `${table}_${verb}: a new column needs a new trigger`)
    }
  }
})

const intruders: Readonly<Record<string, readonly [string, RegExp]>> = {
  'a trigger': [
    `CREATE TRIGGER spy AFTER INSERT ON memberships BEGIN UPDATE roles SET name = 'x'; END`,
    /trigger spy \(no migration made it\)/,
  ],
  'a view': ['CREATE VIEW everyone AS SELECT * FROM memberships', /view everyone/],
  'a table': ['CREATE TABLE notes (text TEXT)', /table notes/],
  'an index': ['CREATE UNIQUE INDEX one_member ON memberships (role_id)', /index one_member/],
  'a column': ['ALTER TABLE memberships ADD COLUMN more TEXT', /table memberships \(differs/],
  'a missing index': ['DROP INDEX memberships_by_user', /index memberships_by_user \(missing/],
  'a missing trigger': ['DROP TRIGGER change_sets_without_gap', /trigger change_sets_without_gap \(missing/],
  'another trigger of the same name': [
    `DROP TRIGGER change_sets_without_gap;
     CREATE TRIGGER change_sets_without_gap BEFORE INSERT ON change_sets BEGIN SELECT 1; END`,
    /trigger change_sets_without_gap \(differs/,
  ],
  'a table without its constraints': [
    `ALTER TABLE store RENAME TO old; CREATE TABLE store (singleton INTEGER PRIMARY KEY, epoch TEXT) STRICT;
     INSERT INTO store SELECT * FROM old; DROP TABLE old`,
    /table store \(differs/,
  ],
  'an edited text': [
    `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NEW.revision <>', 'NEW.revision =') WHERE name = 'change_sets_without_gap'; PRAGMA writable_schema = OFF`,
    /trigger change_sets_without_gap \(differs/,
  ],
}

for (const [what, [sql, named]] of Object.entries(intruders)) {
  test(`a file with ${what} that the migrations don't make is refused, and it is named`, async (t) => {
    const file = await storeFile(t)
    await edit(file, sql)
    const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' })
    t.is(error?.code, 'schema_altered')
    t.regex(error?.message ?? '', named)
    t.regex(error?.message ?? '', /Run rolesets doctor/)
  })
}

test("SQLite's own statistics are no part of the schema", async (t) => {
  const file = await storeFile(t)
  await edit(file, 'ANALYZE')
  const store = await openStore(`sqlite:${file}`)
  t.is(store.head, 2)
  await store.close()
})
