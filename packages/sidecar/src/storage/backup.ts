/** The contract of copies: one consistent state of a store as one file, and a file that takes the place of a store. */

export interface CopyOptions {
  /** Ends the copy; what was written of it is removed. */
  readonly signal: AbortSignal
  /** Called now and then with the bytes that were written, and about how many there will be. */
  readonly report?: ((bytes: number, ofBytes: number) => void) | undefined
}

/** What a copy holds: every write up to this revision, and no other one. */
export interface CopiedState {
  readonly revision: number
  /** The seal of that revision. */
  readonly seal: string
  readonly bytes: number
}

/** A complete copy of a running store. Its file has no name, so that nothing is left of it when the process ends. */
export interface StoreCopy extends CopiedState, AsyncDisposable {
  /** From the beginning to the end; once. */
  chunks(): AsyncIterable<Uint8Array>
}

/**
 * A restore that has begun. It holds the lock of the database, so that no sidecar can start meanwhile. Ended without `commit`,
 * it leaves everything as it was.
 */
export interface Restoring extends AsyncDisposable {
  /** The path of the database, without symbolic links. */
  readonly file: string
  /** The folder has a database, or the log of one, at this path. */
  readonly isTaken: boolean
  /** Where the new file is until it takes its place: `sqlite:<path>`. */
  readonly url: string
  /** Writes the new file, durably. @throws StoreError `not_a_database`, `disk_full`; `corrupt` when it isn't complete */
  fill(chunks: AsyncIterable<Uint8Array>): Promise<void>
  /**
   * The new file takes the place of the old database. Whenever the process is killed, the old store is in place, whole, or
   * the new one; a start finishes what was begun.
   *
   * @returns where the old database is now; undefined: there was none
   */
  commit(): Promise<string | undefined>
}

/** A part of the contract of a store. */
export interface Copying {
  /**
   * A copy of the state that is committed when it is called, or of a later one. Reads and writes go on meanwhile.
   * @throws StoreError `disk_full`, `closed`, or as for a read; what the signal was aborted with
   */
  copy(options: CopyOptions): Promise<StoreCopy>
}
