/** The clock of the client. Tests and simulations pass their own. */

import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Milliseconds of a clock that only runs forward. */
  nowMs(): number
  /** Calls back once, after `delayMs`. @returns what cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
