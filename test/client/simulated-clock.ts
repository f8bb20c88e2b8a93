/** Time that stands still until a test moves it. Timers fire in order, and what they set off is done before the next one. */

import type { Clock } from '@rolesets/client'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

export class SimulatedClock implements Clock {
  readonly #timers = new Set<Timer>()
  #nowMs = 1_000_000
  /** Called after everything that happens. */
  onStep = () => {}

  nowMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      await this.settle()
      const next = this.#next()
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
    }
    this.#nowMs = untilMs
    await this.settle()
  }

  /** Lets everything happen that doesn't wait for time. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.onStep()
  }

  /** The event loop is blocked: time goes by and nothing happens. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.atMs < first.atMs) first = timer
    return first
  }
}
