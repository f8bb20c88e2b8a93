/** Inspects a whole file in one read transaction: SQLite's own check, the history, and the rows compared with it. */

import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Assignment, type Catalogue, type Invitation, type Membership, type Organization } from '@rolesets/core'
import type { Contents, Finding, Inspection, Unverified } from '../../inspection.ts'
import { checkTimelines } from './timelines.ts'
import { migrations } from '../migrations/all.ts'
import type { Migration } from '../migrations/migration.ts'
import { StoreError, upstreamBookmark } from '../../store.ts'
import { explainedTables } from '../rows/base.ts'
import { readBookmark } from '../rows/bookmarks.ts'
import { loadCatalogue } from '../rows/catalogue.ts'
import { Connection } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { readPosition } from '../rows/history.ts'
import type { Table } from '../rows/table.ts'
import { compareRows } from './comparison.ts'
import { HistoryCheck } from './history-check.ts'
import { pagesOf } from './pages.ts'
import {
  checkBase,
  checkBookmarks,
  checkCounts,
  checkFurtherRoles,
  checkReferences,
  checkSingles,
  oversizedIn,
  rowsBetween,
} from './rows-check.ts'
import { Scratch } from './scratch.ts'
import { missingMigrations } from '../migrations/migrate.ts'
import { schemaDifferences, type SchemaDifference } from '../migrations/schema.ts'
import { setUpReader } from '../pragmas.ts'
import { integer, MalformedRow, text, unlessMalformed } from '../rows/columns.ts'
import { assignments, invitations, memberships, organizations } from '../rows/things.ts'

/** SQLite stops after so many problems. */
const problemsMax = 100

const countedTables = ['organizations', 'memberships', 'invitations', 'permissions', 'roles', 'role_sets'] as const

const unreadableSchema = { what: 'schema', problem: "damaged: it can't be read", table: '', isMissing: false }

/** @throws StoreError when the file doesn't exist, or this version can't read it */
export async function openSqliteInspection(path: string): Promise<Inspection> {
  const file = resolve(path)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true)
    throw new StoreError('not_a_database', `There is no file ${file}. Give the path of the database.`)
  const isAlone = !(await hasLog(file))
  const connection = await Connection.openToRead(file, isAlone)
  try {
    const missing = await unlessDamaged(() => unlessMalformed(file, () => missingMigrations(connection, migrations)))
    if (missing?.length === migrations.length) throw withoutSchema(file)
    if (missing !== undefined && missing.length > 0)
      throw new FormerSchema(await formerFindings(connection, migrations.slice(0, -missing.length)))
    await unlessDamaged(() => setUpReader(connection))
    await connection.run('BEGIN')
    // The first statement that reads makes the state that all others see.
    const differences = (await unlessDamaged(() => schemaDifferences(connection, migrations))) ?? [unreadableSchema]
    const position = await unlessDamaged(() => unlessMalformed(file, () => readPosition(connection)))
    const { revision: head, seal } = position ?? { revision: 0, seal: '' }
    return new SqliteInspection(connection, { head, seal, isAlone, differences })
  } catch (error) {
    await connection.close()
    throw error
  }
}

/**
 * The first difference between the rows and the history, for the start of a small file.
 *
 * @param connection to the file, with this version's schema; it stays open
 */
export async function firstDifference(connection: Connection): Promise<Finding | undefined> {
  const { revision: head, seal } = await unlessMalformed(connection.file, () => readPosition(connection))
  const inspection = new SqliteInspection(connection, { head, seal, isAlone: false, differences: [] })
  try {
    for (const findings of [inspection.history(), inspection.things()])
      for await (const finding of findings) return finding
    return undefined
  } finally {
    await inspection.forget()
  }
}

