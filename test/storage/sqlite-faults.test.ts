/** Faults of the place or the content of a file: each has its code, names its thing and says what to do. */

import { chmod, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { open as openFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { StoreEvent } from '../../packages/sidecar/src/storage/options.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { openSqliteStore } from '../../packages/sidecar/src/storage/sqlite/engine.ts'
import {
  isFileSystemInUserSpace,
  networkFileSystemOf,
} from '../../packages/sidecar/src/storage/sqlite/file/file-systems.ts'
import type { StoreError, StoreErrorCode } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { run, whyNoMounts } from './programs.ts'
import { membership, organization, record, withCatalogue } from './things.ts'

const noMounts = whyNoMounts()
const isRoot = userInfo().uid === 0

interface Expected {
  readonly code: StoreErrorCode
  readonly names: string
}

async function refused(t: ExecutionContext, url: string, { code, names }: Expected): Promise<void> {
  const error = await t.throwsAsync<StoreError>(openStore(url), { name: 'StoreError' })
  t.is(error?.code, code)
  t.true(error?.message.includes(names), error?.message)
  t.notRegex(error?.message ?? '', /SQL(?!ite)|PRAGMA|ENOENT|EACCES/)
}

/** A store with a few hundred organizations, closed. */
async function storeWithRows(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  const ids = Array.from({ length: 300 }, (_, n) => `org_${n}`)
  await record(store, (next) => ids.flatMap((id) => [organization(id, next), membership(id, 'u', next)]))
  await store.close()
  return file
}

/** Works on a closed store's file as another program would. */
async function edit(file: string, ...statements: readonly string[]): Promise<readonly unknown[]> {
  const connection = await Connection.open(file)
  let rows: readonly unknown[] = []
  for (const statement of statements) rows = await connection.all(statement)
  await connection.close()
  return rows
}

/** Overwrites the pages of a table with invalid bytes, and keeps their size. */
async function damage(file: string, table: string): Promise<void> {
  const pages = await edit(file, `SELECT pageno FROM dbstat WHERE name = '${table}' AND pagetype = 'leaf'`)
  const pageBytes = 4096
  const handle = await openFile(file, 'r+')
  for (const { pageno } of pages as { pageno: number }[]) {
    await handle.write(Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, (pageno - 1) * pageBytes)
  }
  await handle.close()
}

test('a folder that is not there is named', async (t) => {
  const folder = await temporaryFolder(t)
  const missing = join(folder, 'missing')
  await refused(t, `sqlite:${join(missing, 'rolesets.db')}`, { code: 'folder_missing', names: missing })
  await writeFile(join(folder, 'file'), '')
  await refused(t, `sqlite:${join(folder, 'file', 'x.db')}`, { code: 'folder_missing', names: join(folder, 'file') })
})

test('a folder in place of the file is refused', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'rolesets.db'))
  await refused(t, `sqlite:${join(folder, 'rolesets.db')}`, { code: 'not_a_database', names: 'is a folder' })
})

const readOnlyIn = noMounts && isRoot ? test.skip : test
const because = noMounts && isRoot ? ` (skipped: it can't be tried, because ${noMounts})` : ''

readOnlyIn(`a folder that can't be written is named${because}`, async (t) => {
  const folder = await temporaryFolder(t)
  const url = `sqlite:${join(folder, 'rolesets.db')}`
  if (isRoot) {
    // The superuser may write where the rights say no, but not on a disk that is mounted read-only.
    const said = await run('program-open', { args: [url], mounts: `mount -t tmpfs -o ro none ${folder}` })
    t.like(said, { code: 'folder_read_only' })
    t.true((said as StoreError).message.includes(folder))
    return
  }
  await chmod(folder, 0o555)
  await refused(t, url, { code: 'folder_read_only', names: folder })
  await chmod(folder, 0o755)
})

