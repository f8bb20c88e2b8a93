/** The rows of bookmarks. */

import type { Bookmark } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { integer, text } from './columns.ts'

export async function readBookmark(connection: Connection, name: string): Promise<Bookmark | undefined> {
  const [row] = await connection.all('SELECT epoch, revision FROM bookmarks WHERE name = ?', [name])
  return row && { epoch: text(row, 'epoch'), revision: integer(row, 'revision') }
}

/** Null removes a bookmark. */
export async function putBookmark(connection: Connection, name: string, bookmark: Bookmark | null): Promise<void> {
  if (bookmark === null) return void (await connection.run('DELETE FROM bookmarks WHERE name = ?', [name]))
  const sql = 'INSERT OR REPLACE INTO bookmarks (name, epoch, revision) VALUES (?, ?, ?)'
  await connection.run(sql, [name, bookmark.epoch, bookmark.revision])
}