/** What is damaged is found by the checks. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof StoreError && ['corrupt', 'failed'].includes(error.code)) return undefined
    throw error
  }
}

interface Opened {
  readonly head: number
  readonly seal: string
  readonly isAlone: boolean
  readonly differences: readonly SchemaDifference[]
}

class SqliteInspection implements Inspection {
  readonly file: string
  readonly head: number
  readonly seal: string
  readonly #connection: Connection
  readonly #isAlone: boolean
  readonly #differences: readonly SchemaDifference[]
  readonly unverified: Unverified[] = []
  /** Tables that would take too much memory. */
  readonly #oversized = new Set<string>()
  #scratch: Scratch | undefined
  #history: HistoryCheck | undefined

  constructor(connection: Connection, { head, seal, isAlone, differences }: Opened) {
    this.#differences = differences
    this.file = connection.file
    this.head = head
    this.seal = seal
    this.#connection = connection
    this.#isAlone = isAlone
  }

  async *integrity(): AsyncGenerator<Finding> {
    for (const row of await this.#connection.all(`PRAGMA integrity_check(${problemsMax})`)) {
      const problem = text(row, 'integrity_check')
      if (problem !== 'ok') yield { what: 'file', problem }
    }
    for (const { what, problem } of this.#differences) yield { what, problem }
  }

  history(): AsyncGenerator<Finding> {
    return this.#guarded(this.#examineHistory())
  }

  things(): AsyncGenerator<Finding> {
    return this.#guarded(this.#examineThings())
  }

  async committedAt(): Promise<number> {
    return (await unlessMalformed(this.file, () => readPosition(this.#connection))).committedAt
  }

  async contents(): Promise<Contents> {
    const committedAt = await this.committedAt()
    const counts = countedTables.map((name) => `(SELECT count(*) FROM ${name}) AS ${name}`)
    const [row = {}] = await this.#connection.all(`SELECT ${counts.join(', ')}`)
    const count = (name: (typeof countedTables)[number]) => integer(row, name)
    return {
      committedAt,
      organizations: count('organizations'),
      memberships: count('memberships'),
      invitations: count('invitations'),
      permissions: count('permissions'),
      roles: count('roles'),
      roleSets: count('role_sets'),
    }
  }

  catalogue(): Promise<Catalogue> {
    return unlessMalformed(this.file, () => loadCatalogue(this.#connection))
  }

  organizations(): AsyncGenerator<Organization> {
    return this.#all(organizations, ['id'])
  }

  assignments(): AsyncGenerator<Assignment> {
    return this.#all(assignments, ['organization_id', 'scope'])
  }

  memberships(): AsyncGenerator<Membership> {
    return this.#all(memberships, ['organization_id', 'scope', 'user_id'])
  }

  async *memberKeys(): AsyncGenerator<Pick<Membership, 'organizationId' | 'scope' | 'userId'>> {
    const key = ['user_id', 'organization_id', 'scope']
    for await (const rows of pagesOf(this.#connection, { table: 'memberships', key, columns: key.join() }))
      for (const row of rows)
        yield { organizationId: text(row, 'organization_id'), scope: text(row, 'scope'), userId: text(row, 'user_id') }
  }

  invitations(): AsyncGenerator<Invitation> {
    return this.#all(invitations, ['organization_id', 'scope', 'email_address COLLATE NOCASE', 'id'])
  }

  async *provenances(): AsyncGenerator<{ readonly revision: number; readonly actor: string }> {
    const columns = 'revision, substr(actor, 1, 1) AS actor'
    for await (const rows of pagesOf(this.#connection, { table: 'change_sets', key: ['revision'], columns }))
      for (const row of rows) yield { revision: integer(row, 'revision'), actor: text(row, 'actor') }
  }

  async isCopy(): Promise<boolean> {
    return (await readBookmark(this.#connection, upstreamBookmark).catch(() => undefined)) !== undefined
  }

  async isUndisturbed(): Promise<boolean> {
    return !this.#isAlone || !(await hasLog(this.file))
  }

  /** Removes the rows that were made again. */
  async forget(): Promise<void> {
    await this.#scratch?.close()
    this.#scratch = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.forget()
    await this.#connection.run('ROLLBACK').catch(() => undefined)
    await this.#connection.close()
  }

  async *#examineHistory(): AsyncGenerator<Finding> {
    let isComplete = true
    for await (const finding of checkSingles(this.#connection)) {
      isComplete = false
      yield finding
    }
    if (!isComplete) return
    const history = await HistoryCheck.open(this.#connection)
    const scratch = await Scratch.open(this.#connection)
    this.#scratch = scratch
    const { origin, revision } = history.base
    const rowsAtBase = origin === 'beginning' ? 0 : await scratch.load(this.#connection, history.base)
    yield* history.walk(async function* (changeSets) {
      const explaining = changeSets.filter((each) => each.revision > revision)
      for (const failed of await scratch.replay(explaining))
        if (!history.isLost(failed.revision) && history.firstLost === undefined)
          yield { what: `revision ${failed.revision}`, problem: "unreadable: what it says can't be carried out" }
    })
    if (!history.isBaseSealed && rowsAtBase > 0) this.unverified.push(unverifiedOf(history, rowsAtBase))
    const forgotten = await rowsBetween(this.#connection, history.base.revision, history.anchor.revision)
    if (forgotten > 0)
      this.unverified.push({
        rows: forgotten,
        why: `written before revision ${history.anchor.revision + 1}, where the history begins`,
      })
    this.#history = history
  }

  async *#examineThings(): AsyncGenerator<Finding> {
    const [history, scratch] = [this.#history, this.#scratch]
    if (history === undefined || scratch === undefined) {
      yield { what: 'rows', problem: "not compared with the history, which couldn't be read" }
      return
    }
    const isLost = (revision: number) => history.isLost(revision)
    const options = { file: this.#connection, made: scratch.connection, isLost, firstLost: history.firstLost }
    for (const table of await explainedTables(this.#connection)) {
      const oversized = await oversizedIn(this.#connection, table)
      if (oversized > 0) {
        this.#oversized.add(table.name)
        yield {
          what: table.name,
          problem: `${oversized} rows are larger than any that is written; the table isn't read`,
        }
      } else yield* compareRows(table, options)
    }
    if (this.#oversized.size === 0) yield* checkBase(this.#connection, history)
    yield* checkCounts(this.#connection)
    yield* checkFurtherRoles(this.#connection)
    yield* checkTimelines(this.#connection)
    yield* checkReferences(this.#connection)
    yield* checkBookmarks(this.#connection, this.head)
  }

  /** Reports a malformed row as damage of the file. */
  async *#guarded(findings: AsyncGenerator<Finding>): AsyncGenerator<Finding> {
    try {
      yield* findings
    } catch (error) {
      throw error instanceof MalformedRow ? corruptError(this.file, error) : error
    }
  }

  async *#all<T extends object>(table: Table<T>, key: readonly string[]): AsyncGenerator<T> {
    if (this.#oversized.size > 0) throw new StoreError('corrupt', 'A table has rows that are too large to be read.')
    for await (const rows of pagesOf(this.#connection, { table: table.name, key }))
      yield* await unlessMalformed(this.file, async () => rows.map(table.thingOf))
  }
}

function unverifiedOf({ base, compaction }: HistoryCheck, rows: number): Unverified {
  const reasons = {
    adoption: `taken from another store at revision ${base.revision}`,
    upgrade: `found by an upgrade at revision ${base.revision}, in a file whose earlier history was gone`,
    compaction: `as they were at revision ${base.revision}, which ${compaction ? 'no seal confirms' : 'no compaction sealed'}`,
    beginning: 'of the beginning',
  }
  return { rows, why: reasons[base.origin] }
}

/** While a store is open, its log is beside its file. A killed process leaves it there. */
async function hasLog(file: string): Promise<boolean> {
  return access(`${file}-wal`).then(
    () => true,
    () => false,
  )
}

/** The file has no fault, and a schema that this inspection can't read. */
export class FormerSchema extends Error {
  override readonly name = 'FormerSchema'
  /** What is wrong with its pages and its schema. */
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[]) {
    super('The file is of a former version.')
    this.findings = findings
  }
}

async function formerFindings(connection: Connection, applied: readonly Migration[]): Promise<readonly Finding[]> {
  const rows = await connection.all(`PRAGMA integrity_check(${problemsMax})`)
  const problems = rows.map((row) => text(row, 'integrity_check')).filter((problem) => problem !== 'ok')
  const differences = await schemaDifferences(connection, applied)
  return [...problems.map((problem) => ({ what: 'file', problem })), ...differences]
}

function withoutSchema(file: string): StoreError {
  return new StoreError('not_a_database', `${file} is empty. Give the path of the database.`)
}
