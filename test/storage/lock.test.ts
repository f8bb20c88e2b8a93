/** Two processes on one file would give one revision twice: the second one is refused, and its error names the first. */

import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { link, mkdir, rm, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import test from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { acquireLock } from '../../packages/sidecar/src/storage/sqlite/file/lock.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { run, start } from './programs.ts'
import { organization, record, withCatalogue } from './things.ts'

/** A process that has the store open. */
async function holder(t: { teardown(undo: () => unknown): void }, file: string) {
  const child = start('program-open', { args: [`sqlite:${file}`] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return { child, ended, pid: (JSON.parse(String(line)) as { pid: number }).pid }
}

// uptime-kuma#998: two pods on one volume damaged the file. cerbos#2601, cerbos#2829, node-casbin#33: several servers on one
// database never saw each other's changes.
test('a second process is refused, and the error names the first one and says what to do', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const { child, ended, pid } = await holder(t, file)
  const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' })
  t.is(error?.code, 'in_use')
  t.true(error?.message.includes(file))
  t.regex(error?.message ?? '', /Stop it first/)
  // Only Linux lists the holders of locks.
  if (existsSync('/proc/locks')) t.true(error?.message.includes(`the process ${pid}`), error?.message)
  child.stdin?.end()
  await ended
  await (await openStore(`sqlite:${file}`)).close()
})

test('the lock of a process that was killed is free at once', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const { child, ended } = await holder(t, file)
  t.is((await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' }))?.code, 'in_use')
  child.kill('SIGKILL')
  await ended
  const store = await openStore(`sqlite:${file}`)
  t.is(store.head, 0)
  await store.close()
})

test('a second opening in the same process is refused too, and does not loosen the lock', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  for (let n = 0; n < 2; n++) {
    t.is((await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' }))?.code, 'in_use')
    t.like(await run('program-open', { args: [`sqlite:${file}`] }), { code: 'in_use' })
  }
  t.is(await record(store, (next) => [organization('a', next)]), 2)
  await store.close()
  const again = await openStore(`sqlite:${file}`)
  t.is(again.head, 2)
  await again.close()
})

test('one file has one lock, also under other names', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'data'))
  const file = join(folder, 'data', 'rolesets.db')
  await symlink(join(folder, 'data'), join(folder, 'linked'))
  // A link to a file that isn't there yet: it is made where the link points.
  await symlink('data/rolesets.db', join(folder, 'link.db'))
  const store = await openStore(`sqlite:${join(folder, 'link.db')}`)
  t.teardown(() => store.close())
  t.true(statSync(file).isFile())
  const names = [file, join(folder, 'linked', 'rolesets.db'), join(folder, 'link.db'), relative('', file)]
  for (const name of names) {
    const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${name}`), { name: 'StoreError' })
    t.is(error?.code, 'in_use', name)
    t.true(error?.message.includes(file))
  }
})

test('the lock holds nothing that could go stale', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  t.is(statSync(`${file}.lock`).size, 0)
  t.false(existsSync(`${file}.lock-journal`))
  await store.close()
  t.is(statSync(`${file}.lock`).size, 0)
  t.false(existsSync(`${file}.lock-journal`))
})

test('a link that leads in a circle is refused', async (t) => {
  const folder = await temporaryFolder(t)
  await symlink('b.db', join(folder, 'a.db'))
  await symlink('a.db', join(folder, 'b.db'))
  const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${join(folder, 'a.db')}`), { name: 'StoreError' })
  t.is(error?.code, 'folder_missing')
})

test('a hard link is another name of the same database: a second sidecar is refused, in this process and in another', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'elsewhere'))
  const [file, other] = [join(folder, 'rolesets.db'), join(folder, 'elsewhere', 'linked.db')]
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  await link(file, other)
  t.is((await t.throwsAsync<StoreError>(openStore(`sqlite:${other}`)))?.code, 'in_use')
  if (existsSync('/proc/locks')) {
    const refused = (await run('program-open', { args: [`sqlite:${other}`] })) as { code: string; message: string }
    t.is(refused.code, 'in_use')
    t.true(refused.message.includes(`the process ${process.pid}`), refused.message)
  }
  t.is(await record(store, (next) => [organization('a', next)]), 2)
  await store.close()
  const again = await openStore(`sqlite:${other}`)
  t.is(again.head, 2)
  await again.close()
})

for (const suffix of ['', '.lock'])
  test(`a process that only reads rolesets.db${suffix} doesn't keep the store from opening, nor from writing`, async (t) => {
    const file = join(await temporaryFolder(t), 'rolesets.db')
    await (await withCatalogue(await openStore(`sqlite:${file}`))).close()
    const child = start('program-read-lock', { args: [`${file}${suffix}`] })
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stdout ?? child, 'data')
    const store = await openStore(`sqlite:${file}`)
    t.is(await record(store, (next) => [organization('a', next)]), 2)
    t.like(await run('program-open', { args: [`sqlite:${file}`] }), { code: 'in_use' })
    await store.close()
  })

test('a lock whose file is removed while it is taken keeps others away all the same', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  for (let round = 0; round < 8; round++) {
    let isTaken = false
    const taking = acquireLock(file).finally(() => (isTaken = true))
    // As refused restores do it, at any moment.
    for (let removals = 0; !isTaken && removals < 4 * round; removals++) await rm(`${file}.lock`, { force: true })
    const lock = await taking
    await t.throwsAsync(acquireLock(file), { code: 'in_use' })
    await lock.release()
  }
})
