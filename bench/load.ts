/**
 * Load from a separate process: programs/load.ts, which receives its tasks as lines of JSON. Each side of a comparison
 * has its own process, so that neither is affected by the heap or the compiled code of the other.
 */

import { startProgram } from './processes.ts'
import type { Latency } from './row.ts'

/** Which questions a load process asks, and which server. */
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
  /** Keeps this many calls in flight. @returns answered questions per second */
  closed(inFlight: number, durationMs: number): Promise<number>
  /** Sends load until neither end gets faster: the compiler needs thousands of calls. */
  warmUp(inFlight: number): Promise<void>
  /** Starts calls at this rate. */
  open(options: {
    readonly name: string
    readonly ratePerSecond: number
    readonly durationMs: number
  }): Promise<Latency>
  stop(): Promise<void>
}

/** Steps of a warm-up, and how many in a row without a gain end it. */
const stepMs = 500
const stepsMax = 16
const patience = 2
const gainMin = 1.05

/** Starts the process, and waits until its first question is answered. */
export async function startLoad(asker: Asker, signal: AbortSignal): Promise<Load> {
  const program = startProgram('load', [JSON.stringify(asker)], signal)
  await program.nextLine()
  const tell = async (command: LoadCommand): Promise<unknown> => {
    program.send(JSON.stringify(command))
    return JSON.parse(await program.nextLine())
  }
  const closed = async (inFlight: number, durationMs: number) =>
    (await tell({ load: 'closed', inFlight, durationMs })) as number
  return {
    closed,
    warmUp: async (inFlight) => {
      let best = 0
      for (let step = 0, since = 0; step < stepsMax && since < patience; step++) {
        const rate = await closed(inFlight, stepMs)
        since = rate > best * gainMin ? 0 : since + 1
        best = Math.max(best, rate)
      }
    },
    open: async (options) => (await tell({ load: 'open', ...options })) as Latency,
    stop: async () => void (await program.stop()),
  }
}
