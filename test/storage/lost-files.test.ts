/**
 * The files of a running store are deleted, replaced or truncated, or are damaged for a moment: what would be lost is not
 * acknowledged.
 */

import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreEvent } from '../../packages/sidecar/src/storage/options.ts'
import type { Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { membership, organization, record, withCatalogue } from './things.ts'

interface Opened {
  readonly store: Store
  readonly file: string
  /** Settles with the next event of the kind. */
  readonly next: (kind: StoreEvent['kind']) => Promise<StoreEvent>
}

async function open(t: ExecutionContext, path?: string): Promise<Opened> {
  const file = path ?? join(await temporaryFolder(t), 'data', 'rolesets.db')
  await mkdir(dirname(file), { recursive: true })
  const waiting = new Map<StoreEvent['kind'], (event: StoreEvent) => void>()
  const store = await openStore(`sqlite:${file}`, { onEvent: (event) => waiting.get(event.kind)?.(event) })
  t.teardown(() => store.close().catch(() => undefined))
  const next = (kind: StoreEvent['kind']) =>
    new Promise<StoreEvent>((resolve) => {
      // An idle store doesn't keep its process alive.
      const alive = setInterval(() => undefined, 1_000)
      waiting.set(kind, (event) => (clearInterval(alive), resolve(event)))
    })
  if (store.head === 0) await withCatalogue(store)
  return { store, file, next }
}

const write = (store: Store) => record(store, (revision) => [organization(`o${revision}`, revision)])

/** With another process: a handle that is closed here would free the locks of the store. */
function keepOlder(file: string): void {
  execFileSync('cp', [file, `${file}.older`])
}

const losses: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'the file is deleted': (file) => rm(file),
  'the file is replaced by a copy of itself': async (file) => {
    await cp(file, `${file}.copy`)
    await rename(`${file}.copy`, file)
  },
  'an older copy is written over the file': async (file) => {
    execFileSync('cp', [`${file}.older`, file])
  },
  'the log is deleted': (file) => rm(`${file}-wal`),
  'the log is truncated to nothing': (file) => truncate(`${file}-wal`),
  'the log is cut in the middle': async (file) => truncate(`${file}-wal`, (await readFile(`${file}-wal`)).length / 2),
  'the index of the log is deleted': (file) => rm(`${file}-shm`),
  'the folder is renamed': (file) => rename(dirname(file), `${dirname(file)}.away`),
  'the folder is replaced by a copy of itself': async (file) => {
    await rename(dirname(file), `${dirname(file)}.away`)
    await cp(`${dirname(file)}.away`, dirname(file), { recursive: true })
  },
}

for (const [what, lose] of Object.entries(losses)) {
  test(`when ${what}, the next write is not acknowledged, and no later one is`, async (t) => {
    const { store, file } = await open(t)
    await write(store)
    keepOlder(file)
    await lose(file)
    for (let n = 0; n < 2; n++) {
      const error = await t.throwsAsync<StoreError>(write(store), { name: 'StoreError' })
      t.is(error?.code, 'file_lost')
      t.regex(error?.message ?? '', /Put the file back.* restart the sidecar/)
    }
  })

  test(`when ${what}, an idle store notices it`, async (t) => {
    const { store, file, next } = await open(t)
    const stopped = next('writes_stopped')
    keepOlder(file)
    await lose(file)
    t.like(await stopped, { error: { code: 'file_lost' } })
    t.is((await t.throwsAsync<StoreError>(write(store)))?.code, 'file_lost')
  })
}

test('a symbolic link that leads to another file by now is noticed', async (t) => {
  const folder = await temporaryFolder(t)
  const link = join(folder, 'link.db')
  await symlink(join(folder, 'rolesets.db'), link)
  const { store } = await open(t, link)
  await write(store)
  await rm(link)
  await writeFile(join(folder, 'other.db'), '')
  await symlink(join(folder, 'other.db'), link)
  t.is((await t.throwsAsync<StoreError>(write(store)))?.code, 'file_lost')
})

test('a log that grows, is moved into the file and begins anew is nothing to notice', async (t) => {
  const { store } = await open(t)
  for (let n = 0; n < 30; n++)
    await record(store, (revision) =>
      Array.from({ length: 1_000 }, (_, each) => organization(`o${revision}_${each}`, revision)),
    )
  t.is(store.head, 31)
})

/** The bytes are others, and the time of the file stays: as a disk that reads wrongly has it. */
function misread(file: string, from: string): void {
  const script = 'touch -r "$2" "$2.time"; dd if="$1" of="$2" conv=notrunc status=none; touch -r "$2.time" "$2"'
  execFileSync('sh', ['-ec', script, 'sh', from, file])
}

test('after a passing read error the file is examined again, and writes go on', async (t) => {
  const first = await open(t)
  const { file } = first
  await record(first.store, (revision) =>
    Array.from({ length: 2_000 }, (_, each) => [
      organization(`o${each}`, revision),
      membership(`o${each}`, 'u', revision),
    ]).flat(),
  )
  await first.store.close()
  const sound = await readFile(file)
  const { store, next } = await open(t, file)
  const [stopped, resumed] = [next('writes_stopped'), next('writes_resumed')]
  await Promise.all([
    writeFile(`${file}.sound`, sound),
    writeFile(`${file}.bad`, Buffer.from(sound).fill(0xa5, 16_384)),
  ])
  misread(file, `${file}.bad`)
  const error = await t.throwsAsync<StoreError>(store.read((reader) => reader.memberships('o1500', { size: 10 })))
  t.is(error?.code, 'corrupt')
  t.regex(error?.message ?? '', /run rolesets doctor/)
  t.like(await stopped, { error: { code: 'corrupt' } })
  t.is((await t.throwsAsync<StoreError>(write(store)))?.code, 'corrupt')
  misread(file, `${file}.sound`)
  await resumed
  t.is(await write(store), 3)
  t.is((await store.read((reader) => reader.memberships('o1500', { size: 10 }))).value.length, 1)
})
