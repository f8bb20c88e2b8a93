/**
 * A writing process is killed at random moments, again and again, over one file: the store opens by itself, every write
 * that was acknowledged is there, none is there by half, and the rows are what the change sets say.
 *
 * A lost power can't be had here; that a commit waits for the disk is asked of the connection in sqlite.test.ts.
 */

import { once } from 'node:events'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { linesOf, start } from './programs.ts'
import { Replay } from './replay.ts'

const kills = 100
/** Each with a file of its own, side by side. */
const filesCount = 2
const writingMsMax = 120
const openingMsMax = 300

/** What a file has been through. */
class Witness {
  readonly file: string
  readonly #replay = new Replay()
  #head = 0
  #epoch: string | undefined
  acknowledged = 0

  constructor(file: string) {
    this.file = file
  }

  /** @returns what the process had said */
  async killOnce(round: number, isOpening: boolean): Promise<readonly string[]> {
    const child = start('program-write', { args: [this.file, String(round)] })
    const lines = linesOf(child)
    if (!isOpening) await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')])
    await new Promise((resolve) => setTimeout(resolve, Math.random() * (isOpening ? openingMsMax : writingMsMax)))
    child.kill('SIGKILL')
    // A line that was cut off says nothing.
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
      t.is(operations.get(Number(revision)), name, 'an acknowledged write is there')
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

test(`after each of ${kills} kills every acknowledged write is there, whole, and the store opens by itself`, async (t) => {
  t.timeout(10 * 60_000)
  const folder = await temporaryFolder(t)
  const witnesses = Array.from({ length: filesCount }, (_, index) => new Witness(join(folder, `${index}.db`)))
  const rounds = witnesses.map(async (witness) => {
    for (let round = 0; round < kills / filesCount; round++) {
      await witness.check(t, await witness.killOnce(round, round % 5 === 4))
    }
  })
  await Promise.all(rounds)
  const acknowledged = witnesses.reduce((sum, witness) => sum + witness.acknowledged, 0)
  t.log(`${kills} kills, ${acknowledged} acknowledged writes`)
  t.true(acknowledged > kills)
})

test('a process that is killed while it makes the file leaves one that opens by itself', async (t) => {
  const folder = await temporaryFolder(t)
  for (let round = 0; round < 20; round++) {
    const witness = new Witness(join(folder, `${round}.db`))
    await witness.check(t, await witness.killOnce(round, true))
  }
})
