/** Reads a whole table in pages, so that memory doesn't grow with it. */

import type { Connection, Row, Value } from '../connection.ts'

export interface Pages {
  readonly table: string
  /** Unique columns, by which rows are ordered. */
  readonly key: readonly string[]
  /** A value before all those of the key. Default: the empty text. */
  readonly start?: Value
  /** Default: all columns. */
  readonly columns?: string
  readonly condition?: string
  /** Of the condition. */
  readonly values?: readonly Value[]
  readonly size?: number
}

/** Each page continues after the last row of the one before. */
export async function* pagesOf(connection: Connection, pages: Pages): AsyncGenerator<readonly Row[]> {
  const { table, key, start = '', columns = '*', condition = 'true', values = [], size = 1_000 } = pages
  const sql = `SELECT ${columns} FROM ${table}
    WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')}) AND ${condition}
    ORDER BY ${key.join(', ')} LIMIT ${size}`
  let after: readonly Value[] = key.map(() => start)
  for (;;) {
    const rows = await connection.all(sql, [...after, ...values])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < size) return
    after = key.map((column) => last[column.replace(' COLLATE NOCASE', '')] ?? '')
  }
}
