/** The clock that all processes of a machine share, to measure what starts in one process and ends in another. */

/** Milliseconds since the machine was started. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
