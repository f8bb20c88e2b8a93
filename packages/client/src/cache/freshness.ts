/**
 * How old the cache may be. The bound holds end to end, from the authority to the moment of the answer, also when the
 * network delays every message by the same long time.
 */

export class Freshness {
  readonly #maxStalenessMs: number
  #asOfMs = -Infinity
  #untilMs = -Infinity

  constructor(maxStalenessMs: number) {
    this.#maxStalenessMs = maxStalenessMs
  }

  /** Until when answers from the cache are within the bound. */
  get untilMs(): number {
    return this.#untilMs
  }

  isFresh(nowMs: number): boolean {
    return nowMs <= this.#untilMs
  }

  /** Time since the cache was last known to have everything; undefined if it never was. */
  ageMs(nowMs: number): number | undefined {
    return this.#asOfMs === -Infinity ? undefined : Math.max(0, nowMs - this.#asOfMs)
  }

  /** The cache had everything as of this moment. A sender's clock that runs fast can't move it into the future. */
  prove(asOfMs: number, nowMs: number): void {
    this.#asOfMs = Math.max(this.#asOfMs, Math.min(asOfMs, nowMs))
    this.#untilMs = this.#asOfMs + this.#maxStalenessMs
  }

  forget(): void {
    this.#asOfMs = -Infinity
    this.#untilMs = -Infinity
  }
}
