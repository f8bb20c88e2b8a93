/** Inspects a whole file in one read transaction: SQLite's own check, the history, and the rows compared with it. */

import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type Catalogue,
  type ChangeSet,
  type Invitation,
  type Membership,
  type Organization,
  subjectsOf,
} from '@rolesets/core'
import type { Finding, Inspection } from '../../inspection.ts'
import { checkTimelines } from './timelines.ts'
import { migrations } from '../migrations/all.ts'
import { StoreError } from '../../store.ts'
import { inOrder, loadCatalogue } from '../rows/catalogue.ts'
import { Connection, type Row } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { readAnchor, readPosition } from '../rows/history.ts'
import { Chain } from '../../transactions/chain.ts'
import type { Table } from '../rows/table.ts'
import { pagesOf, type Pages } from './pages.ts'
import { checkCounts, checkStamps, highestStamp, noteSweep, type Sweeps } from './stamps.ts'
import { checkTraces, smallRows } from './traces.ts'
import { missingMigrations } from '../migrations/migrate.ts'
import { schemaDifferences, type SchemaDifference } from '../migrations/schema.ts'
import { setUpReader } from '../pragmas.ts'
import { integer, MalformedRow, text, unlessMalformed } from '../rows/columns.ts'
import { accessKeys, changeSetOf, invitations, memberships, organizations, sealedRecordOf } from '../rows/things.ts'

/** A revision can be 0 or more. */
const changeSets: Pages = { table: 'change_sets', key: ['revision'], start: -1 }
const changeSetsPerPage = 100
/** SQLite stops after so many problems. */
const problemsMax = 100

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
    if (missing !== undefined && missing.length > 0) throw ofOldSchema(file)
    await setUpReader(connection)
    await connection.run('BEGIN')
    // The first statement that reads makes the state that all others see.
    const differences = await schemaDifferences(connection, migrations)
    const position = await unlessDamaged(() => unlessMalformed(file, () => readPosition(connection)))
    const { revision: head, seal } = position ?? { revision: 0, seal: '' }
    return new SqliteInspection(connection, { head, seal, isAlone, differences })
  } catch (error) {
    await connection.close()
    throw error
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
  readonly #sweeps: Sweeps = new Map()
  readonly #differences: readonly SchemaDifference[]
  #chain: Chain | undefined

  constructor(connection: Connection, { head, seal, isAlone, differences }: Opened) {
    this.#differences = differences
    this.file = connection.file
    this.head = head
    this.seal = seal
    this.#connection = connection
    this.#isAlone = isAlone
  }

  async *integrity(): AsyncGenerator<Finding> {
    for (const row of await this.#connection.all(`PRAGMA quick_check(${problemsMax})`)) {
      const problem = text(row, 'quick_check')
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

  catalogue(): Promise<Catalogue> {
    return unlessMalformed(this.file, () => loadCatalogue(this.#connection))
  }

  organizations(): AsyncGenerator<Organization> {
    return this.#all(organizations, ['id'])
  }

  memberships(): AsyncGenerator<Membership> {
    return this.#all(memberships, ['organization_id', 'user_id'])
  }

  invitations(): AsyncGenerator<Invitation> {
    return this.#all(invitations, ['organization_id', 'email_address COLLATE NOCASE', 'id'])
  }

  async *provenances(): AsyncGenerator<{ readonly revision: number; readonly actor: string }> {
    for await (const rows of pagesOf(this.#connection, { ...changeSets, columns: 'revision, actor' }))
      for (const row of rows) yield { revision: integer(row, 'revision'), actor: text(row, 'actor') }
  }

  async isUndisturbed(): Promise<boolean> {
    return !this.#isAlone || !(await hasLog(this.file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.run('ROLLBACK').catch(() => undefined)
    await this.#connection.close()
  }

  async *#examineHistory(): AsyncGenerator<Finding> {
    const chain = new Chain(await readAnchor(this.#connection))
    this.#chain = chain
    const small = smallRows(await this.catalogue(), await inOrder(this.#connection, accessKeys))
    for await (const rows of pagesOf(this.#connection, { ...changeSets, size: changeSetsPerPage })) {
      const sound: ChangeSet[] = []
      for (const row of rows) {
        const finding = chain.check(sealedRecordOf(row))
        if (finding !== undefined) yield finding
        if (finding === undefined || chain.isMissing(integer(row, 'revision') - 1)) sound.push(changeSetOf(row))
      }
      for (const changeSet of sound) noteSweep(this.#sweeps, changeSet)
      yield* this.#checkSubjects(rows, sound)
      yield* checkTraces(this.#connection, sound, small)
    }
    const lost = chain.endAt(await highestStamp(this.#connection))
    if (lost !== undefined) yield { ...lost, problem: `missing; things are stamped with ${lost.what}` }
  }

  async *#examineThings(): AsyncGenerator<Finding> {
    const chain = this.#chain
    if (chain === undefined) throw new Error('Call history() before things().')
    const { revision: anchor } = await readAnchor(this.#connection)
    const isMissing = (revision: number) => chain.isMissing(revision)
    yield* checkStamps(this.#connection, { sweeps: this.#sweeps, anchor, isMissing })
    yield* checkCounts(this.#connection)
    yield* checkTimelines(this.#connection)
    yield* this.#checkReferences()
  }

  /** Reports a malformed row as damage of the file. */
  async *#guarded(findings: AsyncGenerator<Finding>): AsyncGenerator<Finding> {
    try {
      yield* findings
    } catch (error) {
      throw error instanceof MalformedRow ? corruptError(this.file, error) : error
    }
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
      const found = noted.get(revision) ?? new Set<string>()
      const wanted = new Set(subjectsOf(changes))
      const missing = [...wanted].filter((subject) => !found.has(subject))
      const strange = [...found].filter((subject) => !wanted.has(subject))
      if (missing.length > 0) yield { what: `revision ${revision}`, problem: `not found by ${missing.join(', ')}` }
      if (strange.length > 0) yield { what: `revision ${revision}`, problem: `found by ${strange.join(', ')} in error` }
    }
  }

  async *#checkReferences(): AsyncGenerator<Finding> {
    const sql = 'SELECT "table" AS source, parent, count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1, 2'
    for (const row of await this.#connection.all(sql)) {
      const problem = `${integer(row, 'rows')} refer to ${text(row, 'parent')} that are not there`
      yield { what: text(row, 'source'), problem }
    }
  }

  async *#all<T extends object>(table: Table<T>, key: readonly string[]): AsyncGenerator<T> {
    for await (const rows of pagesOf(this.#connection, { table: table.name, key }))
      yield* await unlessMalformed(this.file, async () => rows.map(table.thingOf))
  }
}

/** While a store is open, its log is beside its file. A killed process leaves it there. */
async function hasLog(file: string): Promise<boolean> {
  return access(`${file}-wal`).then(
    () => true,
    () => false,
  )
}

function ofOldSchema(file: string): StoreError {
  return new StoreError(
    'not_a_database',
    `${file} is empty or of an older version. Start a sidecar on it once; that upgrades it.`,
  )
}
