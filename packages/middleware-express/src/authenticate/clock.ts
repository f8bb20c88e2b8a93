/** Where the time comes from: calendar time for the times in tokens, and a monotonic clock for ages. */

export interface Clock {
  /** Milliseconds of a clock that only moves forward. */
  nowMs(): number
  /** Unix milliseconds. */
  dateMs(): number
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
}
