/** A store in memory leaves nothing behind: what a killed process left, the next start removes, and nothing else. */

import { once } from 'node:events'
import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { start } from './programs.ts'

/** A process with a store in memory, whose files are below this folder. */
async function open(t: ExecutionContext, folder: string) {
  const child = start('program-open', { args: ['sqlite::memory:'], env: { TMPDIR: folder } })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  await once(child.stdout ?? child, 'data')
  return {
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    end: async () => {
      child.stdin?.end()
      await ended
    },
  }
}

const long = new Date(Date.now() - 600_000)
const namesIn = async (folder: string) => (await readdir(folder)).toSorted()
/** As if all of them had been made a while ago. */
async function age(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await utimes(join(folder, name), long, long)
}

test('a start removes what killed processes left, and keeps what lives, is young, or is of others', async (t) => {
  const folder = await temporaryFolder(t)
  const killed = await open(t, folder)
  const [left = ''] = await namesIn(folder)
  const living = await open(t, folder)
  const live = (await namesIn(folder)).filter((name) => name !== left)
  await killed.kill()
  t.deepEqual(await namesIn(folder), [left, ...live].toSorted(), 'a young one stays')

  await mkdir(join(folder, 'rolesets-memory-other'))
  await writeFile(join(folder, 'rolesets-memory-other', 'notes.txt'), 'mine')
  await writeFile(join(folder, 'rolesets-memory-other', 'memory.db.lock'), '')
  await age(folder)
  const elsewhere = await temporaryFolder(t)
  await writeFile(join(elsewhere, 'memory.db.lock'), '')
  await symlink(elsewhere, join(folder, 'rolesets-memory-link'))
  const last = await open(t, folder)
  const names = await namesIn(folder)
  t.false(names.includes(left), 'the process is gone')
  for (const name of [...live, 'rolesets-memory-other', 'rolesets-memory-link']) t.true(names.includes(name), name)
  t.deepEqual(await namesIn(elsewhere), ['memory.db.lock'])

  await last.end()
  await living.end()
  t.deepEqual(await namesIn(folder), ['rolesets-memory-link', 'rolesets-memory-other'])
})
