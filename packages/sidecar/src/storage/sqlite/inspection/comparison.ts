/** Compares the rows of a file with those that the history makes. Both are read in the order of their keys. */

import { camelCase } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection, Row, Value } from '../connection.ts'
import type { ExplainedTable } from '../rows/base.ts'
import { hexOf, pagesOf } from './pages.ts'

export interface ComparisonOptions {
  readonly file: Connection
  /** With the rows that the history makes. */
  readonly made: Connection
  /** Whether the change set of a revision is missing or was altered. */
  readonly isLost: (revision: number) => boolean
  /** The first such revision: what is right after it isn't known exactly. */
  readonly firstLost: number | undefined
}

interface Difference {
  readonly inFile: Row | undefined
  readonly made: Row | undefined
}

const valueCharactersMax = 100

export async function* compareRows(table: ExplainedTable, options: ComparisonOptions): AsyncGenerator<Finding> {
  let doubtful = 0
  for await (const difference of differencesOf(table, options)) {
    const judged = judge(table, difference, options)
    if (judged === 'doubtful') doubtful++
    else if (judged !== undefined)
      yield { what: inWords(table, difference.inFile ?? difference.made ?? {}), problem: judged }
  }
  if (doubtful > 0) {
    const problem = `${doubtful} differ from the history, and whether they are right can't be told: a part of it is missing or was altered`
    yield { what: table.name, problem }
  }
}

async function* differencesOf(table: ExplainedTable, { file, made }: ComparisonOptions): AsyncGenerator<Difference> {
  const columns = table.columns.map((column) => `"${column}"`).join(', ')
  const pages = { table: table.name, key: table.key, columns }
  const left = new Cursor(file, pages, table)
  const right = new Cursor(made, pages, table)
  for (;;) {
    const [inFile, expected] = [await left.row(), await right.row()]
    if (inFile === undefined && expected === undefined) return
    const order = orderOf(inFile, expected, table)
    if (order !== 0) yield order < 0 ? { inFile, made: undefined } : { inFile: undefined, made: expected }
    else if (inFile && expected && !(await left.isSame(inFile, expected, right))) yield { inFile, made: expected }
    if (order <= 0) left.advance()
    if (order >= 0) right.advance()
  }
}

type PagesOfTable = Parameters<typeof pagesOf>[1]

class Cursor {
  readonly #connection: Connection
  readonly #table: ExplainedTable
  readonly #pages: AsyncGenerator<readonly Row[]>
  #page: readonly Row[] = []
  #place = 0

  constructor(connection: Connection, pages: PagesOfTable, table: ExplainedTable) {
    this.#connection = connection
    this.#table = table
    this.#pages = pagesOf(connection, pages)
  }

  /** Undefined: there are no more. */
  async row(): Promise<Row | undefined> {
    if (this.#place === this.#page.length) {
      const next = await this.#pages.next()
      this.#page = next.done === true ? [] : next.value
      this.#place = 0
    }
    return this.#page[this.#place]
  }

  advance(): void {
    this.#place++
  }

  /** Bytes that are no text are read as U+FFFD, as that character itself is; so rows with it are compared as bytes. */
  async isSame(own: Row, other: Row, others: Cursor): Promise<boolean> {
    const isEqual = this.#table.columns.every((column) => own[column] === other[column])
    if (!isEqual || !this.#table.columns.some((column) => String(own[column]).includes('\ufffd'))) return isEqual
    return (await this.#bytes(own)) === (await others.#bytes(other))
  }

  async #bytes(row: Row): Promise<string> {
    const { name, key, columns } = this.#table
    const condition = key.map((column) => `${column} = CAST(unhex(?) AS TEXT)`).join(' AND ')
    const sql = `SELECT ${columns.map((column) => `hex("${column}")`).join(` || ',' || `)} AS bytes FROM ${name} WHERE ${condition}`
    const keys = key.map((_, place) => row[hexOf(place)] ?? '')
    return JSON.stringify(await this.#connection.all(sql, keys))
  }
}

/** As SQLite orders them. A row that isn't there comes last. */
function orderOf(left: Row | undefined, right: Row | undefined, { key }: ExplainedTable): number {
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1
  for (const place of key.keys()) {
    const [one, other] = [String(left[hexOf(place)]), String(right[hexOf(place)])]
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** @returns what is wrong; undefined: a revision that is reported by itself explains it */
function judge(
  table: ExplainedTable,
  { inFile, made }: Difference,
  { isLost, firstLost }: ComparisonOptions,
): string | undefined {
  const [is, was] = [stampOf(inFile), stampOf(made)]
  if (is !== undefined && isLost(is)) return undefined
  // Changes that are lost can be the reason for anything that is later than they are, and for what is gone.
  const latest = Math.max(is ?? 0, was ?? 0)
  if (
    firstLost !== undefined &&
    (made === undefined ? latest > firstLost || is === undefined : inFile === undefined || latest > firstLost)
  )
    return 'doubtful'
  if (inFile === undefined)
    return `gone, and no change set says so${was === undefined ? '' : `: revision ${was} was the last to write it`}`
  const stamped = is === undefined ? '' : `: it is stamped with revision ${is}`
  if (made === undefined) return `there, and no change made it${stamped}`
  if (is !== undefined && was !== undefined && is !== was)
    return is < was
      ? `as it was at revision ${is}, and revision ${was} changed it`
      : `stamped with revision ${is}, and the last revision that wrote it is ${was}`
  const fields = table.columns.filter((column) => inFile[column] !== made[column])
  const texts = fields.map((column) => fieldText(column, inFile[column], made[column]))
  return `altered since revision ${is ?? 'that wrote it'}: ${texts.join(', ') || 'its bytes differ'}`
}

function stampOf(row: Row | undefined): number | undefined {
  const revision = row?.['revision']
  return typeof revision === 'number' ? revision : undefined
}

/** Metadata and digests aren't shown. */
function fieldText(column: string, is: Value | undefined, was: Value | undefined): string {
  const field = camelCase(column)
  if (column === 'digest' || column.endsWith('_metadata')) return `${field} differs`
  return `${field} is ${shown(is)} and was ${shown(was)}`
}

function shown(value: Value | undefined): string {
  const text = JSON.stringify(value ?? null)
  return text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax)}…` : text
}

/** A row as a finding names it: `membership orgmem_…`. */
function inWords({ name, key }: ExplainedTable, row: Row): string {
  const noun = name.replace(/s$/, '').replaceAll('_', ' ')
  const id = row['id'] ?? key.map((column) => row[column]).join(' ')
  return name === 'settings' ? 'settings' : `${noun} ${String(id).slice(0, valueCharactersMax)}`
}
