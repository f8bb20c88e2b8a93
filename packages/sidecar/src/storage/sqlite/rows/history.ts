/** The rows of the change sets that are kept. Compaction never removes the newest one. */

import { subjectsOf } from '@rolesets/core'
import { StoreError, type HistoryPage, type HistoryQuery, type KeptChangeSet } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { given, where } from '../questions/conditions.ts'
import { integer, text, unlessMalformed } from './columns.ts'
import { changeSetOf } from './things.ts'
import { compactionOperation, type Position } from '../../transactions/connection.ts'
import { firstSealOf } from '../../transactions/seal.ts'

/** A step that forgets so many takes less time than a batch of writes. */
const forgottenPerStepMax = 500
/** A single change set may have more. */
const subjectsPerStepMax = 5_000

/** The position that the next change set follows: the newest one, or the anchor of a history that has none. */
export async function readPosition(connection: Connection): Promise<Position> {
  const [row = {}] = await connection.all(
    `SELECT epoch, revision, seal, committed_at FROM (
       SELECT * FROM (SELECT revision, seal, committed_at FROM change_sets ORDER BY revision DESC LIMIT 1)
       UNION ALL SELECT revision, seal, 0 FROM history_anchor
     ) CROSS JOIN store ORDER BY revision DESC LIMIT 1`,
  )
  return {
    epoch: text(row, 'epoch'),
    revision: integer(row, 'revision'),
    seal: text(row, 'seal'),
    committedAt: integer(row, 'committed_at'),
  }
}

/** Two statements, however many change sets: their rows, and the subjects by which they are found. */
export async function writeHistory(connection: Connection, changeSets: readonly KeptChangeSet[]): Promise<void> {
  const values = changeSets.map(({ revision, committedAt, actor, operation, record, seal }) => {
    return [revision, committedAt, actor, operation, record, seal]
  })
  const insert = 'INSERT INTO change_sets (revision, committed_at, actor, operation, changes, seal)'
  const [first, ...others] = values
  if (first && others.length === 0) {
    // A single one can be very large, and isn't packed a second time.
    await connection.run(`${insert} VALUES (?, ?, ?, ?, ?, ?)`, first)
  } else {
    const unpack =
      'SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)'
    await connection.run(`${insert} ${unpack}`, [JSON.stringify(values)])
  }
  const subjects = changeSets.flatMap(({ revision, changes }) =>
    subjectsOf(changes).map((subject) => [subject, revision]),
  )
  await connection.run(
    'INSERT INTO change_subjects (subject, revision) SELECT value ->> 0, value ->> 1 FROM json_each(?)',
    [JSON.stringify(subjects)],
  )
}

/** Gives an empty history the seal that its first change set follows. */
export async function plantAnchor(connection: Connection, epoch: string): Promise<void> {
  await connection.run(
    `INSERT INTO history_anchor (singleton, revision, seal)
     SELECT 1, 0, ? WHERE NOT EXISTS (SELECT 1 FROM history_anchor) AND NOT EXISTS (SELECT 1 FROM change_sets)`,
    [firstSealOf(epoch)],
  )
}

/** The last change set that isn't kept any more. */
type Anchor = Pick<Position, 'revision' | 'seal'>

export async function readAnchor(connection: Connection): Promise<Anchor> {
  const [row = {}] = await connection.all('SELECT revision, seal FROM history_anchor')
  return { revision: integer(row, 'revision'), seal: text(row, 'seal') }
}

const alsoAbout = `EXISTS (SELECT 1 FROM change_subjects AS other
  WHERE other.subject = ? AND other.revision = change_sets.revision)`

/** The newest first, unless `oldestFirst`. */
export async function readHistory(
  connection: Connection,
  query: HistoryQuery,
  { size, after, oldestFirst = false }: HistoryPage,
): Promise<readonly KeptChangeSet[]> {
  const { actor, operation, exceptOperations, from, to } = query
  const [subject, other] = [query.subject, query.scope].filter((each) => each !== undefined)
  const conditions = where([
    given('change_subjects.subject = ?', subject),
    given(alsoAbout, other),
    given('operation NOT IN (SELECT value FROM json_each(?))', exceptOperations && JSON.stringify(exceptOperations)),
    given('actor = ?', actor),
    given('operation = ?', operation),
    given('committed_at >= ?', from),
    given('committed_at < ?', to),
    given(`change_sets.revision ${oldestFirst ? '>' : '<'} ?`, after),
  ])
  // A thing's change sets are read in their order from its subjects; the cross join keeps it that way.
  const source = subject === undefined ? 'change_sets' : 'change_subjects CROSS JOIN change_sets USING (revision)'
  const order = `${subject === undefined ? 'change_sets' : 'change_subjects'}.revision ${oldestFirst ? '' : 'DESC'}`
  const sql = `SELECT change_sets.* FROM ${source} ${conditions.sql} ORDER BY ${order} LIMIT ?`
  return (await connection.all(sql, [...conditions.values, size])).map(changeSetOf)
}

