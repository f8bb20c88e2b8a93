/**
 * Walks through the change sets that a file has: the chain of their seals, the subjects by which they are found, and what a
 * compaction said of the beginning.
 */

import { subjectsOf, type ChangeSet, type Compacted } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import { compactionOperation, type Position } from '../../transactions/connection.ts'
import { Chain } from '../../transactions/chain.ts'
import { firstSealOf } from '../../transactions/seal.ts'
import type { Connection, Row } from '../connection.ts'
import { readBase, type SettledBase } from '../rows/base.ts'
import { count, integer, text } from '../rows/columns.ts'
import { readAnchor } from '../rows/history.ts'
import { changeSetOf, sealedRecordOf } from '../rows/things.ts'
import { tables } from '../tables.ts'
import { pagesOf } from './pages.ts'

/** A compaction that the history has, at its revision. */
interface SealedCompaction extends Compacted {
  readonly revision: number
}

/** One page of the history: its change sets that could be read. */
export type Read = (changeSets: readonly ChangeSet[]) => AsyncIterable<Finding>

/** Larger ones are never written, and would take too much memory. */
const recordBytesMax = 128 << 20
const pageBytesMax = 8 << 20
/** Lists and objects in one record. */
const containersMax = 4_000_000

export class HistoryCheck {
  readonly anchor: Pick<Position, 'revision' | 'seal'>
  readonly base: SettledBase
  readonly #connection: Connection
  readonly #epoch: string
  readonly #chain: Chain
  readonly #altered = new Set<number>()
  #compaction: SealedCompaction | undefined

  private constructor(connection: Connection, epoch: string, begin: Pick<HistoryCheck, 'anchor' | 'base'>) {
    this.#connection = connection
    this.#epoch = epoch
    this.anchor = begin.anchor
    this.base = begin.base
    this.#chain = new Chain(begin.anchor)
  }

  /** @throws MalformedRow when the rows about the history as a whole are missing */
  static async open(connection: Connection): Promise<HistoryCheck> {
    const [row = {}] = await connection.all('SELECT epoch FROM store')
    const begin = { anchor: await readAnchor(connection), base: await readBase(connection) }
    return new HistoryCheck(connection, text(row, 'epoch'), begin)
  }

  /** The last one that the history has. */
  get compaction(): SealedCompaction | undefined {
    return this.#compaction
  }

  /** Whether the rows at the base are known by what the history seals; else they can't be verified. */
  get isBaseSealed(): boolean {
    const { origin } = this.base
    return (
      (origin === 'beginning' || origin === 'compaction') &&
      this.#baseFault() === undefined &&
      this.#anchorFault() === undefined
    )
  }

  /** Whether the change set of a revision, which would explain rows, isn't there as it was written. */
  isLost(revision: number): boolean {
    if (revision <= this.base.revision) return false
    return revision <= this.anchor.revision || this.#altered.has(revision) || this.#chain.isMissing(revision)
  }

