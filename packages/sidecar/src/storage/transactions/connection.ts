/**
 * What an engine implements: a connection with its transaction, its reads and its writes. Everything else about
 * transactions (the write queue, group commit, seals, the catalogue in memory) is the same for every engine and is built
 * on this.
 *
 * A connection has one transaction and one owner at a time, which waits for each call before the next. Its methods throw only
 * `StoreError`.
 */

import type { Catalogue, Change, Membership, RetiredKeys, TableDigest } from '@rolesets/core'
import type { Bookmark, Bookmarks, DeletedOrganization, KeptChangeSet, Reader, Timeline } from '../store.ts'

/** How far a history has come: its epoch, its last revision, its time, and the seal that the next change set follows. */
export interface Position {
  readonly epoch: string
  readonly revision: number
  readonly seal: string
  /** Unix milliseconds of the last change set that is kept; 0: none is. */
  readonly committedAt: number
}

/** The change sets of compactions have it, and no others. */
export const compactionOperation = 'CompactHistory'

/**
 * What the rows are derived from: the empty store, the rows that a compaction sealed, a snapshot of another store, or the rows
 * that an upgrade found in a file without a base.
 */
export type BaseOrigin = 'beginning' | 'compaction' | 'adoption' | 'upgrade'

/** A state of all rows that can still be read when they have changed. */
export interface Base {
  /** Where the rows were so. */
  readonly revision: number
  /** Distinguishes it from others of this storage. */
  readonly generation: number
}

/** The reads that the rows alone answer. */
export type RowReader = Omit<Reader, 'revision' | 'committedAt' | 'catalogue'>

/** A change with the revision and the time (Unix milliseconds) of its write. */
export interface Recorded {
  readonly change: Change
  readonly revision: number
  readonly at: number
}

export interface EngineConnection extends RowReader {
  /**
   * Begins a transaction in which every read sees one committed state. `write` also holds the lock of the only writer
   * until the transaction ends.
   *
   * @returns the position of that state. It is read anew each time: with several authorities on one storage, another one
   *   may have written since. An engine that is alone with its storage throws an error that ends all writes when the
   *   position isn't the one that it committed last.
   */
  begin(access: 'read' | 'write'): Promise<Position>
  /**
   * Durable when it returns.
   * @throws StoreError after which nothing is committed. An engine that can't know throws an error that ends all writes.
   */
  commit(): Promise<void>
  /** Doesn't throw: some failures have ended the transaction already. */
  rollback(): Promise<void>
  /** There is one savepoint at a time. `undo` takes back what was written since it was set, and removes it. */
  savepoint(action: 'set' | 'keep' | 'undo'): Promise<void>

  catalogue(): Promise<Catalogue>
  /** In any order. @param keys each is the JSON of organization id, scope and user id */
  membershipsByKey(keys: readonly string[]): Promise<readonly Membership[]>
  /** In order. @throws StoreError `compacted` */
  changeSets(after: number, limit: number): Promise<readonly KeptChangeSet[]>
  bookmark(name: string): Promise<Bookmark | undefined>
  /** All but the first one, which has the name of the store, in the order of their beginnings. */
  timelines(): Promise<readonly Timeline[]>
  /** The revision before which change sets may be forgotten; 0: none of them, apart from those of compactions. */
  forgettable(keep: { readonly newerThan: number; readonly count: number }): Promise<number>
  baseOrigin(): Promise<BaseOrigin>
  /**
   * Of all rows as they were when the base began. Its cost is that of reading all rows.
   *
   * @param check is called again and again; what it throws ends the reading
   */
  digestBase(base: Base, check: () => void): Promise<readonly TableDigest[]>

  /** Writes the rows of changes, in their order. */
  writeChanges(recorded: readonly Recorded[]): Promise<void>
  /** In order; the first one follows the position. Each is found by its subjects (`subjectsOf`). */
  writeHistory(changeSets: readonly KeptChangeSet[]): Promise<void>
  writeTimeline(timeline: Timeline): Promise<void>
  /** Null removes one. */
  writeBookmarks(bookmarks: Bookmarks): Promise<void>
  /** Begins a base with the rows as they are. */
  beginBase(): Promise<Base>
  /** The base takes effect. @throws StoreError when another one has begun since */
  settleBase(base: Base, origin: BaseOrigin): Promise<void>
  /** Forgets some change sets, and what belonged to former bases. @returns whether there may be more to forget */
  forget(before: number): Promise<boolean>
  /** Into a storage that was cleared, and whose permissions were written. */
  writeRetiredPermissions(retired: RetiredKeys): Promise<void>
  writeDeletedOrganizations(deleted: readonly DeletedOrganization[]): Promise<void>
  /**
   * Removes all things and all history. The history begins anew after the position, without timelines. Bookmarks
   * stay. Until the commit, things may name others that are written later.
   */
  clear(position: Position): Promise<void>
  /** The history, which is empty, begins after this position. */
  moveTo(position: Position): Promise<void>
}
