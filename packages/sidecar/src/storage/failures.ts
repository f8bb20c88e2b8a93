/** How a storage fails, as its callers see it: what each code means, and whether they may try again. */

/**
 * Codes of storage failures, with what a caller may do.
 * | code | when | may the caller retry? |
 * | --- | --- | --- |
 * | `overloaded` | too many works wait for the writer, or too many reads | yes, later: nothing was done |
 * | `disk_full` | the disk is full | yes, once there is space: nothing was done |
 * | `compacted` | history before this point is gone | no: take a snapshot |
 * | `closed` | the store is closing or closed | on another store |
 * | `in_use` | another process uses the file | no: stop that process |
 * | `folder_missing`, `folder_read_only`, `not_a_database`, `corrupt`, `too_new`, `migration_unknown`, `migration_edited`, `schema_altered`, `network_file_system` | opening found something that a person must repair | no |
 * | `file_lost` | the files were deleted, replaced or truncated while the store was open: from now on it refuses every write | no: restart |
 * | `failed` | anything else; see the log | unknown whether it was done |
 *
 * `folder_read_only` also means that the file can't be written, and `not_a_database` that the URL names no database. Damage
 * that is found while the store runs is `corrupt` too: from then on the store refuses every write.
 */
export type StoreErrorCode =
  | 'overloaded'
  | 'disk_full'
  | 'compacted'
  | 'closed'
  | 'in_use'
  | 'folder_missing'
  | 'folder_read_only'
  | 'not_a_database'
  | 'corrupt'
  | 'file_lost'
  | 'too_new'
  | 'migration_unknown'
  | 'migration_edited'
  | 'schema_altered'
  | 'network_file_system'
  | 'failed'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  /** The storage can't be trusted with another write: from now on the store refuses all of them. */
  readonly endsWrites: boolean

  /** @param options `endsWrites`: default: for `file_lost`, and for damage, `corrupt` and `not_a_database` */
  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown; endsWrites?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.code = code
    this.endsWrites = options.endsWrites ?? ['file_lost', 'corrupt', 'not_a_database'].includes(code)
  }
}

/**
 * A change set that can't be appended. Only a follower meets these codes; they never reach a client.
 * | code | when | may the caller retry? |
 * | --- | --- | --- |
 * | `not_next` | its revision isn't the one after the head | no: read the head, and continue after it |
 * | `not_sealed` | its seal doesn't follow the seal of the head: another history, or it was altered | no: adopt a snapshot |
 */
export class AppendError extends Error {
  override readonly name = 'AppendError'
  readonly code: 'not_next' | 'not_sealed'

  constructor(code: AppendError['code'], message: string) {
    super(message)
    this.code = code
  }
}
