/** The options of a store, and the events that it reports while it runs. */

import type { StoreError } from './store.ts'

/** What a store keeps rows of. The store of a replica has none of memberships and invitations. */
export type Holds = 'everything' | 'places'

export interface StoreOptions {
  /** Writes that may wait for the writer, and reads for a reader. One more is refused as `overloaded`. Default 10 000. */
  readonly writesWaitingMax?: number
  /** Writes that may share one transaction. Default 500. */
  readonly batchMax?: number
  /** For the log and the metrics. Must not throw. */
  readonly onEvent?: (event: StoreEvent) => void
  /** Default: everything. A store of `places` takes what another store made, and writes nothing of its own. */
  readonly holds?: Holds | undefined
  /** Calls the opening off, also in the middle of a long migration, which then has changed nothing. */
  readonly signal?: AbortSignal | undefined
  /** Unix milliseconds, for the date of a migration. Default: the system's clock. */
  readonly now?: () => number
}

export type StoreEvent =
  /** One transaction was made durable. `commitMs`: what the commit alone took. */
  | { readonly kind: 'committed'; readonly works: number; readonly changeSets: number; readonly commitMs: number }
  /** A transaction was rolled back; if it had several works, each is run again alone. */
  | { readonly kind: 'rolled_back'; readonly works: number; readonly error: StoreError }
  /** A write or a read ended with this error. Not for the log: the caller has it. */
  | { readonly kind: 'call_failed'; readonly error: StoreError }
  /** The storage is damaged or in doubt: from now on every write is refused with this error. */
  | { readonly kind: 'writes_stopped'; readonly error: StoreError }
  /** Other users could open these files until now. */
  | { readonly kind: 'files_narrowed'; readonly files: readonly string[] }
  /** The file is too large to be examined at its start. The whole is for `rolesets doctor`. */
  | { readonly kind: 'file_examined_in_part'; readonly file: string; readonly bytes: number; readonly bytesMax: number }
  /** A restore was cut off before its file was in place: it is now. `replaced`: where the database before it is. */
  | { readonly kind: 'restore_finished'; readonly file: string; readonly replaced: string | undefined }
  /** The damage was a passing error: the storage is sound, and writes are accepted again. */
  | { readonly kind: 'writes_resumed' }
  /** A listener threw, which it must not. The others were called all the same. */
  | { readonly kind: 'listener_failed'; readonly error: unknown }
  /** The file is on a file system in user space (FUSE): whether its locks hold depends on the program behind it. */
  | { readonly kind: 'file_system_doubtful'; readonly folder: string }
