/**
 * Files that releases wrote, one for each schema that was released, as they are in `former/`. This version opens each, answers
 * from it what the release answered, and goes on in it. `former/make.ts` adds the file of a new schema.
 */

import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { migrations } from '../../packages/sidecar/src/storage/sqlite/migrations/all.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openServiceOver, reading, writing } from '../service/open-service.ts'
import { answersOf, type Expected } from './former/expected.ts'

const former = new URL('former/', import.meta.url)
const names = readdirSync(former).flatMap((name) => /^(schema-\d+)\.json$/.exec(name)?.[1] ?? [])

async function unpack(t: ExecutionContext, name: string) {
  const text = await readFile(new URL(`${name}.json`, former), 'utf8')
  const { now, version: _, schema, ...answers } = JSON.parse(text) as Expected
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await writeFile(file, gunzipSync(await readFile(new URL(`${name}.db.gz`, former))))
  return { file, now, schema, answers }
}

async function schemaOf(file: string): Promise<unknown> {
  const connection = await Connection.open(file)
  const [row] = await connection.all('SELECT count(*) AS migrations FROM migrations')
  await connection.close()
  return row?.['migrations']
}

async function faultsIn(file: string, now: number) {
  const options = { now, report: () => undefined, signal: new AbortController().signal, findingsMax: 9 }
  const { findings, unverified } = await examine(`sqlite:${file}`, options)
  return { findings, unverified }
}

const sound = { findings: [], unverified: [] }

test('there is a file of a release', (t) => {
  t.true(names.length > 0)
})

for (const name of names) {
  test(`${name}: the file of a release is sound as it is, is taken forward, and answers what the release answered`, async (t) => {
    const { file, now, schema, answers } = await unpack(t, name)
    t.is(await schemaOf(file), schema)
    // What a compaction sealed has columns of that time: after an upgrade nothing says any more what the rows were.
    t.deepEqual((await faultsIn(file, now)).findings, [])
    const found = JSON.parse(JSON.stringify(await answersOf(file, now))) as typeof answers
    // Things may have more fields now.
    t.like(found, answers)
    for (const list of ['organizations', 'memberships', 'invitations', 'accessKeys', 'history'] as const)
      t.is(found[list].length, answers[list].length)
    t.is(await schemaOf(file), migrations.length)
    t.deepEqual((await faultsIn(file, now)).findings, [])
  })

  test(`${name}: the file of a release can be written on, and stays sound`, async (t) => {
    const { file, now } = await unpack(t, name)
    const store = await openStore(`sqlite:${file}`, { now: () => now })
    const service = await openServiceOver(store, { now: () => now })
    const { administration: admin, decisions } = service
    const before = store.head
    const question = { organizationId: 'globex', role: 'org:new' }
    await t.throwsAsync(admin.createMembership({ ...question, userId: 'dan' }, writing()))
    await admin.createRole({ key: 'org:new' }, writing())
    await admin.addRoles({ roleSet: 'role_set:pro', roles: ['org:new'] }, writing())
    await admin.createMembership({ ...question, userId: 'dan' }, writing())
    t.is(store.head, before + 3)
    t.like(await decisions.check(question, { ...reading(), atLeastRevision: '' }), { allowed: true })
    await store.compact({ newerThan: 0, count: 3, now })
    service.close()
    await store.close()
    t.deepEqual(await faultsIn(file, now), sound)
  })
}
