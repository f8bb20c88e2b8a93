/** When something is to be done the next time. */
export class Due {
  #at = Number.POSITIVE_INFINITY
  #begunAt = Number.NEGATIVE_INFINITY

  get isNow(): boolean {
    return performance.now() >= this.#at
  }

  in(delayMs: number): void {
    this.#at = performance.now() + delayMs
  }

  /** It is being done now, and not due any more. */
  begin(): void {
    this.#begunAt = performance.now()
    this.#at = Number.POSITIVE_INFINITY
  }

  /** As soon as possible, but not sooner than this after it was begun the last time. */
  bringForward(spacingMs: number): void {
    this.#at = Math.min(this.#at, Math.max(performance.now(), this.#begunAt + spacingMs))
  }
}
