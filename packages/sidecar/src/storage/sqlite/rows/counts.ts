/**
 * How many organizations and how many scopes have each role set, in tables of their own. What a write adds and takes away is
 * counted in the rows, before and after it, and not from the `before` of a change.
 */

import type { Connection, Value } from '../connection.ts'
import { integer } from './columns.ts'

/** Which rows a write concerns. */
interface Concerned {
  readonly condition: string
  readonly values: readonly Value[]
}

class Counts {
  readonly #rows: string
  readonly #table: string

  /** @param rows the table of what is counted, and the column of its numbers */
  constructor(rows: string, table: string) {
    this.#rows = rows
    this.#table = table
  }

  /** Its cost doesn't depend on the number. */
  async of(connection: Connection, roleSetId: string): Promise<number> {
    const sql = `SELECT ${this.#rows} AS counted FROM ${this.#table} WHERE role_set_id = ?`
    const [row] = await connection.all(sql, [roleSetId])
    return row === undefined ? 0 : integer(row, 'counted')
  }

  /** Takes these rows out of the numbers, before they are changed or removed. */
  async takeOut(connection: Connection, { condition, values }: Concerned): Promise<void> {
    const sql = `UPDATE ${this.#table} SET ${this.#rows} = ${this.#table}.${this.#rows} - leaving.counted
      FROM (${this.#counted(condition)}) AS leaving WHERE leaving.role_set_id = ${this.#table}.role_set_id`
    await connection.run(sql, values)
  }

  /** Adds these rows to the numbers, after they are written. */
  async putIn(connection: Connection, { condition, values }: Concerned): Promise<void> {
    await connection.run(this.#adding(this.#counted(condition)), values)
  }

  /** All of a set have another one. */
  async move(
    connection: Connection,
    { fromRoleSetId, toRoleSetId }: { readonly fromRoleSetId: string; readonly toRoleSetId: string },
    moved: number,
  ): Promise<void> {
    const out = `UPDATE ${this.#table} SET ${this.#rows} = ${this.#rows} - ? WHERE role_set_id = ?`
    await connection.run(out, [moved, fromRoleSetId])
    await connection.run(this.#adding('SELECT ?, ?'), [toRoleSetId, moved])
  }

  /** Counts all of a storage that has no numbers yet. */
  async countAll(connection: Connection): Promise<void> {
    await this.putIn(connection, { condition: 'true', values: [] })
  }

  /** The set is gone. */
  async forget(connection: Connection, roleSetId: string): Promise<void> {
    await connection.run(`DELETE FROM ${this.#table} WHERE role_set_id = ? AND ${this.#rows} = 0`, [roleSetId])
  }

  #counted(condition: string): string {
    return `SELECT role_set_id, count(*) AS counted FROM ${this.#rows}
      WHERE role_set_id IS NOT NULL AND ${condition} GROUP BY role_set_id`
  }

  #adding(counted: string): string {
    return `INSERT INTO ${this.#table} (role_set_id, ${this.#rows}) SELECT * FROM (${counted}) WHERE true
      ON CONFLICT (role_set_id) DO UPDATE SET ${this.#rows} = ${this.#rows} + excluded.${this.#rows}`
  }
}

export const organizationCounts = new Counts('organizations', 'organization_counts')
/** Of the scopes that have a role set of their own. */
export const assignmentCounts = new Counts('assignments', 'assignment_counts')
