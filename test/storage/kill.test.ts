/**
 * A writing process is killed again and again over one file: the store opens without help, every write that was
 * acknowledged is in it, no write is there by half, and the rows agree with the change sets.
 *
 * The moment of each kill is counted in work and not in time: so many acknowledged writes, or so many changes to the
 * files. So a slow machine kills as much as a fast one.
 *
 * A power failure can't be tested here; sqlite.test.ts checks that a commit waits for the disk.
 */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { seed } from '../seed.ts'
import { linesOf, start } from './programs.ts'
import { Replay } from './replay.ts'

const kills = 100
/** Each with a file of its own, side by side. */
const filesCount = 2
const acknowledgedMax = 40
/** Opening a new file changes its folder about as often. */
const fileChangesMax = 12

const counts = (max: number) => fc.sample(fc.integer({ min: 1, max }), { seed, numRuns: kills })
const acknowledgedBeforeKill = counts(acknowledgedMax)
const fileChangesBeforeKill = counts(fileChangesMax)

/** What was done to a file, and what must be in it. */
class Witness {
  readonly file: string
  readonly #replay = new Replay()
  #head = 0
  #epoch: string | undefined
  acknowledged = 0

  constructor(file: string) {
    this.file = file
  }

  /** @returns what the process had printed */
  async killOnce(round: number, isOpening: boolean): Promise<readonly string[]> {
    const child = start('program-write', { args: [this.file, String(round), String(seed)] })
    const lines = linesOf(child)
    const acknowledged = isOpening ? 1 : (acknowledgedBeforeKill[round] ?? 1)
    const watched = isOpening ? changesOf(dirname(this.file), fileChangesBeforeKill[round] ?? 1) : undefined
    await Promise.race([printed(child, acknowledged), once(child, 'exit'), ...(watched ? [watched.seen] : [])])
    watched?.stop()
    child.kill('SIGKILL')
    // An incomplete last line means nothing.
    return (await lines).filter((line) => /^(ready \w+|done \d+ \S+)$/.test(line))
  }

  async check(t: ExecutionContext, lines: readonly string[]): Promise<void> {
    const store = await openStore(`sqlite:${this.file}`)
    this.#epoch ??= store.epoch
    t.is(store.epoch, this.#epoch)
    await this.#checkHistory(t, store, lines)
    const { organizations, invitations } = this.#replay
    const expected = [[...organizations.values()].sort(byId), this.#memberships(), [...invitations.values()].sort(byId)]
    t.deepEqual(await rowsOf(store), expected)
    await store.close()
    await this.#checkFile(t)
  }

  async #checkHistory(t: ExecutionContext, store: Store, lines: readonly string[]): Promise<void> {
    const operations = new Map<number, string>()
    for (const { revision, committedAt, operation, changes } of await store.changesAfter(this.#head, 1_000_000)) {
      t.is(revision, ++this.#head, 'a revision follows the one before it')
      t.not(operation, 'gone')
      operations.set(revision, operation)
      for (const change of changes) this.#replay.apply(change, { revision, at: committedAt })
    }
    t.is(store.head, this.#head)
    for (const [word, revision, name] of lines.map((line) => line.split(' '))) {
      if (word !== 'done') continue
      this.acknowledged++
      t.is(operations.get(Number(revision)), name, 'an acknowledged write is in the history')
    }
  }

  #memberships() {
    const key = (each: { organizationId: string; userId: string }) => `${each.organizationId} ${each.userId}`
    return [...this.#replay.memberships.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async #checkFile(t: ExecutionContext): Promise<void> {
    const connection = await Connection.open(this.file)
    t.deepEqual(await connection.all('PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
    t.deepEqual(await connection.all('PRAGMA foreign_key_check'), [])
    const counted = 'SELECT role_set_id, count(*) AS organizations FROM organizations GROUP BY role_set_id ORDER BY 1'
    const kept = 'SELECT role_set_id, organizations FROM organization_counts WHERE organizations > 0 ORDER BY 1'
    t.deepEqual(await connection.all(kept), await connection.all(counted))
    await connection.close()
  }
}

/** When a process has printed so many acknowledged writes. */
async function printed(child: ChildProcess, count: number): Promise<void> {
  let text = ''
  await new Promise<void>((resolve) =>
    child.stdout?.on('data', (chunk: Buffer | string) => {
      text += String(chunk)
      if (text.split('\n').filter((line) => line.startsWith('done ')).length > count) resolve()
    }),
  )
}

/** When the files of a folder have changed so many times. */
function changesOf(folder: string, count: number) {
  const watcher = watch(folder)
  let changes = 0
  const seen = new Promise<void>((resolve) => watcher.on('change', () => ++changes === count && resolve()))
  return { seen, stop: () => watcher.close() }
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

async function rowsOf(store: Store): Promise<unknown> {
  const { value } = await store.read(async (reader) => {
    const organizations = await reader.organizations({ size: 1_000 })
    const memberships = []
    for (const { id } of organizations) memberships.push(...(await reader.memberships(id, { size: 1_000 })))
    const byTime = { field: 'created_at', descending: false } as const
    const invitations = await reader.searchInvitations({ now: 0 }, byTime, { offset: 0, limit: 1_000 })
    return [organizations, memberships, invitations.items]
  })
  return value
}

test(`after each of ${kills} kills every acknowledged write is there, whole, and the store opens without help`, async (t) => {
  t.timeout(10 * 60_000)
  const folder = await temporaryFolder(t)
  const witnesses: Witness[] = []
  for (let index = 0; index < filesCount; index++) {
    await mkdir(join(folder, String(index)))
    witnesses.push(new Witness(join(folder, String(index), 'rolesets.db')))
  }
  const rounds = witnesses.map(async (witness) => {
    for (let round = 0; round < kills / filesCount; round++) {
      await witness.check(t, await witness.killOnce(round, round % 5 === 4))
    }
  })
  await Promise.all(rounds)
  const acknowledged = witnesses.reduce((sum, witness) => sum + witness.acknowledged, 0)
  t.log(`${kills} kills, ${acknowledged} acknowledged writes`)
  t.true(acknowledged > kills, 'there was something to lose')
})

test('a process that is killed while it makes the file leaves one that opens without help', async (t) => {
  const folder = await temporaryFolder(t)
  for (let round = 0; round < 20; round++) {
    await mkdir(join(folder, String(round)))
    const witness = new Witness(join(folder, String(round), 'rolesets.db'))
    await witness.check(t, await witness.killOnce(round, true))
  }
})
