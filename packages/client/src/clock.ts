/** The clock of the client. Tests and simulations pass their own. */

import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Milliseconds of a clock that only runs forward, also while the machine is suspended. */
  nowMs(): number
  /** Calls back once, after `delayMs`. @returns what cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** How far the two clocks of a machine may drift apart before the difference counts as a time of suspension. */
const driftMaxMs = 1000

/**
 * How far the monotonic clock runs before the wall clock is looked at again: each of them costs as much as the rest of a check that
 * is answered from memory. No suspension goes unseen: the system stops the programs, then the devices, and only then this clock, and
 * begins again in the reverse order, so that this clock runs further than this between two readings of a suspended program.
 */
const unseenMs = 1

/**
 * The monotonic clock stands still while the machine is suspended, and the wall clock doesn't. When the wall clock has run
 * ahead, this clock goes ahead, too: what is in a cache is then too old rather than too young. A wall clock that is set back
 * changes nothing.
 * @param lookEveryMs how far the monotonic clock runs before the wall clock is looked at again. Default: at each reading
 */
export function countingSuspension(monotonic: () => number, wall: () => number, lookEveryMs = 0): () => number {
  let suspendedMs = 0
  let lookedAtMs = monotonic()
  let differenceMs = wall() - lookedAtMs
  return () => {
    const monotonicMs = monotonic()
    if (monotonicMs - lookedAtMs < lookEveryMs) return monotonicMs + suspendedMs
    lookedAtMs = monotonicMs
    const driftMs = wall() - monotonicMs - differenceMs
    if (driftMs > driftMaxMs) suspendedMs += driftMs
    if (driftMs > driftMaxMs || driftMs < 0) differenceMs += driftMs
    return monotonicMs + suspendedMs
  }
}

export const systemClock: Clock = {
  nowMs: countingSuspension(
    () => performance.now(),
    () => Date.now(),
    unseenMs,
  ),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
