/** What was altered in a closed file is found at the next start, and the files stay as they are. */

import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import type { StoreEvent } from '../../packages/sidecar/src/storage/options.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { openSqliteStore } from '../../packages/sidecar/src/storage/sqlite/engine.ts'
import type { Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { seed } from '../seed.ts'
import { at, membership, organization, record, withCatalogue } from './things.ts'

const count = 60

async function closed(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  for (let n = 0; n < count; n++)
    await record(store, (next) => [organization(`org_${n}`, next), membership(`org_${n}`, `user_${n}`, next)])
  await store.close()
  return file
}

async function edit(file: string, sql: string): Promise<void> {
  const connection = await Connection.open(file)
  await connection.all(sql)
  await connection.close()
}

async function assertFound(t: ExecutionContext, file: string): Promise<void> {
  const bytes = await readFile(file)
  const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' })
  t.is(error?.code, 'corrupt')
  t.regex(error?.message ?? '', /run rolesets doctor --database sqlite:.* restore a backup/)
  t.deepEqual(await readFile(file), bytes)
}

async function findingsOf(file: string): Promise<number> {
  const { signal } = new AbortController()
  return (await examine(`sqlite:${file}`, { now: at, report: () => undefined, signal, findingsMax: 5 })).findings.length
}

const edits = {
  'the record of the last change set': `UPDATE change_sets SET changes = changes || ' ' WHERE revision = ${count + 1}`,
  'the actor of an early change set': "UPDATE change_sets SET actor = 'somebody' WHERE revision = 3",
  'the seal of the last change set':
    "UPDATE change_sets SET seal = replace(seal, substr(seal, 1, 1), 'x') WHERE revision = 61",
  'the role of an old member': "UPDATE memberships SET role_id = 'admin' WHERE user_id = 'user_1'",
  'the role of the last member': `UPDATE memberships SET role_id = 'admin' WHERE user_id = 'user_${count - 1}'`,
  'the user of a member': "UPDATE memberships SET user_id = 'user_x' WHERE user_id = 'user_1'",
  'a role that no one made': "UPDATE memberships SET role_id = 'membe2' WHERE user_id = 'user_1'",
  'the role set of an organization, and the counts with it': `UPDATE organizations SET role_set_id = 'pro' WHERE id = 'org_1'`,
  'the order of roles in a set': 'UPDATE role_set_roles SET position = 5 - position',
}

for (const [what, sql] of Object.entries(edits))
  test(`${what} was altered`, async (t) => {
    const file = await closed(t)
    await edit(file, sql)
    await assertFound(t, file)
    t.true((await findingsOf(file)) > 0, 'doctor finds it, too')
  })

test('an index was altered, and the table was not', async (t) => {
  const file = await closed(t)
  const connection = await Connection.open(file)
  const pages = await connection.all(
    "SELECT pageno FROM dbstat WHERE name = 'memberships_by_role' AND pagetype = 'leaf'",
  )
  await connection.close()
  const bytes = await readFile(file)
  const page = Number(pages[0]?.['pageno']) - 1
  bytes.write('user_X', bytes.indexOf('user_7', page * 4096))
  await writeFile(file, bytes)
  await assertFound(t, file)
  t.true((await findingsOf(file)) > 0, 'doctor finds it, too')
})

test('a file with a log beside it that is refused keeps its log', async (t) => {
  const file = await closed(t)
  const store = await openStore(`sqlite:${file}`)
  await record(store, (next) => [organization('late', next)])
  const copy = `${file}.copy`
  await edit(file, "UPDATE memberships SET role_id = 'admin' WHERE user_id = 'user_1'")
  for (const suffix of ['', '-wal']) await cp(`${file}${suffix}`, `${copy}${suffix}`)
  await store.close().catch(() => undefined)
  const log = await readFile(`${copy}-wal`)
  t.true(log.length > 0)
  await assertFound(t, copy)
  t.deepEqual(await readFile(`${copy}-wal`), log)
})

test('a file that is too large is examined in part, which is told', async (t) => {
  const file = await closed(t)
  await edit(file, "UPDATE memberships SET role_id = 'admin' WHERE user_id = 'user_1'")
  const events: StoreEvent[] = []
  const examined = { whole: 100_000, rows: 100_000 }
  const store = await openSqliteStore(file, { examined, onEvent: (event) => events.push(event) })
  await store.close()
  t.like(events[0], { kind: 'file_examined_in_part', file, bytesMax: 100_000 })
  t.true((await findingsOf(file)) > 0, 'doctor finds it')
})

/** All that the tests wrote, as the store answers it. */
async function answersOf(store: Store): Promise<string> {
  const { value } = await store.read(async (reader) => {
    const members = []
    for (let n = 0; n < count; n++)
      members.push(await reader.membership(`org_${n}`, `user_${n}`), await reader.organization(`org_${n}`))
    return [members, await reader.organizationCount('free'), await reader.organizationCount('pro')]
  })
  return JSON.stringify([store.epoch, value, await store.changesAfter(0, 1_000)])
}

test('a single bit that changed is found, or changes no answer', async (t) => {
  const file = await closed(t)
  const sound = await readFile(file)
  const store = await openStore(`sqlite:${file}`)
  const right = await answersOf(store)
  await store.close()
  const copy = `${file}.copy`
  for (const bit of fc.sample(fc.nat({ max: sound.length * 8 - 1 }), { seed, numRuns: 30 })) {
    const bytes = Buffer.from(sound)
    const place = Math.floor(bit / 8)
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (bit % 8)), place)
    await writeFile(copy, bytes)
    const opened = await openStore(`sqlite:${copy}`).catch((error: unknown) => error as StoreError)
    if ('code' in opened) {
      t.true(['corrupt', 'not_a_database', 'schema_altered'].includes(opened.code), `bit ${bit}: ${opened.code}`)
      continue
    }
    const answers = await answersOf(opened)
    await opened.close()
    t.is(answers, right, `bit ${bit}`)
  }
})
