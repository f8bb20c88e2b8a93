/**
 * Several authorities on one storage: each reads the head anew with every batch and takes in what the others committed.
 * No engine of today allows it, so the check that SQLite makes for it is left out here.
 */

import { adoptable } from './adoptable.ts'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CopyOptions } from '../../packages/sidecar/src/storage/backup.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { copyRunning } from '../../packages/sidecar/src/storage/sqlite/backup/running-copy.ts'
import { openConnections } from '../../packages/sidecar/src/storage/sqlite/connections.ts'
import { sqliteConnection } from '../../packages/sidecar/src/storage/sqlite/sqlite-connection.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import type { EngineConnection } from '../../packages/sidecar/src/storage/transactions/connection.ts'
import { openTransactionalStore } from '../../packages/sidecar/src/storage/transactions/transactional-store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { catalogueChanges, organization, permission, provenance, record, withCatalogue } from './things.ts'

/** A connection that knows nothing of its last commit, so that it accepts any position. */
function shared(connection: Connection): EngineConnection {
  let current = sqliteConnection(connection)
  return new Proxy<EngineConnection>(current, {
    get(_, name) {
      if (name === 'begin') current = sqliteConnection(connection)
      const member: unknown = Reflect.get(current, name)
      return typeof member === 'function' ? (member.bind(current) as unknown) : member
    },
  })
}

async function openTwo(t: ExecutionContext): Promise<readonly [Store, Store]> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const { writer, readers, diskUsage, release } = await openConnections(file)
  const copy = (how: CopyOptions) => copyRunning(file, how)
  const others = [await Connection.open(file), await Connection.open(file)]
  const open = (connections: readonly Connection[], close: () => Promise<void>) => {
    const [first, ...rest] = connections.map(shared)
    if (first === undefined) throw new Error('There is no connection.')
    return openTransactionalStore({ writer: first, readers: rest, isNew: true, diskUsage, copy, release: close }, {})
  }
  const second = await open(others, async () => {
    for (const each of others) await each.close()
  })
  const first = await open([writer, ...readers], release)
  t.teardown(() => second.close().then(() => first.close()))
  return [first, second]
}

test('a commit of another authority is taken in before the next decision, and listeners hear it first', async (t) => {
  const [a, b] = await openTwo(t)
  const heard: number[] = []
  b.subscribe(({ revision }) => heard.push(revision))
  await withCatalogue(a)
  await record(a, (revision) => [organization('x', revision), permission('new', revision)])
  t.is(b.head, 0)
  const { value, revision } = await b.write(provenance(), async (writer) => {
    await writer.record([organization('y', writer.nextRevision)])
    const { permissions } = await writer.catalogue()
    return [(await writer.organization('x'))?.id, permissions.size, await writer.organizationCount('free')]
  })
  t.deepEqual([value, revision], [['x', 3, 2], 3])
  t.deepEqual(heard, [1, 2, 3])
  t.is(await record(a, (next) => [organization('z', next)]), 4)
  t.is(a.head, 4)
  const revisions = (await b.changesAfter(0, 10)).map((each) => each.revision)
  t.deepEqual(revisions, [1, 2, 3, 4])
})

test('an authority that missed more than the history keeps reads everything anew', async (t) => {
  const [a, b] = await openTwo(t)
  const heard: unknown[] = []
  b.subscribe(
    ({ revision }) => heard.push(revision),
    () => heard.push('read anew'),
  )
  await record(a, catalogueChanges)
  for (const id of ['x', 'y']) await record(a, (revision) => [organization(id, revision)])
  await a.compact({ newerThan: 0, count: 1 })
  const { value } = await b.write(provenance(), async (writer) => (await writer.catalogue()).roleSets.size)
  t.is(value, 2)
  t.deepEqual(heard, ['read anew'])
  t.deepEqual([b.head, b.epoch], [a.head, a.epoch])
})

test('an authority takes in what another one adopted', async (t) => {
  const [a, b] = await openTwo(t)
  await record(b, catalogueChanges)
  const { value: catalogue } = await b.read((reader) => reader.catalogue())
  await a.adopt(adoptable({ revision: 7, seal: 'f'.repeat(64), catalogue }), 'another')
  t.is(await record(b, (revision) => [organization('x', revision)]), 8)
  t.deepEqual([b.epoch, b.head], ['another', 8])
})
