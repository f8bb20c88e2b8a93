/** What is wrong with a manifest file, with the place of each fault in its text. */

/** Both count from 1. */
export interface FilePlace {
  readonly line: number
  readonly column: number
}

export interface FileFault extends FilePlace {
  /** Where in the described state: `roles[2].permissions[0]`; empty for the file as a whole. */
  readonly path: string
  /** What is wrong with it, and what to do. */
  readonly message: string
}
