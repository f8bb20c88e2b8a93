/** `pg` with a pool and a prepared query, which answers a question with one look-up in each of two indexes. */

import pg from 'pg'
import type { AskerOf } from '../load.ts'
import { questionOf } from '../questions.ts'
import { verify, type OpenAsker } from './asker.ts'

const text = `SELECT EXISTS (
  SELECT 1 FROM role_set_roles JOIN organizations USING (role_set_key)
  WHERE organizations.id = $1 AND role_set_roles.role_key = $2) AS allowed`

export async function open({ target, connections }: AskerOf<'postgres'>): Promise<OpenAsker> {
  const pool = new pg.Pool({ host: target, database: 'postgres', user: 'postgres', max: connections })
  // Opens all connections at the start, and prepares the statement on each.
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) client.release()
  const ask = async (index: number) => {
    const { organizationId, role, isAllowed } = questionOf(index)
    const { rows } = await pool.query<{ allowed: boolean }>({ name: 'check', text, values: [organizationId, role] })
    verify(rows[0]?.allowed, isAllowed, { organizationId, role })
  }
  return { questionsPerCall: 1, ask }
}
