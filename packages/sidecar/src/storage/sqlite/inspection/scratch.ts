/**
 * Makes the rows again from the history, in a private database that is removed by itself: with the schema of this version, and
 * with the code that the sidecar writes rows with. What the file has must be the same.
 */

import type { ChangeSet } from '@rolesets/core'
import { Connection } from '../connection.ts'
import { migrations } from '../migrations/all.ts'
import { migrate } from '../migrations/migrate.ts'
import { baseRows, explainedTables } from '../rows/base.ts'
import { writeChanges } from '../rows/changes.ts'
import { assignmentCounts, organizationCounts } from '../rows/counts.ts'
import type { Base } from '../../transactions/connection.ts'

/** It is on the disk when it is larger than this. */
const cacheKibibytes = 64 << 10

export class Scratch {
  readonly connection: Connection

  private constructor(connection: Connection) {
    this.connection = connection
  }

  static async open(file: Connection): Promise<Scratch> {
    // Without a name, SQLite makes a temporary file, or none while it is small.
    const connection = await Connection.open('')
    try {
      await connection.all('PRAGMA synchronous = OFF')
      await connection.all('PRAGMA journal_mode = MEMORY')
      await connection.all(`PRAGMA cache_size = -${cacheKibibytes}`)
      await migrate(connection, migrations, 0)
      const [begin = {}] = await file.all('SELECT revision, everywhere_revision FROM former_roles_begin')
      await connection.run('UPDATE former_roles_begin SET revision = ?, everywhere_revision = ?', [
        begin['revision'] ?? 0,
        begin['everywhere_revision'] ?? 0,
      ])
      await connection.run('BEGIN')
      return new Scratch(connection)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Begins with the rows that a file had at its base. A row that is there twice is found by the digest. */
  async load(file: Connection, base: Base): Promise<number> {
    let count = 0
    for (const table of await explainedTables(file)) {
      const values = table.columns.map((_, place) => `value ->> ${place}`).join(', ')
      const sql = `INSERT OR IGNORE INTO ${table.name} (${table.columns.join(', ')}) SELECT ${values} FROM json_each(?)`
      for await (const page of baseRows(file, table, base)) {
        await this.connection.run(sql, [`[${page.lines.replaceAll('\n', ',')}]`])
        count += page.count
      }
    }
    for (const counts of [organizationCounts, assignmentCounts]) await counts.countAll(this.connection)
    return count
  }

  /** @returns the change sets that can't be carried out */
  async replay(changeSets: readonly ChangeSet[]): Promise<readonly ChangeSet[]> {
    if (changeSets.length === 0 || (await this.#write(changeSets))) return []
    const failed: ChangeSet[] = []
    for (const changeSet of changeSets) if (!(await this.#write([changeSet]))) failed.push(changeSet)
    return failed
  }

  async close(): Promise<void> {
    await this.connection.run('ROLLBACK').catch(() => undefined)
    await this.connection.close()
  }

  async #write(changeSets: readonly ChangeSet[]): Promise<boolean> {
    await this.connection.run('SAVEPOINT replay')
    try {
      await writeChanges(
        this.connection,
        changeSets.flatMap(({ changes, revision, committedAt: at }) =>
          changes.map((change) => ({ change, revision, at })),
        ),
      )
      await this.connection.run('RELEASE replay')
      return true
    } catch {
      // Whatever an edited record contains.
      await this.connection.run('ROLLBACK TO replay')
      await this.connection.run('RELEASE replay')
      return false
    }
  }
}
