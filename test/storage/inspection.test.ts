/** What an inspection of a file needs and leaves. The tests of `rolesets doctor` show what it finds. */

import { adoptable } from './adoptable.ts'
import { readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { openInspection, openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import type { Teardown } from './suite.ts'
import { catalogueChanges, membership, organization, record, withCatalogue } from './things.ts'

async function fileOf(t: Teardown): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await openStore(`sqlite:${file}`)
  await withCatalogue(store)
  await record(store, (revision) => [organization('a', revision), membership('a', 'u', revision)])
  await store.close()
  return file
}

async function all<T>(things: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const thing of things) found.push(thing)
  return found
}

test('an inspection of a file that no store has open leaves nothing beside it', async (t) => {
  const file = await fileOf(t)
  const before = await readdir(dirname(file))
  const inspection = await openInspection(`sqlite:${file}`)
  t.is(inspection.head, 2)
  t.deepEqual(await all(inspection.integrity()), [])
  t.deepEqual(await all(inspection.history()), [])
  t.deepEqual(await all(inspection.things()), [])
  t.true(await inspection.isUndisturbed())
  await inspection[Symbol.asyncDispose]()
  t.deepEqual(await readdir(dirname(file)), before)
})

test('a file whose content was adopted is sound', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const source = await openStore(`sqlite:${await fileOf(t)}`)
  const [last] = (await source.read((reader) => reader.history({}, { size: 1 }))).value
  const { value: catalogue } = await source.read((reader) => reader.catalogue())
  const { value: organizations } = await source.read((reader) => reader.organizations({ size: 10 }))
  await source.close()
  const store = await openStore(`sqlite:${file}`)
  await store.adopt(adoptable({ revision: 2, seal: last?.seal ?? '', catalogue, organizations }), 'another')
  await record(store, (revision) => [organization('b', revision)])
  await store.close()
  const inspection = await openInspection(`sqlite:${file}`)
  t.teardown(() => inspection[Symbol.asyncDispose]())
  t.is(inspection.head, 3)
  for (const findings of [inspection.integrity(), inspection.history(), inspection.things()])
    t.deepEqual(await all(findings), [])
})

test('a store that is opened meanwhile is noticed', async (t) => {
  const file = await fileOf(t)
  const inspection = await openInspection(`sqlite:${file}`)
  t.teardown(() => inspection[Symbol.asyncDispose]())
  const store = await openStore(`sqlite:${file}`)
  t.false(await inspection.isUndisturbed())
  await store.close()
})

test('beside an open store one state is seen, also when writes go on', async (t) => {
  const file = await fileOf(t)
  const store = await openStore(`sqlite:${file}`)
  t.teardown(() => store.close())
  await record(store, (revision) => [organization('b', revision)])
  const inspection = await openInspection(`sqlite:${file}`)
  t.teardown(() => inspection[Symbol.asyncDispose]())
  await record(store, (revision) => [organization('c', revision)])
  t.is(inspection.head, 3)
  t.deepEqual(await all(inspection.history()), [])
  t.deepEqual(
    (await all(inspection.organizations())).map(({ id }) => id),
    ['a', 'b'],
  )
  t.true(await inspection.isUndisturbed())
})

test('things of any number come one after another, each once and in order', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await openStore(`sqlite:${file}`)
  await record(store, catalogueChanges)
  const ids = Array.from({ length: 2_500 }, (_, n) => `o${String(n).padStart(4, '0')}`)
  await record(store, (revision) => ids.flatMap((id) => [organization(id, revision), membership(id, 'u', revision)]))
  await store.close()
  const inspection = await openInspection(`sqlite:${file}`)
  t.teardown(() => inspection[Symbol.asyncDispose]())
  t.deepEqual(
    (await all(inspection.organizations())).map(({ id }) => id),
    ids,
  )
  t.deepEqual(
    (await all(inspection.memberships())).map(({ organizationId }) => organizationId),
    ids,
  )
  t.deepEqual(await all(inspection.history()), [])
  t.deepEqual(await all(inspection.things()), [])
})

test('only a file of a store can be inspected', async (t) => {
  const file = await fileOf(t)
  const folder = dirname(file)
  const empty = join(folder, 'empty.db')
  await writeFile(empty, '')
  const refused = async (path: string) =>
    (await t.throwsAsync<StoreError>(openInspection(path), { name: 'StoreError' }))?.code
  t.is(await refused(`sqlite:${empty}`), 'not_a_database')
  t.is(await refused('sqlite::memory:'), 'not_a_database')
  t.is(await refused('postgres://db/rolesets'), 'not_a_database')
  t.is(await refused(`sqlite:${join(folder, 'none.db')}`), 'not_a_database')
})
