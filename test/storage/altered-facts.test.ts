/** A history that was altered in a closed file is found at the next start. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { membership, organization, record, withCatalogue } from './things.ts'

async function closed(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const store = await withCatalogue(await openStore(`sqlite:${file}`))
  for (let n = 0; n < 5; n++)
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
  const error = await t.throwsAsync<StoreError>(openStore(`sqlite:${file}`), { name: 'StoreError' })
  t.is(error?.code, 'corrupt')
  t.regex(error?.message ?? '', /run rolesets doctor --database sqlite:.* restore a backup/)
}

const edits = {
  'the record of the last change set': "UPDATE change_sets SET changes = changes || ' ' WHERE revision = 6",
  'the actor of an earlier change set': "UPDATE change_sets SET actor = 'somebody' WHERE revision = 3",
  'the seal of the last change set':
    "UPDATE change_sets SET seal = replace(seal, substr(seal, 1, 1), 'x') WHERE revision = 6",
}

for (const [what, sql] of Object.entries(edits))
  test(`${what} was altered`, async (t) => {
    const file = await closed(t)
    await edit(file, sql)
    await assertFound(t, file)
  })
