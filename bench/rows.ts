/** Loads the rows: each file in rows/ exports one as `row`. */

import { readdir } from 'node:fs/promises'
import type { Row } from './row.ts'

const folder = new URL('rows/', import.meta.url)

export interface FoundRow {
  readonly file: string
  readonly row: Row
}

/** All rows by id, in this order: P1, P2, … P8, P8-places, … P18, growth. */
export async function loadRows(): Promise<ReadonlyMap<string, FoundRow>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'))
  const found = await Promise.all(files.map(async (file) => ({ file, row: await loadRow(file) })))
  return new Map(found.sort(byNumber).map((each) => [each.row.id, each]))
}

/** @param file the name of its file in rows/ */
export async function loadRow(file: string): Promise<Row> {
  const { row } = (await import(new URL(file, folder).href)) as { row?: Row }
  if (row === undefined) throw new Error(`bench/rows/${file} exports no \`row\`.`)
  return row
}

/** Rows that begin with a letter and a number come before rows that are named with a word. */
function byNumber({ row: one }: FoundRow, { row: other }: FoundRow): number {
  const isWord = ({ id }: Row) => !/^P\d+(-|$)/.test(id)
  return Number(isWord(one)) - Number(isWord(other)) || one.id.localeCompare(other.id, 'en', { numeric: true })
}
