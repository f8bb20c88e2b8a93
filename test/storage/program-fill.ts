/** Fills a small disk, makes room, goes on, and says what the store answered and what it has after it was opened again. */

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { StoreError, type Store } from '../../packages/sidecar/src/storage/store.ts'
import { organization, record, withCatalogue } from './things.ts'

const folder = process.argv[2] ?? ''
const ballast = join(folder, 'ballast')
const publicMetadata = { text: 'x'.repeat(8_000) }

let organizations = 0
const put = async (store: Store): Promise<string | undefined> => {
  try {
    await record(store, (revision) => [organization(`o${organizations}`, revision, { publicMetadata })])
    organizations++
    return undefined
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error)
  }
}

const facts = async (store: Store) => {
  const { value } = await store.read((reader) => reader.organizationCount('free'))
  return { isWhole: value === organizations && store.head === organizations + 1, organizations: value }
}

await writeFile(ballast, Buffer.alloc(1 << 20, 1))
const store = await withCatalogue(await openStore(`sqlite:${join(folder, 'rolesets.db')}`))
let full: string | undefined
while (full === undefined) full = await put(store)
const together = await Promise.all([put(store), put(store), put(store)])
const whenFull = await facts(store)
await rm(ballast)
const withRoom = await put(store)
const after = await facts(store)
await store.close()
const again = await openStore(`sqlite:${join(folder, 'rolesets.db')}`)
console.log(JSON.stringify({ full, together, whenFull, withRoom, after, again: await facts(again) }))
await again.close()
