/**
 * Examines a file before it is used, as far as a start stays quick: damage that nothing reads for weeks would else be found
 * after the last sound backup is gone, and a row that was altered would be believed.
 */

import { access } from 'node:fs/promises'
import { StoreError } from '../../store.ts'
import { Connection } from '../connection.ts'
import { corruptError } from '../errors.ts'
import { firstDifference } from '../inspection/inspection.ts'
import { count } from '../rows/columns.ts'
import { logSuffix } from './private.ts'

export interface ExaminedBytes {
  /** Up to this size SQLite's own check reads all pages, indexes and references: 0.2 s of a processor. */
  readonly whole: number
  /** Up to this size all rows are compared with the history, as doctor does it: half a second of a processor. */
  readonly rows: number
}

export const examinedBytes: ExaminedBytes = { whole: 64 << 20, rows: 4 << 20 }

/**
 * Keeps SQLite from moving the log into a file that is refused: it does so when the last connection that can write is closed.
 * A connection that can't write, and that is closed later, prevents it.
 *
 * @returns ends that, when the file is accepted
 */
export async function keepLog(file: string, undo: (() => Promise<void>)[]): Promise<() => Promise<void>> {
  if (!(await exists(`${file}${logSuffix}`))) return async () => undefined
  const keeper = await Connection.openToRead(file, false)
  let isOpen = true
  const close = async () => {
    if (isOpen) await keeper.close()
    isOpen = false
  }
  undo.push(close)
  // It holds its lock from its first read on. What hinders the read also hinders the connection that comes next, and says so.
  await keeper.all('PRAGMA schema_version').catch(() => undefined)
  return close
}

/**
 * Pages, indexes and references.
 *
 * @returns the size of a file that is too large for it
 * @throws StoreError `corrupt`
 */
export async function checkWhole(
  connection: Connection,
  { whole: bytesMax }: ExaminedBytes,
): Promise<{ readonly bytes: number; readonly bytesMax: number } | undefined> {
  const bytes = await sizeOf(connection)
  if (bytes > bytesMax) return { bytes, bytesMax }
  const [found] = await connection.all('PRAGMA integrity_check(1)')
  if (found?.['integrity_check'] !== 'ok') throw damaged(connection, String(found?.['integrity_check']))
  const [dangling] = await connection.all('SELECT * FROM pragma_foreign_key_check LIMIT 1')
  if (dangling !== undefined) throw damaged(connection, `A row refers to nothing: ${JSON.stringify(dangling)}`)
  return undefined
}

/** With this version's schema. @throws StoreError `corrupt` */
export async function checkRows(connection: Connection, { rows: bytesMax }: ExaminedBytes): Promise<void> {
  const isNew = count(await connection.all('SELECT count(*) AS written FROM change_sets LIMIT 1'), 'written') === 0
  if (isNew || (await sizeOf(connection)) > bytesMax) return
  const found = await firstDifference(connection).catch((error: unknown) => {
    // A record that was edited can make any check fail.
    throw error instanceof StoreError ? error : corruptError(connection.file, error)
  })
  if (found !== undefined) throw damaged(connection, `${found.what}: ${found.problem}`)
}

/** With what is in the log. */
async function sizeOf(connection: Connection): Promise<number> {
  const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size'
  return count(await connection.all(sql), 'bytes')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function damaged(connection: Connection, finding: string): StoreError {
  return corruptError(connection.file, new Error(finding))
}
