/** A connection to the file as the store's transactions need it: begin, commit, and the writes of all rows. */

import type { Catalogue } from '@rolesets/core'
import { StoreError, type Bookmark, type KeptChangeSet } from '../store.ts'
import type { EngineConnection, Position, Recorded } from '../transactions/connection.ts'
import { Queries } from './questions/queries.ts'
import { putBookmark, readBookmark } from './rows/bookmarks.ts'
import { loadCatalogue } from './rows/catalogue.ts'
import { writeChanges } from './rows/changes.ts'
import { forgetSome, readChangeSets, readForgettable, readPosition, setAnchor, writeHistory } from './rows/history.ts'

/** The tables of the content, those that refer to others first. */
const contentTables = [
  ...[
    'memberships',
    'invitations',
    'assignments',
    'organizations',
    'organization_counts',
    'role_set_roles',
    'role_permissions',
  ],
  ...['role_sets', 'roles', 'permissions', 'settings', 'access_keys', 'change_subjects', 'change_sets'],
]

const savepoints = {
  set: ['SAVEPOINT work'],
  keep: ['RELEASE work'],
  undo: ['ROLLBACK TO work', 'RELEASE work'],
} as const

export class SqliteConnection extends Queries implements EngineConnection {
  /** Where this connection left the file, if it has written; the lock of the file keeps every other writer off. */
  #committed: Position | undefined
  /** Where its transaction leaves the file. */
  #next: Position | undefined
  async begin(access: 'read' | 'write'): Promise<Position> {
    await this.connection.run(access === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN')
    try {
      // The first statement that reads fixes the state that all others see.
      const position = await this.checked(() => readPosition(this.connection))
      if (access === 'write') this.#checkAlone(position)
      return position
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  async commit(): Promise<void> {
    await this.connection.run('COMMIT')
    this.#committed = this.#next
  }

  async rollback(): Promise<void> {
    await this.connection.run('ROLLBACK').catch(() => undefined)
  }

  async savepoint(action: 'set' | 'keep' | 'undo'): Promise<void> {
    for (const sql of savepoints[action]) await this.connection.run(sql)
  }

  catalogue(): Promise<Catalogue> {
    return this.checked(() => loadCatalogue(this.connection))
  }

  changeSets(after: number, limit: number): Promise<readonly KeptChangeSet[]> {
    return this.checked(() => readChangeSets(this.connection, after, limit))
  }

  bookmark(name: string): Promise<Bookmark | undefined> {
    return this.checked(() => readBookmark(this.connection, name))
  }

  forgettable(keep: { readonly newerThan: number; readonly count: number }): Promise<number> {
    return this.checked(() => readForgettable(this.connection, keep))
  }

  writeChanges(recorded: readonly Recorded[]): Promise<void> {
    return writeChanges(this.connection, recorded)
  }

  async writeHistory(changeSets: readonly KeptChangeSet[]): Promise<void> {
    await writeHistory(this.connection, changeSets)
    const last = changeSets.at(-1)
    if (last && this.#next) this.#next = { epoch: this.#next.epoch, revision: last.revision, seal: last.seal }
  }

  async writeBookmarks(bookmarks: ReadonlyMap<string, Bookmark | null>): Promise<void> {
    for (const [name, bookmark] of bookmarks) await putBookmark(this.connection, name, bookmark)
  }

  forget(before: number): Promise<boolean> {
    return this.checked(() => forgetSome(this.connection, before))
  }

  async clear(position: Position): Promise<void> {
    for (const table of contentTables) await this.connection.run(`DELETE FROM ${table}`)
    await this.connection.run('UPDATE store SET epoch = ?', [position.epoch])
    await setAnchor(this.connection, position)
    this.#next = position
  }

  #checkAlone(position: Position): void {
    const known = this.#committed ?? position
    if (known.revision !== position.revision || known.seal !== position.seal || known.epoch !== position.epoch) {
      throw moved(this.connection.file, { known: known.revision, found: position.revision })
    }
    this.#next = position
    this.#committed = position
  }
}

function moved(file: string, { known, found }: { readonly known: number; readonly found: number }): StoreError {
  return new StoreError(
    'failed',
    `${file} is at revision ${found}, and this process left it at ${known}. After a failure it is unknown what was written, or another program has written to the file. Restart the sidecar to read the file again.`,
    { endsWrites: true },
  )
}
