/** How long to wait before the next try: exponential, with full jitter, for ever, and from the start after a success. */

const firstMs = 100
const longestMs = 2000
/** Even the luckiest draw leaves the sidecar a moment. */
const shortestMs = 20

export class Backoff {
  readonly #random: () => number
  #failures = 0

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  nextMs(): number {
    const ceilingMs = Math.min(longestMs, firstMs * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 10)
    return Math.max(shortestMs, this.#random() * ceilingMs)
  }

  reset(): void {
    this.#failures = 0
  }
}
