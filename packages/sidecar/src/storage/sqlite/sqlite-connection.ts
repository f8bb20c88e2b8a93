/** A connection to the file as the store's transactions need it: begin, commit, and the writes of all rows. */

import { StoreError } from '../store.ts'
import type { EngineConnection, Position } from '../transactions/connection.ts'
import type { Connection } from './connection.ts'
import type { FileGuard } from './file/guard.ts'
import { readsOf } from './questions/queries.ts'
import { beginBase, digestBase, forgetFormerBases, readBase, settleBase } from './rows/base.ts'
import { putBookmark } from './rows/bookmarks.ts'
import { writeChanges } from './rows/changes.ts'
import { unlessMalformed } from './rows/columns.ts'
import { putDeletedOrganizations } from './rows/organizations.ts'
import { putTimeline, readTimelines } from './rows/timelines.ts'
import { putRetiredKeys } from './rows/permissions.ts'
import { forgetSome, readPosition, setAnchor, writeHistory } from './rows/history.ts'
import { contentTables } from './tables.ts'

const savepoints = {
  set: ['SAVEPOINT work'],
  keep: ['RELEASE work'],
  undo: ['ROLLBACK TO work', 'RELEASE work'],
} as const

/** @param guard of the files, for a connection that writes */
export function sqliteConnection(connection: Connection, guard?: FileGuard): EngineConnection {
  /** Where this connection left the file, if it has written; the lock of the file keeps every other writer off. */
  let committed: Position | undefined
  /** Where its transaction leaves the file. */
  let next: Position | undefined

  const checkAlone = (position: Position) => {
    const known = committed ?? position
    if (known.revision !== position.revision || known.seal !== position.seal || known.epoch !== position.epoch)
      throw moved(connection.file, { known: known.revision, found: position.revision })
    next = position
    committed = position
  }
  const rollback = async () => (await connection.run('ROLLBACK').catch(() => undefined), guard?.end())

  return guarded(connection.file, {
    ...readsOf(connection),
    rollback,
    begin: async (access) => {
      await connection.run(access === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN')
      try {
        // The first statement that reads fixes the state that all others see.
        // A log that was truncated has its size again after the next write, so it is looked at before, too.
        const verified = access === 'write' ? guard?.verify() : undefined
        const [position] = await Promise.all([readPosition(connection), verified])
        if (access === 'write') checkAlone(position)
        return position
      } catch (error) {
        await rollback()
        throw error
      }
    },
    commit: async () => {
      await connection.run('COMMIT')
      committed = next
      await guard?.verifyCommitted()
    },
    savepoint: async (action) => {
      for (const sql of savepoints[action]) await connection.run(sql)
    },
    writeChanges: (recorded) => writeChanges(connection, recorded),
    writeHistory: async (changeSets) => {
      await writeHistory(connection, changeSets)
      const last = changeSets.at(-1)
      if (last && next) next = { ...last, epoch: next.epoch }
    },
    timelines: () => readTimelines(connection),
    writeTimeline: (timeline) => putTimeline(connection, timeline),
    writeBookmarks: async (bookmarks) => {
      for (const [name, bookmark] of bookmarks) await putBookmark(connection, name, bookmark)
    },
    baseOrigin: async () => (await readBase(connection)).origin,
    digestBase: (base, check) => digestBase(connection, base, check),
    beginBase: () => beginBase(connection),
    settleBase: (base, origin) => settleBase(connection, base, origin),
    forget: async (before) => {
      const [isMore, isMoreOfBases] = [await forgetSome(connection, before), await forgetFormerBases(connection)]
      return isMore || isMoreOfBases
    },
    writeDeletedOrganizations: (deleted) => putDeletedOrganizations(connection, deleted),
    writeRetiredPermissions: (retired) => putRetiredKeys(connection, retired),
    clear: async (position) => clear(connection, (next = position)),
    moveTo: async (position) => setAnchor(connection, (next = position)),
  })
}

async function clear(connection: Connection, position: Position): Promise<void> {
  await connection.run('PRAGMA defer_foreign_keys = ON')
  await connection.run('DELETE FROM base_rows')
  for (const table of contentTables) await connection.run(`DELETE FROM ${table}`)
  await connection.run('UPDATE store SET epoch = ?', [position.epoch])
  await setAnchor(connection, position)
}

/** Reports a malformed row as damage of the file, in each call. */
function guarded(file: string, engine: EngineConnection): EngineConnection {
  const guard = ([name, call]: [string, (...args: unknown[]) => Promise<unknown>]) => {
    return [name, (...args: unknown[]) => unlessMalformed(file, async () => call(...args))]
  }
  // Each method stands for the one with its name.
  return Object.fromEntries(Object.entries(engine).map(guard)) as EngineConnection
}

function moved(file: string, { known, found }: { readonly known: number; readonly found: number }): StoreError {
  return new StoreError(
    'failed',
    `${file} is at revision ${found}, and this process left it at ${known}. After a failure it is unknown what was written, or another program has written to the file. Restart the sidecar to read the file again.`,
    { endsWrites: true },
  )
}