readOnlyIn(`a file that can't be written is named${because}`, async (t) => {
  const file = await storeWithRows(t)
  const url = `sqlite:${file}`
  if (isRoot) {
    const mounts = `mount --bind ${file} ${file}\nmount -o remount,bind,ro ${file}`
    const said = await run('program-open', { args: [url], mounts })
    t.like(said, { code: 'folder_read_only' })
    t.true((said as StoreError).message.includes(`The file ${file}`))
    return
  }
  await chmod(file, 0o444)
  await refused(t, url, { code: 'folder_read_only', names: `The file ${file}` })
})

for (const [what, content] of Object.entries({ text: 'name,role\n'.repeat(100), 'a few bytes': 'SQLite format 3\0' })) {
  test(`a file of ${what} is refused, and stays as it is`, async (t) => {
    const file = join(await temporaryFolder(t), 'rolesets.db')
    await writeFile(file, content)
    await refused(t, `sqlite:${file}`, { code: 'not_a_database', names: file })
    t.is((await stat(file)).size, content.length)
  })
}

test('a database of another program is not taken for ours, and stays as it is', async (t) => {
  const file = join(await temporaryFolder(t), 'other.db')
  await edit(file, 'CREATE TABLE migrations (number, name, checksum)')
  await refused(t, `sqlite:${file}`, { code: 'not_a_database', names: 'another program' })
  t.deepEqual(await edit(file, 'SELECT name FROM sqlite_schema'), [{ name: 'migrations' }])
  t.deepEqual(await edit(file, 'PRAGMA journal_mode'), [{ journal_mode: 'delete' }])
})

test('an empty file is a store that has yet to begin', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await writeFile(file, '')
  const store = await openStore(`sqlite:${file}`)
  t.is(store.head, 0)
  await store.close()
})

test('a file that was cut off is corrupt', async (t) => {
  const file = await storeWithRows(t)
  await truncate(file, (await stat(file)).size / 2)
  await refused(t, `sqlite:${file}`, { code: 'corrupt', names: file })
})

const smallTables = ['permissions', 'role_set_roles', 'store', 'organization_counts', 'settings', 'access_keys']
const largeTables = ['organizations', 'memberships', 'memberships_by_role', 'change_subjects']

for (const table of ['sqlite_schema', ...smallTables, ...largeTables]) {
  test(`damage in ${table} is found when the file is opened`, async (t) => {
    const file = await storeWithRows(t)
    if (table === 'sqlite_schema') {
      const handle = await openFile(file, 'r+')
      await handle.write(Buffer.alloc(4096 - 100, 0xa5), 0, 4096 - 100, 100)
      await handle.close()
    } else await damage(file, table)
    await refused(t, `sqlite:${file}`, { code: 'corrupt', names: 'restore a backup' })
  })
}

for (const [what, statement] of Object.entries({
  'a newest change set that is not JSON': "UPDATE change_sets SET changes = 'nonsense' WHERE revision = 2",
  'a table that is missing': 'DROP TABLE store',
})) {
  test(`${what} is found when the file is opened`, async (t) => {
    const file = await storeWithRows(t)
    await edit(file, statement)
    await refused(t, `sqlite:${file}`, { code: 'corrupt', names: file })
  })
}

/** As a large file is opened: damage in it is found when it is read. */
const unexamined = { examined: { whole: 0, rows: 0 } }

test('damage that is found while the store runs ends its writes, not its reads', async (t) => {
  const file = await storeWithRows(t)
  await damage(file, 'memberships')
  const events: StoreEvent[] = []
  const store = await openSqliteStore(file, { ...unexamined, onEvent: (event) => events.push(event) })
  t.teardown(() => store.close())
  t.is(await record(store, (next) => [organization('before', next)]), 3)
  const corrupt = async (call: Promise<unknown>) => {
    t.is((await t.throwsAsync<StoreError>(call, { name: 'StoreError' }))?.code, 'corrupt')
  }
  await corrupt(store.read((reader) => reader.membership('org_1', 'u')))
  await corrupt(record(store, (next) => [organization('after', next)]))
  t.is(events.filter(({ kind }) => kind === 'writes_stopped').length, 1)
  t.is((await store.read((reader) => reader.organizationCount('free'))).value, 301)
})

