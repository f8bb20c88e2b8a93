/** Opens a store, says how that went, and holds it open until its standard input ends. */

import { once } from 'node:events'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { StoreError } from '../../packages/sidecar/src/storage/store.ts'

try {
  const store = await openStore(process.argv[2] ?? '')
  console.log(JSON.stringify({ head: store.head, pid: process.pid }))
  process.stdin.resume()
  await once(process.stdin, 'end')
  await store.close()
} catch (error) {
  console.log(
    JSON.stringify(error instanceof StoreError ? { code: error.code, message: error.message } : String(error)),
  )
}
