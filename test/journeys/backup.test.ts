/**
 * Backups of a sidecar that is written to, and backups and restores that are killed. What was acknowledged before a backup
 * began is in it, the sidecar doesn't notice it, and no killed command leaves something that looks like a backup or a store.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { examine } from '../../packages/sidecar/src/doctor.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { createRandom } from '../random.ts'
import { fillStore } from '../storage/filled-store.ts'
import { applyPricingTiers, openOperator, secretKey } from './pricing-tiers.ts'

const writesInFlight = 8
const backupsEachWay = 2
const kills = 5

function rolesets(...args: readonly string[]) {
  const env = { ...cleanEnvironment(), ROLESETS_KEY: secretKey }
  const child = spawn(process.execPath, [rolesetsCommand, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, stderr }))
  return { child, ended }
}

async function findingsIn(file: string): Promise<readonly unknown[]> {
  const { signal } = new AbortController()
  const how = { now: Date.now(), report: () => undefined, signal, findingsMax: 10 }
  return (await examine(`sqlite:${file}`, how)).findings
}

async function membersIn(file: string): Promise<ReadonlySet<string>> {
  const store = await openStore(`sqlite:${file}`)
  const found = new Set<string>()
  const read = (after?: string) => store.read((reader) => reader.memberships('org_pro', { size: 1_000, after }))
  for (let page = await read(); page.value.length > 0; page = await read(page.value.at(-1)?.userId))
    for (const { userId } of page.value) found.add(userId)
  await store.close()
  return found
}

test('a backup of a sidecar that is written to has all that was acknowledged before, and the sidecar goes on', async (t) => {
  const folder = await temporaryFolder(t)
  const database = join(folder, 'rolesets.db')
  const env = { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_SECRET_KEY: secretKey }
  const sidecar = await startSidecar(t, { env })
  const operator = openOperator(t, sidecar)
  const { admin } = operator
  await applyPricingTiers(operator)
  const acknowledged: string[] = []
  let isOver = false
  const write = async (writer: number) => {
    for (let turn = 0; !isOver; turn++) {
      const userId = `user_${writer}_${turn}`
      await admin.createMembership({ organizationId: 'org_pro', userId, role: 'org:member' })
      acknowledged.push(userId)
    }
  }
  const writing = Array.from({ length: writesInFlight }, (_, writer) => write(writer))
  const made: { readonly file: string; readonly before: readonly string[] }[] = []
  for (const source of [
    ['--target', sidecar.target],
    ['--database', database],
  ])
    for (let round = 0; round < backupsEachWay; round++) {
      const file = join(folder, `backup-${made.length}.db`)
      const before = [...acknowledged]
      const { exitCode, stderr } = await rolesets('backup', file, ...source).ended
      t.is(exitCode, 0, stderr)
      made.push({ file, before })
      t.true(acknowledged.length > before.length, 'writes went on')
    }
  isOver = true
  await Promise.all(writing)
  for (const { file, before } of made) {
    t.deepEqual(await findingsIn(file), [])
    const found = await membersIn(file)
    t.deepEqual(
      before.filter((userId) => !found.has(userId)),
      [],
    )
  }
  const ready = await fetch(`http://${sidecar.http ?? ''}/readyz`)
  t.is(ready.status, 200)
  t.false(sidecar.log.some((line) => /writes_stopped|file_lost/.test(line)))
  await operator.close()
  t.is(await sidecar.stop(), 0)
  t.deepEqual(await findingsIn(database), [])
})

/** Kills the command when the file that it writes has so many bytes, or lets it end. */
async function killAt(folder: string, pattern: RegExp, command: ReturnType<typeof rolesets>, bytes: number) {
  let isOver = false
  const ended = command.ended.finally(() => (isOver = true))
  while (!isOver) {
    const name = (await readdir(folder)).find((each) => pattern.test(each))
    const size =
      name === undefined
        ? -1
        : await stat(join(folder, name)).then(
            (found) => found.size,
            () => -1,
          )
    if (size >= bytes) command.child.kill('SIGKILL')
    if (size >= bytes) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  return ended
}

test('a backup that is killed at any moment leaves nothing under the name of the backup, or all of it', async (t) => {
  const folder = await temporaryFolder(t)
  const [database, file] = [join(folder, 'rolesets.db'), join(folder, 'backup.db')]
  await fillStore(database, 1)
  const { size } = await stat(database)
  const random = createRandom(9)
  let killed = 0
  for (let round = 0; round < kills; round++) {
    const command = rolesets('backup', file, '--database', database, '--replace')
    const { exitCode } = await killAt(folder, /^backup\.db\.partial-/, command, Math.floor(random() * size))
    if (exitCode === null) killed++
    else t.is(exitCode, 0)
    const isThere = (await readdir(folder)).includes('backup.db')
    if (isThere) t.deepEqual(await findingsIn(file), [])
    else t.is(exitCode, null)
    for (const name of await readdir(folder)) if (name.startsWith('backup.db')) await rm(join(folder, name))
  }
  t.true(killed > 0)
})

test('a restore that is killed at any moment leaves the old store whole, or the new one', async (t) => {
  const folder = await temporaryFolder(t)
  const [database, backup] = [join(folder, 'rolesets.db'), join(folder, 'backup.db')]
  const filled = await fillStore(backup, 1)
  const { size } = await stat(backup)
  const random = createRandom(10)
  const headOf = async () => {
    const store = await openStore(`sqlite:${database}`)
    await store.close()
    return store.head
  }
  let killed = 0
  for (let round = 0; round < kills; round++) {
    const old = await openOld(t, database)
    const command = rolesets('restore', backup, '--database', database, '--replace')
    // Beyond the size of the backup, it is examined and put in place.
    const at = round % 2 === 0 ? Math.floor(random() * size) : size
    const { exitCode, stderr } = await killAt(folder, /\.unfinished-restore-/, command, at)
    if (exitCode === null) killed++
    else t.is(exitCode, 0, stderr)
    const head = await headOf()
    t.true(head === old || head === filled.head)
    if (exitCode === 0) t.is(head, filled.head)
    t.deepEqual(await findingsIn(database), [])
    t.false((await readdir(folder)).some((name) => /unfinished|pending/.test(name)))
    for (const name of await readdir(folder)) if (name.startsWith('rolesets.db')) await rm(join(folder, name))
  }
  t.true(killed > 0)
})

/** A store that was killed, with a log. @returns its last revision */
async function openOld(t: ExecutionContext, database: string): Promise<number> {
  const env = { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_SECRET_KEY: secretKey, ROLESETS_HTTP_LISTEN: '' }
  const sidecar = await startSidecar(t, { env })
  const operator = openOperator(t, sidecar)
  const { revision } = await operator.admin.createOrganization({ id: 'org_old' })
  await operator.close()
  await sidecar.kill()
  return Number(revision.split(':')[1])
}
