/** How often the follower of a manifest does what it does again and again. */

export interface Times {
  /** Between two looks at the path. */
  readonly lookEveryMs: number
  /** How long files that were touched must stay the same before they count. */
  readonly quietMs: number
  /** The least time between two measurements of drift. */
  readonly driftEveryMs: number
  /** A refused manifest may be accepted when somebody has changed the store: the least time between two attempts. */
  readonly refusedAgainMs: number
  /** After a failure of the store, before it is tried again; twice as long with each further failure. */
  readonly backOffMs: number
  /** What lasts is told and tried again after this time. */
  readonly remindEveryMs: number
}

export const usualTimes: Times = {
  lookEveryMs: 1_000,
  quietMs: 250,
  driftEveryMs: 3_000,
  refusedAgainMs: 5_000,
  backOffMs: 1_000,
  remindEveryMs: 60_000,
}

export const backOffMsMax = 60_000
