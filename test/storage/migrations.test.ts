/** A file is only migrated forward, and its earlier migrations must be those of this version. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { migrations } from '../../packages/sidecar/src/storage/sqlite/migrations/all.ts'
import type { Migration } from '../../packages/sidecar/src/storage/sqlite/migrations/migration.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { openConnections } from '../../packages/sidecar/src/storage/sqlite/connections.ts'
import { checksumOf, migrate, missingMigrations } from '../../packages/sidecar/src/storage/sqlite/migrations/migrate.ts'
import type { StoreError, StoreErrorCode } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { organization, record, withCatalogue } from './things.ts'

const last = migrations.length

const next: Migration = {
  number: last + 1,
  name: 'next',
  sql: 'CREATE TABLE next (id INTEGER PRIMARY KEY) STRICT; INSERT INTO next VALUES (7);',
}

async function storeFile(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  await record(store, (revision) => [organization('a', revision)])
  await store.close()
  return file
}

async function edit(file: string, statement: string): Promise<readonly unknown[]> {
  const connection = await Connection.open(file)
  const rows = await connection.all(statement)
  await connection.close()
  return rows
}

async function migrated(file: string, list: readonly Migration[], now = 0): Promise<void> {
  const { release } = await openConnections(file, { migrations: list, now: () => now })
  await release()
}

async function refused(t: ExecutionContext, opening: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  const error = await t.throwsAsync<StoreError>(opening, { name: 'StoreError' })
  t.is(error?.code, code)
  t.regex(error?.message ?? '', /Run (the|that) version/)
}

test('migrations are counted from one without gaps, and carry names of their own', (t) => {
  t.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, index) => index + 1),
  )
  t.is(new Set(migrations.map(({ name }) => name)).size, migrations.length)
})

// A file that was made before the edit could not be opened any more.
test('the migrations are as they were first written: a change to the schema is a new migration', (t) => {
  const written = {
    'first-schema': '49b4b835af6da8f82cdd7a453ab8e66efd4f86246d29e966a58abd368057a210',
    bookmarks: 'f22a974e053f0fdd63173a30d59b05bdd9fde58f6d5a66f5423b9f33bfdb9dd2',
    'history-base': '205ba9ee192e80f6231854f9b414329fcb61553f358aaf256ef9ce94d9ac1587',
    assignments: '9eeb5b12fa9fcfe61a5e50be417a9455a61f99bb9ea485092c61441fa925354b',
    'retired-permission-keys': '056a965552c2b6f985e91d933d1220fe301a14fcbb3c367df0751fbef9918ed6',
    domains: '1a663ca1cf3a0c96708084740b1fbb601f959a76885889f358d2a7b1fe2e0c2e',
    timelines: 'aade081eeecdbbdfa154afc3a36522ffa3b5473b730a0085ca7ac85f4f784551',
    members: '33fcb536ac3a641e3e8586482887b51fdcbb9f8b80b6207265354a681607d5ba',
    'assignment-counts': '966d149950c40fa3e7bf54ddbae32bca4cc567706829c171b034df5d141d1551',
    'holders-of-scopes': 'afd7102c152e3964305f71652fde9bc4a4847eca64cb0761cf6a352395f947c2',
    'ends-of-members': 'dc69d25c7482c15922e303d4a46110bdf2f4520d7d673831a96747150dda7926',
    'scopes-of-members': '42f828fddba63e1d46386684db415749e04a9942e553e0f69fbdce718b98c8c2',
    'deleted-organizations': 'cb7c22fc6c5400310983e7520e00f28b75e84373b06837b412b47aa4c8b75674',
    'former-roles': 'e5fcceaf2c149e6debd4316cf3b9816eea100e4849f65d619b064bfb69157cda',
    'former-roles-of-scopes': '411681cec22b0420ac43d07ea90c19be779bdf3293fbf4c2973fd85a16cd5d42',
    scopes: 'ed1866991bddc527c1e6ff6840ce0aa4ddc74fbdd235c5f70943daa5978724ef',
  }
  t.deepEqual(Object.fromEntries(migrations.map((each) => [each.name, checksumOf(each)])), written)
})

test('a fresh file has all migrations, with their checksums and the time', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await migrated(file, migrations, 42)
  const expected = migrations.map((each) => ({
    number: each.number,
    name: each.name,
    checksum: checksumOf(each),
    applied_at: 42,
  }))
  t.deepEqual(await edit(file, 'SELECT * FROM migrations'), expected)
})

test('a file of an older version is taken forward once, with all that it holds', async (t) => {
  const file = await storeFile(t)
  for (let n = 0; n < 2; n++) await migrated(file, [...migrations, next])
  t.deepEqual(await edit(file, 'SELECT id FROM next'), [{ id: 7 }])
  t.deepEqual(await edit(file, 'SELECT id FROM organizations'), [{ id: 'a' }])
})

test('a migration that fails leaves the file as it was', async (t) => {
  const file = await storeFile(t)
  const failing = { ...next, sql: `${next.sql} INSERT INTO nowhere VALUES (1);` }
  await t.throwsAsync(migrated(file, [...migrations, failing]), { name: 'StoreError' })
  t.deepEqual(await edit(file, "SELECT name FROM sqlite_schema WHERE name = 'next'"), [])
  t.is((await edit(file, 'SELECT * FROM migrations')).length, last)
  const store = await openStore(`sqlite:${file}`)
  t.is(store.head, 2)
  await store.close()
})

test('a file of a newer version is refused, and stays as it is', async (t) => {
  const file = await storeFile(t)
  await migrated(file, [...migrations, next])
  await refused(t, openStore(`sqlite:${file}`), 'too_new')
  await migrated(file, [...migrations, next])
  t.pass()
})

test('a migration that this version does not have is refused', async (t) => {
  const file = await storeFile(t)
  await edit(file, `UPDATE migrations SET name = 'of another branch' WHERE number = ${last}`)
  await refused(t, openStore(`sqlite:${file}`), 'migration_unknown')
})

test('a migration that the file skipped is refused', async (t) => {
  const file = await storeFile(t)
  await migrated(file, [...migrations, next])
  await edit(file, `DELETE FROM migrations WHERE number = ${last}`)
  await refused(t, migrated(file, [...migrations, next]), 'migration_unknown')
})

test('a migration with another content is refused', async (t) => {
  const file = await storeFile(t)
  const [first, ...rest] = migrations
  if (first === undefined) return t.fail('There are no migrations.')
  await refused(t, migrated(file, [{ ...first, sql: `${first.sql} ` }, ...rest]), 'migration_edited')
})

test('an opening that is called off ends in the middle of a migration, and leaves the file as it was', async (t) => {
  const file = await storeFile(t)
  const endless = `
    CREATE TABLE half_made (id INTEGER PRIMARY KEY) STRICT;
    INSERT INTO half_made VALUES (7);
    WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count) SELECT max(n) FROM count;`
  const called = new AbortController()
  const list = [...migrations, { ...next, sql: endless }]
  let isRunning = false
  // It is asked for the time of the migrations right before they begin.
  const now = () => ((isRunning = true), 0)
  const opening = t.throwsAsync(openConnections(file, { migrations: list, signal: called.signal, now }), {
    code: 'closed',
  })
  while (!isRunning) await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  called.abort()
  await opening
  t.deepEqual(await edit(file, "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half_made'"), [{ n: 0 }])
  const store = await openStore(`sqlite:${file}`, { signal: called.signal }).catch((error: StoreError) => error.code)
  t.is(store, 'closed', 'a signal that is aborted before calls it off, too')
  await migrated(file, migrations)
})

test('once the store is open, the signal of the opening has no effect', async (t) => {
  const called = new AbortController()
  const store = await openStore(`sqlite:${join(await temporaryFolder(t), 'r.db')}`, { signal: called.signal })
  called.abort()
  await withCatalogue(store)
  t.is(store.head, 1)
  await store.close()
})

test('the scopes of a former file that have a role set of their own are counted by its upgrade', async (t) => {
  const former = join(await temporaryFolder(t), 'former.db')
  const connection = await Connection.open(former)
  const earlier = migrations.filter(({ number }) => number < 14)
  await migrate(connection, earlier, 0)
  await connection.close()
  await edit(
    former,
    `WITH RECURSIVE row (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM row WHERE n < 9)
     INSERT INTO assignments SELECT 'a', 'team:' || n, '', CASE WHEN n < 7 THEN 'free' WHEN n < 9 THEN 'pro' END, 0, 0 FROM row`,
  )
  const again = await Connection.open(former)
  await migrate(again, await missingMigrations(again, migrations), 0)
  await again.close()
  t.deepEqual(await edit(former, 'SELECT role_set_id, assignments FROM assignment_counts ORDER BY role_set_id'), [
    { role_set_id: 'free', assignments: 7 },
    { role_set_id: 'pro', assignments: 2 },
  ])
})
