/** The rows of timelines, in the order of their beginnings. */

import type { Timeline } from '../../store.ts'
import type { Connection } from '../connection.ts'
import { integer, text } from './columns.ts'

export async function readTimelines(connection: Connection): Promise<readonly Timeline[]> {
  const rows = await connection.all('SELECT epoch, after FROM timelines ORDER BY after')
  return rows.map((row) => ({ epoch: text(row, 'epoch'), after: integer(row, 'after') }))
}

export async function putTimeline(connection: Connection, { epoch, after }: Timeline): Promise<void> {
  await connection.run('INSERT INTO timelines (epoch, after) VALUES (?, ?)', [epoch, after])
}
