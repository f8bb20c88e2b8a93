/** Which revisions a store says were its own, over restarts and copies that are put back. */

import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { parseRevision } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { seed } from '../seed.ts'
import { organization, record, withCatalogue } from './things.ts'

const has = (store: Store, revision: string) => {
  const parsed = parseRevision(revision)
  return parsed !== undefined && store.lineage.has(parsed)
}

async function opened(file: string): Promise<Store> {
  return openStore(`sqlite:${file}`)
}

/** @returns the names of the revisions that were written */
async function write(store: Store, count: number): Promise<readonly string[]> {
  const texts: string[] = []
  for (let written = 0; written < count; written++) {
    const number = await record(store, (revision) => [organization(`o${revision}`, revision)])
    texts.push(store.lineage.textOf(number))
  }
  return texts
}

test('the process that made a store goes on with its name, and each later one has a name of its own', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const first = await withCatalogue(await opened(file))
  const { epoch } = first
  t.deepEqual(await write(first, 1), [`${epoch}:2`])
  t.true(has(first, `${epoch}:3`), 'it is on the way there')
  await first.close()

  const second = await opened(file)
  t.is(second.epoch, epoch)
  t.false(has(second, `${epoch}:3`), 'what it writes next has another name')
  const [third = ''] = await write(second, 1)
  t.regex(third, new RegExp(`^${epoch}_[a-z0-9]{8}:3$`))
  for (const text of [`${epoch}:1`, `${epoch}:2`, third]) t.true(has(second, text))
  for (const text of [`${epoch}:3`, `${epoch}_other:2`, 'another:1']) t.false(has(second, text))
  t.is(second.lineage.textOf(2), `${epoch}:2`)
  await second.close()
})

test('a process that writes nothing leaves no name', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  const first = await withCatalogue(await opened(file))
  await first.close()
  const second = await opened(file)
  const bytes = second.lineage.textOf(1)
  await second.close()
  const third = await opened(file)
  t.is(third.lineage.textOf(1), bytes)
  await third.close()
})

test('a read that is ahead of what was published names its revision as the write does', async (t) => {
  const file = join(await temporaryFolder(t), 'rolesets.db')
  await (await withCatalogue(await opened(file))).close()
  const store = await opened(file)
  const before = store.lineage.textOf(2)
  const [after = ''] = await write(store, 1)
  t.is(before, after)
  await store.close()
})

type Step = { readonly writes: number; readonly does: 'restart' | 'keep' | 'put back' }
const steps = fc.array(
  fc.record({ writes: fc.nat(3), does: fc.constantFrom<Step['does']>('restart', 'keep', 'put back') }),
  { maxLength: 12 },
)

test('a revision is accepted exactly if the history has the write that it named', async (t) => {
  t.log(`TEST_SEED=${seed}`)
  const property = fc.asyncProperty(steps, (script) => assertHistory(t, script))
  await fc.assert(property, { numRuns: 12, seed, includeErrorInReport: true })
})

async function assertHistory(t: ExecutionContext, script: readonly Step[]): Promise<void> {
  const folder = await temporaryFolder(t)
  const [file, kept] = [join(folder, 'rolesets.db'), join(folder, 'kept.db')]
  let store = await withCatalogue(await opened(file))
  /** What the history has, and what the copy has; and everything that was ever written. */
  let own: readonly string[] = [store.lineage.textOf(1)]
  let copied: readonly string[] = []
  const all = new Set(own)
  for (const { writes, does } of script) {
    own = [...own, ...(await write(store, writes))]
    for (const text of own) all.add(text)
    await store.close()
    if (does === 'keep') {
      await cp(file, kept)
      copied = own
    }
    if (does === 'put back' && copied.length > 0) {
      await cp(kept, file)
      own = copied
    }
    store = await opened(file)
    t.deepEqual([...all].filter((text) => has(store, text)).toSorted(), [...own].toSorted())
  }
  await store.close()
}
