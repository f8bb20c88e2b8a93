/** One step from a version of the schema to the next. */

export interface Migration {
  /** Counted from 1, without gaps. */
  readonly number: number
  readonly name: string
  /** Never edited once it is released: its checksum is kept in every file that it was applied to. */
  readonly sql: string
}