/** One look into the index for each subject. */
export async function readChangedNear(
  connection: Connection,
  side: 'after' | 'up_to',
  subjects: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const [nearest, isBeyond] = side === 'after' ? ['min', 'revision > value ->> 1'] : ['max', 'revision <= value ->> 1']
  const rows = await connection.all(
    `SELECT value ->> 0 AS subject,
       (SELECT ${nearest}(revision) FROM change_subjects WHERE subject = value ->> 0 AND ${isBeyond}) AS revision
     FROM json_each(?)`,
    [JSON.stringify([...subjects])],
  )
  const found = rows.filter((row) => row['revision'] !== null)
  return new Map(found.map((row) => [text(row, 'subject'), integer(row, 'revision')]))
}

/** @throws StoreError `compacted` */
export async function readChangeSets(
  connection: Connection,
  after: number,
  limit: number,
): Promise<readonly KeptChangeSet[]> {
  const sql = 'SELECT * FROM change_sets WHERE revision > ? ORDER BY revision LIMIT ?'
  const changeSets = await unlessMalformed(connection.file, async () => {
    return (await connection.all(sql, [after, limit])).map(changeSetOf)
  })
  const [oldest] = changeSets
  const next = oldest ? oldest.revision : (await readAnchor(connection)).revision + 1
  if (oldest ? next !== after + 1 : next > after + 1) throw compacted(after, next)
  return changeSets
}

/**
 * The revision before which change sets may be forgotten: those older than the time, from the oldest on, and those beyond the
 * count. The change sets of compactions don't count, and never cause another compaction.
 */
export async function readForgettable(
  connection: Connection,
  keep: { readonly newerThan: number; readonly count: number },
): Promise<number> {
  const { revision: anchor } = await readAnchor(connection)
  const newest = 'SELECT revision FROM change_sets WHERE operation <> ? ORDER BY revision DESC LIMIT 1'
  const last = (await connection.all(newest, [compactionOperation]))[0]?.['revision']
  if (typeof last !== 'number') return 0
  const sql = 'SELECT revision FROM change_sets WHERE committed_at >= ? ORDER BY revision LIMIT 1'
  const [row] = await connection.all(sql, [keep.newerThan])
  const oldestNew = row === undefined ? last : integer(row, 'revision')
  const compactions = await readCompactions(connection)
  const counted = firstOfNewest({ last, count: keep.count, compactions })
  const before = Math.min(last, Math.max(oldestNew, counted))
  const own = compactions.filter((revision) => revision < before).length
  return before - 1 - anchor > own ? before : 0
}

/** Where the newest `count` change sets begin, without those of compactions. */
function firstOfNewest(newest: {
  readonly last: number
  readonly count: number
  /** The newest first. */
  readonly compactions: readonly number[]
}): number {
  let first = newest.last - newest.count + 1
  for (const revision of newest.compactions) if (revision >= first && revision < newest.last) first -= 1
  return first
}

/** The revisions of the compactions that the history has, the newest first. They are found by their subject. */
async function readCompactions(connection: Connection): Promise<readonly number[]> {
  const rows = await connection.all(
    `SELECT revision FROM change_subjects CROSS JOIN change_sets USING (revision)
     WHERE subject = 'history' AND operation = ? ORDER BY revision DESC`,
    [compactionOperation],
  )
  return rows.map((row) => integer(row, 'revision'))
}

/**
 * The seal of the last one that is removed becomes the anchor, so that the rest can still be verified.
 *
 * @returns whether there may be more to forget
 */
export async function forgetSome(connection: Connection, before: number): Promise<boolean> {
  const rows = await connection.all(
    `SELECT revision, seal,
       (SELECT count(*) FROM change_subjects WHERE change_subjects.revision = change_sets.revision) AS subjects
     FROM change_sets WHERE revision < ? ORDER BY revision LIMIT ?`,
    [before, forgottenPerStepMax],
  )
  let subjects = 0
  const going = rows.filter((row, place) => (subjects += integer(row, 'subjects')) <= subjectsPerStepMax || place === 0)
  const last = going.at(-1)
  if (last === undefined) return false
  const upTo = integer(last, 'revision')
  await connection.run('DELETE FROM change_subjects WHERE revision <= ?', [upTo])
  await connection.run('DELETE FROM change_sets WHERE revision <= ?', [upTo])
  await setAnchor(connection, { revision: upTo, seal: text(last, 'seal') })
  return upTo < before - 1
}

/** The history that is kept begins after this revision. */
export async function setAnchor(connection: Connection, { revision, seal }: Anchor): Promise<void> {
  const sql = 'INSERT OR REPLACE INTO history_anchor (singleton, revision, seal) VALUES (1, ?, ?)'
  await connection.run(sql, [revision, seal])
}

function compacted(after: number, oldest: number): StoreError {
  return new StoreError(
    'compacted',
    `The change sets from ${after + 1} to ${oldest - 1} are no longer kept. Take a snapshot and continue from there.`,
  )
}
