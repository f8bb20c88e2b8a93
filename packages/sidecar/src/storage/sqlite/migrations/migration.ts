/** One step from a version of the schema to the next. */

export interface Migration {
  /** Counted from 1, without gaps. */
  readonly number: number
  readonly name: string
  /** Never edited after its release: every file keeps the checksums of its migrations. */
  readonly sql: string
}
