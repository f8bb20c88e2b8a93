/** The rows that there are: each file in rows/ exports one as `row`. */

import { readdir } from 'node:fs/promises'
import type { Row } from './row.ts'

const folder = new URL('rows/', import.meta.url)

export interface FoundRow {
  readonly file: string
  readonly row: Row
}

/** All rows by their ids, in this order: P1, P2, … P14, growth. */
export async function loadRows(): Promise<ReadonlyMap<string, FoundRow>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'))
  const found = await Promise.all(files.map(async (file) => ({ file, row: await loadRow(file) })))
  return new Map(found.sort(byNumber).map((each) => [each.row.id, each]))
}

/** @param file its name in rows/ */
export async function loadRow(file: string): Promise<Row> {
  const { row } = (await import(new URL(file, folder).href)) as { row?: Row }
  if (row === undefined) throw new Error(`bench/rows/${file} exports no \`row\`.`)
  return row
}

/** Rows of the table have a letter and a number, and come before those that are named by a word. */
function byNumber({ row: one }: FoundRow, { row: other }: FoundRow): number {
  const isWord = ({ id }: Row) => !/^P\d+$/.test(id)
  return Number(isWord(one)) - Number(isWord(other)) || one.id.localeCompare(other.id, 'en', { numeric: true })
}