test('damage that a write meets ends it and all that wait with it', async (t) => {
  const file = await storeWithRows(t)
  await damage(file, 'memberships')
  const store = await openSqliteStore(file, unexamined)
  t.teardown(() => store.close())
  const put = (id: string) => record(store, (next) => [organization(id, next)])
  const grant = record(store, (next) => [membership('org_1', 'v', next)])
  const outcomes = await Promise.allSettled([put('a'), grant, put('b')])
  for (const outcome of outcomes) {
    t.is(outcome.status === 'rejected' && (outcome.reason as StoreError).code, 'corrupt')
  }
  t.is(store.head, 2)
})

test('a revision that another program wrote ends the writes, not the reads', async (t) => {
  const file = await storeWithRows(t)
  const events: StoreEvent[] = []
  const store = await openStore(`sqlite:${file}`, { onEvent: (event) => events.push(event) })
  t.teardown(() => store.close())
  t.is(await record(store, (next) => [organization('before', next)]), 3)
  await edit(
    file,
    "INSERT INTO change_sets SELECT 4, committed_at, actor, operation, '[]', seal FROM change_sets LIMIT 1",
  )
  for (const id of ['after', 'later']) {
    const error = await t.throwsAsync<StoreError>(record(store, (next) => [organization(id, next)]))
    t.is(error?.code, 'failed')
    t.regex(error?.message ?? '', /is at revision 4, .* left it at 3/)
  }
  t.is(events.filter(({ kind }) => kind === 'writes_stopped').length, 1)
  t.is((await store.read((reader) => reader.organizationCount('free'))).value, 301)
})

test('a program that holds the file for a moment is waited for', async (t) => {
  const file = await storeWithRows(t)
  const store = await openStore(`sqlite:${file}`)
  const other = await Connection.open(file)
  await other.run('BEGIN IMMEDIATE')
  const write = record(store, (next) => [organization('a', next)])
  await other.run('ROLLBACK')
  await other.close()
  t.is(await write, 3)
  await store.close()
})

const fullIn = noMounts ? test.skip : test

fullIn(
  `a full disk refuses writes with nothing done, and takes them again once there is room${noMounts ? ` (skipped: it can't be tried, because ${noMounts})` : ''}`,
  async (t) => {
    const folder = await temporaryFolder(t)
    const said = await run('program-fill', { args: [folder], mounts: `mount -t tmpfs -o size=6m none ${folder}` })
    const { organizations } = (said as { whenFull: { organizations: number } }).whenFull
    t.true(organizations > 10)
    t.deepEqual(said, {
      full: 'disk_full',
      together: Array(3).fill('disk_full'),
      whenFull: { isWhole: true, organizations },
      after: { isWhole: true, organizations: organizations + 1 },
      again: { isWhole: true, organizations: organizations + 1 },
    })
    t.deepEqual(await readdir(folder), [], 'the disk was not the one of this machine')
  },
)

// crowdsec-web-ui#381: a write-ahead log on a network file system damaged the file.
test('network file systems are recognized by their numbers', (t) => {
  const names = [0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x0bd00bd0]
  t.deepEqual(names.map(networkFileSystemOf), ['NFS', 'SMB', 'CIFS', 'SMB2', 'AFS', 'Ceph', '9P', 'Lustre'])
  t.is(networkFileSystemOf(0xff534d42 | 0), 'CIFS', 'also where the number comes out negative')
  const local = {
    ext4: 0xef53,
    xfs: 0x58465342,
    btrfs: 0x9123683e,
    tmpfs: 0x01021994,
    overlay: 0x794c7630,
    zfs: 0x2fc12fc1,
  }
  for (const [name, type] of Object.entries(local)) t.is(networkFileSystemOf(type), undefined, name)
  t.true(isFileSystemInUserSpace(0x65735546))
  t.false(isFileSystemInUserSpace(0xef53))
})
