/** Reads a whole table in pages, so that memory doesn't grow with it. */

import type { Connection, Row, Value } from '../connection.ts'
import { boundOf, type KeyBound } from '../rows/key-bytes.ts'

export interface Pages {
  readonly table: string
  /** Unique columns, by which rows are ordered. */
  readonly key: readonly string[]
  /** Default: all columns. */
  readonly columns?: string
  readonly condition?: string
  /** Of the condition. */
  readonly values?: readonly Value[]
  readonly size?: number
}

/**
 * Each page continues after the last row of the one before, by the bytes of its key.
 *
 * @returns rows that also have their key in hex, under the names that `hexOf` gives
 */
export async function* pagesOf(connection: Connection, pages: Pages): AsyncGenerator<readonly Row[]> {
  const { table, key, columns = '*', condition = 'true', values = [], size = 1_000 } = pages
  const bytes = key.map((column, place) => `hex(${column}) AS ${hexOf(place)}`).join(', ')
  const start = `SELECT ${columns}, ${bytes} FROM ${table} WHERE ${condition}`
  const end = `ORDER BY ${key.join(', ')} LIMIT ${size}`
  let after: KeyBound | undefined
  for (;;) {
    const behind = after === undefined ? '' : `AND (${key.join(', ')}) > (${after.sql})`
    const rows = await connection.all(`${start} ${behind} ${end}`, [...values, ...(after?.values ?? [])])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < size) return
    after = boundOf(key.map((_, place) => String(last[hexOf(place)])))
  }
}

/** @param place of a column in the key */
export function hexOf(place: number): string {
  return `hex_${place}`
}
