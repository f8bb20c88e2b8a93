/** The verbs of the command line in this process: what they print, and how they end. */

import { Command, CommanderError } from 'commander'
import type { ProcessIo } from '../../packages/sidecar/src/cli/run/io.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { addVerbs } from '../../packages/sidecar/src/cli/verbs.ts'

export interface Outcome {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** What is on standard output as bytes. */
  readonly bytes: Uint8Array
}

export interface Surroundings {
  readonly env?: ProcessIo['env']
  readonly stdin?: readonly (string | Uint8Array)[]
  readonly signal?: AbortSignal
  readonly clock?: ProcessIo['clock']
  readonly isTerminal?: boolean
  /** Told of each text for standard output, before the next one is written. */
  readonly onStdout?: (text: string) => unknown
  readonly onStderr?: (text: string) => unknown
}

/** Nothing is ever late: what a machine under load does shows in no test. */
export const stoppedClock: ProcessIo['clock'] = { nowMs: () => 0, setTimer: () => () => undefined }

/** Types a command. What is thrown besides commander's own end of a wrong command line is a crash. */
export async function type(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { env = {}, stdin = [], signal = new AbortController().signal, isTerminal = false } = surroundings
  const { clock = stoppedClock, onStdout, onStderr } = surroundings
  const outcome = { exitCode: undefined as number | undefined, stdout: '', stderr: '', bytes: Buffer.alloc(0) }
  const program = new Command('rolesets').version('1.2.3')
  const io: ProcessIo = {
    args,
    stdout: async (text) => {
      outcome.stdout += text
      await onStdout?.(text)
    },
    bytes: async (chunk) => void (outcome.bytes = Buffer.concat([outcome.bytes, chunk])),
    stderr: (text) => {
      outcome.stderr += text
      onStderr?.(text)
    },
    stdin: async function* () {
      yield* stdin
    },
    env,
    isTerminal,
    signal,
    clock,
    setExitCode: (code) => (outcome.exitCode = code),
  }
  addVerbs(program, io, new Redaction())
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    outcome.exitCode ??= error.exitCode === 0 ? 0 : 2
  }
  return outcome
}
