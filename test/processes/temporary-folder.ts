/** A folder for one test, removed after the test. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface WithTeardown {
  teardown(undo: () => unknown): void
}

/** Short, because the path of a Unix socket inside it has 107 bytes at most. */
export async function temporaryFolder(t: WithTeardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rs-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
