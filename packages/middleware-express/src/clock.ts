/** Where the time comes from: the calendar for what tokens say, a clock that nobody can set back for ages. */

export interface Clock {
  /** Milliseconds of a clock that only runs forward. */
  nowMs(): number
  /** Unix milliseconds. */
  dateMs(): number
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  dateMs: () => Date.now(),
}
