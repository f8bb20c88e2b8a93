/** The files of a store belong to the user that runs the sidecar, whatever the umask of its process is. */

import { chmod, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { StoreEvent } from '../../packages/sidecar/src/storage/options.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { organization, record, withCatalogue } from './things.ts'

// For this process; each test file has one of its own.
process.umask(0)

async function modesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).toSorted()
  const modes = names.map(async (name) => [name, ((await stat(join(folder, name))).mode & 0o777).toString(8)] as const)
  return Object.fromEntries(await Promise.all(modes))
}

const files = { 'rolesets.db': '600', 'rolesets.db-shm': '600', 'rolesets.db-wal': '600', 'rolesets.db.lock': '600' }

test('all files of a new store have the mode 0600, also under the umask 0', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  t.deepEqual(await modesIn(dirname(file)), files)
  await store.close()
})

test('files that other users could open are narrowed, and an event names them', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await (await withCatalogue(await openStore(`sqlite:${file}`))).close()
  for (const suffix of ['', '.lock']) await chmod(`${file}${suffix}`, 0o644)
  const events: StoreEvent[] = []
  const store = await openStore(`sqlite:${file}`, { onEvent: (event) => events.push(event) })
  t.deepEqual(events, [{ kind: 'files_narrowed', files: [`${file}.lock`, file] }])
  await record(store, (next) => [organization('a', next)])
  t.deepEqual(await modesIn(dirname(file)), files)
  await store.close()
})

test('the key, and the socket, of a sidecar that runs under the umask 0 are private too', async (t) => {
  const folder = await temporaryFolder(t)
  const socket = join(folder, 'rolesets.sock')
  const env = { ROLESETS_DATABASE: `sqlite:${join(folder, 'rolesets.db')}`, ROLESETS_GRPC_LISTEN: `unix:${socket}` }
  const sidecar = await startSidecar(t, { env })
  t.deepEqual(await modesIn(folder), { ...files, 'rolesets.db.key': '600', 'rolesets.sock': '660' })
  await sidecar.stop()
})
