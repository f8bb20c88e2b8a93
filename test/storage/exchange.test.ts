/** A restore that was killed between two of its steps is finished by the next start, or by the next restore. */

import { copyFile, link, readdir, readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openRestore, openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreEvent } from '../../packages/sidecar/src/storage/options.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { organization, record, withCatalogue } from './things.ts'

const stamp = '20261129T010203Z-0123456789abcdef'

interface Scene {
  readonly folder: string
  readonly file: string
  readonly pending: string
  readonly replaced: string
  readonly backup: string
}

/** A killed store with its log at revision 3, and a complete new file for it at revision 2, which was about to take its place. */
async function openScene(t: ExecutionContext): Promise<Scene> {
  const folder = await temporaryFolder(t)
  const [file, backup] = [join(folder, 'rolesets.db'), join(folder, 'backup.db')]
  const store = await withCatalogue(await openStore(`sqlite:${backup}`))
  await record(store, (revision) => [organization('kept', revision)])
  await store.close()
  const old = join(folder, 'old.db')
  await copyFile(backup, old)
  const running = await openStore(`sqlite:${old}`)
  await record(running, (revision) => [organization('lost', revision)])
  // As `kill -9` leaves it.
  for (const suffix of ['', '-wal', '-shm']) await copyFile(`${old}${suffix}`, `${file}${suffix}`)
  await running.close()
  const pending = `${file}.pending-restore-${stamp}`
  await copyFile(backup, pending)
  return { folder, file, pending, replaced: `${file}.replaced-${stamp}`, backup }
}

async function organizationsIn(file: string): Promise<readonly string[]> {
  const store = await openStore(`sqlite:${file}`)
  const { value } = await store.read((reader) => reader.organizations({ size: 10 }))
  await store.close()
  return value.map(({ id }) => id)
}

const moved = async ({ file, replaced }: Scene, ...suffixes: readonly string[]) => {
  for (const suffix of suffixes) await rename(`${file}${suffix}`, `${replaced}${suffix}`)
}

const steps: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'when the new file had its name': async () => undefined,
  'when the old database was moved': (scene) => moved(scene, ''),
  'when the old database and its log were moved': (scene) => moved(scene, '', '-wal'),
  'when all old files were moved': (scene) => moved(scene, '', '-wal', '-shm'),
}

for (const [name, kill] of Object.entries(steps))
  test(`a restore that was killed ${name} is finished by the next start, and the old store is whole`, async (t) => {
    const scene = await openScene(t)
    await kill(scene)
    const events: StoreEvent[] = []
    const store = await openStore(`sqlite:${scene.file}`, { onEvent: (event) => void events.push(event) })
    await store.close()
    const { file, replaced } = scene
    t.like(
      events.find(({ kind }) => kind === 'restore_finished'),
      { kind: 'restore_finished', file, replaced },
    )
    t.deepEqual(await organizationsIn(file), ['kept'])
    t.deepEqual(await organizationsIn(replaced), ['kept', 'lost'])
    t.deepEqual(
      (await readdir(scene.folder)).filter((each) => each.includes('pending')),
      [],
    )
  })

test('a restore that was killed with two names for the old database is finished', async (t) => {
  const scene = await openScene(t)
  // Without a log, the old database gets its second name first.
  await organizationsIn(join(scene.folder, 'old.db'))
  await moved({ ...scene, replaced: join(scene.folder, 'aside') }, '', '-wal', '-shm')
  await copyFile(join(scene.folder, 'old.db'), scene.file)
  await link(scene.file, scene.replaced)
  t.deepEqual(await organizationsIn(scene.file), ['kept'])
  t.deepEqual(await organizationsIn(scene.replaced), ['kept', 'lost'])
})

test('the next restore finishes the one before it, and keeps both old databases', async (t) => {
  const scene = await openScene(t)
  await moved(scene, '')
  const restoring = await openRestore(`sqlite:${scene.file}`)
  t.true(restoring.isTaken)
  async function* chunks() {
    yield await readFile(scene.backup)
  }
  await restoring.fill(chunks())
  const replaced = await restoring.commit()
  await restoring[Symbol.asyncDispose]()
  t.deepEqual(await organizationsIn(scene.replaced), ['kept', 'lost'])
  t.deepEqual(await organizationsIn(String(replaced)), ['kept'])
  t.deepEqual(await organizationsIn(scene.file), ['kept'])
})

test('a restore that ends without taking effect leaves the old store, with its log, as it was', async (t) => {
  const scene = await openScene(t)
  await rename(scene.pending, join(scene.folder, 'aside'))
  const names = await readdir(scene.folder)
  const restoring = await openRestore(`sqlite:${scene.file}`)
  async function* broken() {
    yield (await readFile(scene.backup)).subarray(0, 8_192)
    throw new Error('the source is gone')
  }
  await t.throwsAsync(restoring.fill(broken()), { message: 'the source is gone' })
  await restoring[Symbol.asyncDispose]()
  const lock = `${basename(scene.file)}.lock`
  t.deepEqual(
    (await readdir(scene.folder)).filter((name) => name !== lock),
    names,
  )
  t.deepEqual(await organizationsIn(scene.file), ['kept', 'lost'])
})
