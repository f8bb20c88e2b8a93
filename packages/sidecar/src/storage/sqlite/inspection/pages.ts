/** Reads a whole table in pages, so that memory doesn't grow with it. */

import type { Connection, Row, Value } from '../connection.ts'

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
 * Each page continues after the last row of the one before. Its key is taken as bytes: a file that was edited can have keys
 * that no text in memory is equal to, and they must neither repeat nor hide a page.
 *
 * @returns rows that also have their key in hex, under the names that `hexOf` gives
 */
export async function* pagesOf(connection: Connection, pages: Pages): AsyncGenerator<readonly Row[]> {
  const { table, key, columns = '*', condition = 'true', values = [], size = 1_000 } = pages
  const bytes = key.map((column, place) => `hex(${column}) AS ${hexOf(place)}`).join(', ')
  const start = `SELECT ${columns}, ${bytes} FROM ${table} WHERE ${condition}`
  const end = `ORDER BY ${key.join(', ')} LIMIT ${size}`
  const behind = `AND (${key.join(', ')}) > (${key.map(() => 'CAST(unhex(?) AS TEXT)').join(', ')})`
  let after: readonly Value[] | undefined
  for (;;) {
    const sql = `${start} ${after === undefined ? '' : behind} ${end}`
    const rows = await connection.all(sql, [...values, ...(after ?? [])])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < size) return
    after = key.map((_, place) => last[hexOf(place)] ?? '')
  }
}

/** @param place of a column in the key */
export function hexOf(place: number): string {
  return `hex_${place}`
}