  /** The first such revision. */
  get firstLost(): number | undefined {
    const first = this.base.revision + 1
    const gaps = this.#chain.gaps.flatMap(({ from, to }) => (to < first ? [] : [Math.max(from, first)]))
    const altered = [...this.#altered].filter((revision) => revision >= first)
    const all = [...gaps, ...altered, ...(this.anchor.revision >= first ? [first] : [])]
    return all.length === 0 ? undefined : all.reduce((least, each) => Math.min(least, each))
  }

  /** @param read is given the change sets in their order */
  async *walk(read: Read): AsyncGenerator<Finding> {
    for await (const rows of this.#pages()) {
      const sound: ChangeSet[] = []
      for (const row of rows) yield* this.#check(row, sound)
      yield* this.#checkSubjects(rows, sound)
      yield* read(sound)
    }
    const lost = this.#chain.endAt(await this.#highestStamp())
    if (lost !== undefined) yield { ...lost, problem: `missing; things are stamped with ${lost.what}` }
    yield* this.#checkBeginning()
    yield* this.#checkStraySubjects()
  }

  *#check(row: Row, sound: ChangeSet[]): Generator<Finding> {
    const revision = integer(row, 'revision')
    const what = `revision ${revision}`
    if (row['is_large'] === 1) {
      this.#altered.add(revision)
      // The seals of the others can still be compared with its own.
      this.#chain.check({ revision, committedAt: 0, actor: '', operation: '', record: '', seal: String(row['seal']) })
      yield { what, problem: 'unreadable: it is larger than any change set that is written' }
      return
    }
    const finding = this.#chain.check(sealedRecordOf(row))
    if (finding !== undefined) yield finding
    const isAltered = finding !== undefined && finding.what === what
    if (isAltered) this.#altered.add(revision)
    const changeSet = readable(row)
    if (changeSet === undefined) {
      this.#altered.add(revision)
      if (!isAltered) yield { what, problem: 'unreadable: what changed is no list of changes' }
      return
    }
    sound.push(changeSet)
    const [change] = changeSet.changes
    if (!isAltered && changeSet.operation === compactionOperation && change?.verb === 'compacted')
      this.#compaction = { ...change, revision }
  }

