/** The change sets that are kept: the feed's past. The newest is never forgotten, so it tells the revision of the file. */

import type { ChangeSet } from '../../domain/change.ts'
import { StoreError } from '../store.ts'
import type { Connection } from './connection.ts'
import { unlessMalformed } from './queries.ts'
import { changeSetOf, integer } from './rows.ts'

/** A step that forgets this many is short beside a batch of writes. */
const forgottenPerStepMax = 500

export async function readHead(connection: Connection): Promise<number> {
  const [row] = await connection.all('SELECT coalesce(max(revision), 0) AS head FROM change_sets')
  return integer(row ?? {}, 'head')
}

export async function writeChangeSets(connection: Connection, changeSets: readonly ChangeSet[]): Promise<void> {
  const rows = changeSets.map(({ revision, committedAt, actor, operation, changes }) => {
    return [revision, committedAt, actor, operation, JSON.stringify(changes)]
  })
  const insert = 'INSERT INTO change_sets (revision, committed_at, actor, operation, changes)'
  const [first, ...others] = rows
  if (first && others.length === 0) {
    // One alone can be very large, and isn't packed a second time.
    await connection.run(`${insert} VALUES (?, ?, ?, ?, ?)`, first)
    return
  }
  const unpack = 'SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)'
  await connection.run(`${insert} ${unpack}`, [JSON.stringify(rows)])
}

/** @throws StoreError `compacted` */
export async function readChangeSets(
  connection: Connection,
  after: number,
  limit: number,
): Promise<readonly ChangeSet[]> {
  const sql = 'SELECT * FROM change_sets WHERE revision > ? ORDER BY revision LIMIT ?'
  const changeSets = await unlessMalformed(connection.file, async () => {
    return (await connection.all(sql, [after, limit])).map(changeSetOf)
  })
  const oldest = changeSets[0]
  if (oldest && oldest.revision !== after + 1) throw compacted(after, oldest.revision)
  return changeSets
}

/**
 * The revision before which change sets are to be forgotten: those older than the time, from the oldest on, and those
 * beyond the count.
 */
export async function readForgettable(
  connection: Connection,
  keep: { readonly newerThan: number; readonly count: number },
): Promise<number> {
  const head = await readHead(connection)
  const sql = 'SELECT revision FROM change_sets WHERE committed_at >= ? ORDER BY revision LIMIT 1'
  const [row] = await connection.all(sql, [keep.newerThan])
  const oldestNew = row === undefined ? head : integer(row, 'revision')
  return Math.min(head, Math.max(oldestNew, head - keep.count + 1))
}

/** @returns whether there may be more to forget */
export async function forgetSome(connection: Connection, before: number): Promise<boolean> {
  const forgotten = await connection.run(
    `DELETE FROM change_sets WHERE revision IN (
       SELECT revision FROM change_sets WHERE revision < ? ORDER BY revision LIMIT ?
     )`,
    [before, forgottenPerStepMax],
  )
  return forgotten === forgottenPerStepMax
}

function compacted(after: number, oldest: number): StoreError {
  return new StoreError(
    'compacted',
    `The change sets from ${after + 1} to ${oldest - 1} are no longer kept. Take a snapshot and go on from there.`,
  )
}
