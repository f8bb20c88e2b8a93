/** The contract over SQLite files, and what this engine promises besides. */

import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { openConnections } from '../../packages/sidecar/src/storage/sqlite/connections.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { contract } from './contract.ts'
import { start } from './programs.ts'
import { organization, record, withCatalogue } from './things.ts'

contract({
  test,
  name: 'SQLite',
  createPlace: async (t) => {
    const file = join(await temporaryFolder(t), 'rolesets.db')
    return { open: (options) => openStore(`sqlite:${file}`, options) }
  },
})

test('a commit of the writer waits for the disk, and references are checked', async (t) => {
  const { writer, readers, release } = await openConnections(join(await temporaryFolder(t), 'rolesets.db'))
  t.teardown(release)
  const pragma = async (name: string) => Object.values((await writer.all(`PRAGMA ${name}`))[0] ?? {})[0]
  t.is(await pragma('journal_mode'), 'wal')
  t.is(await pragma('synchronous'), 2)
  t.is(await pragma('foreign_keys'), 1)
  t.true(Number(await pragma('busy_timeout')) > 0)
  for (const reader of readers) {
    await t.throwsAsync(reader.run("UPDATE store SET epoch = 'x'"), { name: 'StoreError' })
  }
})

test('a connection that is asked in more ways than it keeps prepared answers all of them, and closes', async (t) => {
  const connection = await Connection.open(join(await temporaryFolder(t), 'rolesets.db'))
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 600; n++) {
      const [row] = await connection.all(`SELECT ${n} + ? AS sum`, [round])
      t.is(row?.['sum'], n + round)
    }
  }
  await t.notThrowsAsync(connection.close())
})

test('a store in memory works like any other, and is one of its own', async (t) => {
  const [store, other] = [await openStore('sqlite::memory:'), await openStore('sqlite::memory:')]
  await withCatalogue(store)
  t.is(await record(store, (revision) => [organization('a', revision)]), 2)
  t.is(other.head, 0)
  await Promise.all([store.close(), other.close()])
})

test('a store in memory leaves nothing behind when it is closed', async (t) => {
  const folder = await temporaryFolder(t)
  const child = start('program-open', { args: ['sqlite::memory:'], env: { TMPDIR: folder } })
  const ended = once(child, 'exit')
  await once(child.stdout ?? child, 'data')
  t.is(readdirSync(folder).length, 1)
  child.stdin?.end()
  await ended
  t.deepEqual(readdirSync(folder), [])
})

test('closing leaves the database and the lock, and no log', async (t) => {
  const folder = await temporaryFolder(t)
  const store = await openStore(`sqlite:${join(folder, 'rolesets.db')}`)
  await withCatalogue(store)
  t.true(existsSync(join(folder, 'rolesets.db-wal')))
  await store.close()
  t.deepEqual(readdirSync(folder).sort(), ['rolesets.db', 'rolesets.db.lock'])
})

const urls: Readonly<Record<string, RegExp>> = {
  'postgres://user:secret@db/rolesets': /no PostgreSQL engine/,
  'postgresql://user:secret@db/rolesets': /no PostgreSQL engine/,
  'mysql://user:secret@db/rolesets': /no engine/,
  'rolesets.db': /no engine/,
  '': /no engine/,
  'sqlite:': /names no file/,
  'sqlite:a\0b': /names no file/,
  'sqlite://rolesets.db': /server/,
}

for (const [url, message] of Object.entries(urls)) {
  test(`the URL ${JSON.stringify(url)} is refused, with what to give instead`, async (t) => {
    const error = await t.throwsAsync<StoreError>(openStore(url), { name: 'StoreError', message })
    t.is(error?.code, 'not_a_database')
    t.regex(error?.message ?? '', /sqlite:<path>/)
    t.notRegex(error?.message ?? '', /secret/)
  })
}
