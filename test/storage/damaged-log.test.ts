/**
 * A start with a damaged log. SQLite forgets what it can't read; the store refuses if acknowledged writes may be among it.
 * What a power failure leaves is no damage.
 */

import { cp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { organization, record, withCatalogue } from './things.ts'

const frameBytes = 24 + 4096
const commits = 6

/** The files of a store that was killed after some commits. */
async function killed(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t)
  const [file, image] = [join(folder, 'rolesets.db'), join(folder, 'image.db')]
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  for (let n = 1; n < commits; n++) await record(store, (next) => [organization(`o${n}`, next)])
  for (const suffix of ['', '-wal']) await cp(`${file}${suffix}`, `${image}${suffix}`)
  await store.close()
  return image
}

async function change(path: string, edit: (bytes: Buffer) => Buffer | void): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, edit(bytes) ?? bytes)
}

const flip = (at: number) => (bytes: Buffer) => void bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)

const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'the database is empty': (file) => writeFile(file, ''),
  'the database is missing': (file) => rm(file),
  'the log is zeros': (file) => change(`${file}-wal`, (bytes) => void bytes.fill(0)),
  'the log is noise': (file) => change(`${file}-wal`, (bytes) => void bytes.fill(0x5a)),
  'the magic number of the log is wrong': (file) => change(`${file}-wal`, flip(1)),
  'the salts of the log are wrong': (file) => change(`${file}-wal`, flip(18)),
  'the page size of the log is wrong': (file) => change(`${file}-wal`, flip(9)),
  'the first frame is damaged': (file) => change(`${file}-wal`, flip(32 + 24 + 100)),
  'the head of the first frame is damaged': (file) => change(`${file}-wal`, flip(32 + 3)),
  'a frame in the middle is damaged': (file) =>
    change(`${file}-wal`, (bytes) => flip(32 + frameBytes * 9 + 500)(bytes)),
}

for (const [what, damage] of Object.entries(damages))
  test(`where ${what}, the store says so and doesn't start, and the files stay as they are`, async (t) => {
    const file = await killed(t)
    await damage(file)
    const log = await readFile(`${file}-wal`)
    const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' })
    t.is(error?.code, 'corrupt')
    t.regex(error?.message ?? '', /The log .*-wal can't be used: .* restore a backup, or put the right log back/)
    t.deepEqual(await readFile(`${file}-wal`), log)
  })

const powerFailures: Readonly<Record<string, (bytes: Buffer) => Buffer | void>> = {
  'the header alone was written': (bytes) => bytes.subarray(0, 32),
  'the header was begun': (bytes) => bytes.subarray(0, 12),
  'the last commit is cut off': (bytes) => bytes.subarray(0, bytes.length - 1_000),
  'the last commit was written in part': (bytes) => void bytes.fill(0, bytes.length - 3_000),
}

for (const [what, fail] of Object.entries(powerFailures))
  test(`after a power failure where ${what}, the store starts`, async (t) => {
    const file = await killed(t)
    await change(`${file}-wal`, fail)
    const store = await openStore(`sqlite:${file}`)
    t.true(store.head < commits)
    await store.close()
  })

test('frames of an earlier generation of the log, behind the present one, are no damage', async (t) => {
  const file = await killed(t)
  const handle = await open(`${file}-wal`, 'r+')
  const bytes = await readFile(`${file}-wal`)
  const old = Buffer.from(bytes.subarray(32))
  for (let at = 0; at < old.length; at += frameBytes) old.writeUInt32BE(1, at + 8)
  await handle.write(old, 0, old.length, bytes.length)
  await handle.close()
  const store = await openStore(`sqlite:${file}`)
  t.is(store.head, commits)
  await store.close()
})
