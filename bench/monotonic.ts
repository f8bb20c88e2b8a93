/** The one clock that processes of a machine share, so that what begins in one and ends in another can be measured. */

/** Milliseconds since the machine was started. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
