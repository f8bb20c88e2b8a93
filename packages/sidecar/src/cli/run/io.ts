/** Everything that a verb of the command line knows about its process, and the one place through which all of its output goes. */

import type { Clock } from '@rolesets/client'
import type { Redaction } from '../../redaction.ts'

/** What `main.ts` passes for the real process, and tests pass to record what is printed. */
export interface ProcessIo {
  /** What was typed after the name of the program. */
  readonly args: readonly string[]
  /** Takes text for standard output, as it is. A promise is waited for, so that a slow reader slows the writer down. */
  readonly stdout: (text: string) => void | Promise<void>
  /** Takes bytes for standard output. Rejects when they can't be written, for example because the reader has gone. */
  readonly bytes: (chunk: Uint8Array) => Promise<void>
  /** Takes text for standard error, as it is. */
  readonly stderr: (text: string) => void
  /** Whether standard error is a terminal, where a line can be written over. */
  readonly isTerminal: boolean
  /** What standard input has, for `-f -` and `--key-file -`. */
  readonly stdin: () => AsyncIterable<string | Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the user wants the command to end: Ctrl-C, SIGTERM. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The last one counts. */
  readonly setExitCode: (code: number) => void
}

/** `stdout` and `stderr` show no key, and no character that could change what stands on a terminal. */
export interface Io extends ProcessIo {
  /** Standard output for what is asked for as it is: a new key, the file of an export. */
  readonly verbatim: ProcessIo['stdout']
  /** To the start of the line on standard error, and what stands in it away. */
  readonly clearLine: () => void
  /** From now on, no output shows this value, because it is a key. */
  readonly hide: (secret: string | undefined) => void
}

/** Variables that hold keys. Those of `serve` may be set for a verb, too. */
const keyVariables = ['ROLESETS_KEY', 'ROLESETS_IMPORT_KEY', 'ROLESETS_SECRET_KEY', 'ROLESETS_READ_KEY'] as const

export function cleanIo(io: ProcessIo, redaction: Redaction): Io {
  redaction.hideArguments(io.args)
  for (const variable of keyVariables) redaction.hide(io.env[variable])
  return {
    ...io,
    stdout: (text) => io.stdout(redaction.clean(text)),
    stderr: (text) => io.stderr(redaction.clean(text)),
    verbatim: io.stdout,
    clearLine: () => io.stderr('\r\u001b[K'),
    hide: redaction.hide,
  }
}
