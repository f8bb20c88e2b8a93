/**
 * Everything that a verb of the command line knows about its process. `main.ts` passes the real process, and tests pass
 * one that records what is printed.
 */

import type { Clock } from '@rolesets/client'

export interface Io {
  /** Takes text for standard output, as it is. A promise is waited for, so that a slow reader slows the writer down. */
  readonly stdout: (text: string) => void | Promise<void>
  /** Takes text for standard error, as it is. */
  readonly stderr: (text: string) => void
  /** Whether standard error is a terminal, where a line can be written over. */
  readonly isTerminal: boolean
  /** What standard input has, for `-f -`. */
  readonly stdin: () => AsyncIterable<string | Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the user wants the command to end: Ctrl-C, SIGTERM. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The last one counts. */
  readonly setExitCode: (code: number) => void
}