  /** Bounded in bytes, too. A change set that is too large comes without its content. */
  async *#pages(): AsyncGenerator<readonly Row[]> {
    const bytes = 'octet_length(changes) + octet_length(actor) + octet_length(operation) + octet_length(seal)'
    const columns = `revision, ${bytes} AS bytes, substr(seal, 1, 64) AS seal`
    for await (const rows of pagesOf(this.#connection, {
      table: 'change_sets',
      key: ['revision'],
      columns,
      size: 100,
    })) {
      let [part, size]: [Row[], number] = [[], 0]
      for (const row of rows) {
        if (part.length > 0 && size + integer(row, 'bytes') > pageBytesMax) {
          yield await this.#read(part)
          ;[part, size] = [[], 0]
        }
        part.push(row)
        size += integer(row, 'bytes')
      }
      yield await this.#read(part)
    }
  }

  async #read(part: readonly Row[]): Promise<readonly Row[]> {
    const large = part.find((row) => integer(row, 'bytes') > recordBytesMax)
    if (large !== undefined) return [{ ...large, is_large: 1 }]
    const [first, last] = [integer(part[0] ?? {}, 'revision'), integer(part.at(-1) ?? {}, 'revision')]
    return this.#connection.all('SELECT * FROM change_sets WHERE revision BETWEEN ? AND ? ORDER BY revision', [
      first,
      last,
    ])
  }

  /** The subjects of these change sets, and those of revisions between them. */
  async *#checkSubjects(rows: readonly Row[], sound: readonly ChangeSet[]): AsyncGenerator<Finding> {
    const [first, last] = [integer(rows[0] ?? {}, 'revision'), integer(rows.at(-1) ?? {}, 'revision')]
    const sql = 'SELECT revision, subject FROM change_subjects WHERE revision BETWEEN ? AND ?'
    const noted = new Map<number, Set<string>>()
    for (const row of await this.#connection.all(sql, [first, last])) {
      const revision = integer(row, 'revision')
      noted.set(revision, (noted.get(revision) ?? new Set()).add(text(row, 'subject')))
    }
    for (const { revision, changes } of sound) {
      if (this.#altered.has(revision)) continue
      const found = noted.get(revision) ?? new Set<string>()
      const wanted = new Set(subjectsOf(changes))
      const missing = [...wanted].filter((subject) => !found.has(subject))
      const strange = [...found].filter((subject) => !wanted.has(subject))
      if (missing.length > 0) yield { what: `revision ${revision}`, problem: `not found by ${listed(missing)}` }
      if (strange.length > 0) yield { what: `revision ${revision}`, problem: `found by ${listed(strange)} in error` }
    }
  }

  async *#checkStraySubjects(): AsyncGenerator<Finding> {
    const sql = 'SELECT count(*) AS strays FROM change_subjects WHERE revision <= ?'
    const strays = count(await this.#connection.all(sql, [this.anchor.revision]), 'strays')
    if (strays > 0)
      yield { what: 'change subjects', problem: `${strays} are of revisions before the history that is kept` }
  }

  /** Where the history begins, and the base that rows are derived from, must be what the epoch or a compaction says. */
  *#checkBeginning(): Generator<Finding> {
    const anchor = this.#anchorFault()
    if (anchor !== undefined) yield { what: 'history', problem: anchor }
    const epoch = this.#epochFault()
    if (epoch !== undefined) yield { what: 'epoch', problem: epoch }
    const base = this.#baseFault()
    if (base !== undefined) yield { what: 'base', problem: base }
  }

  #anchorFault(): string | undefined {
    const { revision } = this.anchor
    const { origin } = this.base
    const upTo = origin === 'adoption' ? undefined : this.#compaction?.upTo
    if (revision === 0 || (upTo !== undefined && revision <= upTo)) return undefined
    const begins = `begins after revision ${revision}`
    if (upTo !== undefined) return `${begins}, and the last compaction says that it forgot up to revision ${upTo}`
    if (['adoption', 'upgrade'].includes(origin) && revision <= this.base.revision) return undefined
    return `${begins}, and no compaction says that what was before it was forgotten`
  }

  #epochFault(): string | undefined {
    const other = this.#compaction?.epoch
    if (this.anchor.revision === 0 && this.anchor.seal !== firstSealOf(this.#epoch))
      return `${this.#epoch} isn't the epoch that the history begins with`
    if (other !== undefined && other !== this.#epoch) return `${this.#epoch}, and the last compaction was in ${other}`
    return undefined
  }

  #baseFault(): string | undefined {
    const { origin, revision } = this.base
    const compaction = origin === 'adoption' ? undefined : this.#compaction
    switch (origin) {
      case 'beginning':
        if (revision === 0 && compaction === undefined) return undefined
        return compaction === undefined
          ? `at revision ${revision}, and nothing sealed the rows at that revision`
          : `the empty store, and revision ${compaction.revision} sealed another one`
      case 'compaction':
        if (compaction?.rowsAt === revision) return undefined
        return `at revision ${revision}, and ${compaction ? `revision ${compaction.revision} sealed the rows at ${compaction.rowsAt}` : 'no compaction sealed it'}`
      case 'adoption':
        return undefined
      case 'upgrade':
        return compaction === undefined || compaction.revision <= revision
          ? undefined
          : `at revision ${revision}, and revision ${compaction.revision} sealed a later one`
    }
  }

  /** The highest revision that anything in the file is stamped with. */
  async #highestStamp(): Promise<number> {
    const stamped = ['permissions', 'roles', 'role_sets', 'settings', 'access_keys', 'change_subjects']
    const large = Object.entries(tables).flatMap(([name, each]) =>
      each.by === 'changes' && each.isLarge ? [name] : [],
    )
    const parts = [...stamped, ...large].map((name) => `SELECT max(revision) AS revision FROM ${name}`)
    const sql = `SELECT coalesce(max(revision), 0) AS revision FROM (${parts.join(' UNION ALL ')})`
    return count(await this.#connection.all(sql), 'revision')
  }
}

/** Undefined: an edited record can contain anything. */
function readable(row: Row): ChangeSet | undefined {
  try {
    const containers = text(row, 'changes').match(/[[{]/g)?.length ?? 0
    if (containers > containersMax) return undefined
    const changeSet = changeSetOf(row)
    const isSound = subjectsOf(changeSet.changes).every((subject) => typeof (subject as unknown) === 'string')
    return isSound && changeSet.changes.length > 0 ? changeSet : undefined
  } catch {
    return undefined
  }
}

const subjectsShownMax = 5

function listed(subjects: readonly string[]): string {
  const shown = subjects.slice(0, subjectsShownMax).map((subject) => subject.slice(0, 100))
  const hidden = subjects.length - shown.length
  return `${shown.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}
