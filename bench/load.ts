/**
 * Load from a process of its own: programs/load.ts, told by lines of JSON what to do. Each side of a comparison has its
 * own, so that neither runs on what the other left in its heap or in the compiler.
 */

import { startProgram } from './processes.ts'
import type { Latency } from './row.ts'

/** What a load process asks, and whom. */
export type Asker =
  | {
      readonly kind: 'check'
      readonly target: string
      /** Whether the answer is always yes. */ readonly isConstant: boolean
    }
  | { readonly kind: 'batch'; readonly target: string; readonly questionsPerCall: number }
  | { readonly kind: 'client'; readonly target: string }
  | { readonly kind: 'cerbos'; readonly target: string; readonly questionsPerCall: number }
  | {
      readonly kind: 'postgres'
      /** The folder of its socket. */ readonly target: string
      readonly connections: number
    }

export type AskerOf<Kind extends Asker['kind']> = Extract<Asker, { readonly kind: Kind }>

export type LoadCommand =
  | { readonly load: 'closed'; readonly inFlight: number; readonly durationMs: number }
  | { readonly load: 'open'; readonly ratePerSecond: number; readonly durationMs: number; readonly name: string }

export interface Load {
  /** So many calls are always under way. @returns questions answered per second */
  closed(inFlight: number, durationMs: number): Promise<number>
  /** Calls arrive at this rate. */
  open(options: {
    readonly name: string
    readonly ratePerSecond: number
    readonly durationMs: number
  }): Promise<Latency>
  stop(): Promise<void>
}

/** Starts the process, and waits until it has asked its first question. */
export async function startLoad(asker: Asker, signal: AbortSignal): Promise<Load> {
  const program = startProgram('load', [JSON.stringify(asker)], signal)
  await program.nextLine()
  const tell = async (command: LoadCommand): Promise<unknown> => {
    program.send(JSON.stringify(command))
    return JSON.parse(await program.nextLine())
  }
  return {
    closed: async (inFlight, durationMs) => (await tell({ load: 'closed', inFlight, durationMs })) as number,
    open: async (options) => (await tell({ load: 'open', ...options })) as Latency,
    stop: async () => void (await program.stop()),
  }
}
