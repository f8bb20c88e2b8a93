/**
 * The change sets that one consumer hasn't taken yet, between the store that commits and the stream that sends. The queue is
 * bounded: a consumer that falls too far behind is ended and resumes from its cursor, so the sidecar's memory doesn't grow.
 */

import type { KeptChangeSet } from '../storage/store.ts'
import type { Turns } from './turns.ts'

export class LiveQueue {
  readonly #capacity: number
  readonly #turns: Turns
  readonly #signal: AbortSignal
  #waiting: KeptChangeSet[] = []
  #overflowed = false
  #wake: (() => void) | undefined
  /** The consumer waits for its turn. */
  #isDue = false
  readonly #rouse = () => {
    this.#isDue = false
    this.#wake?.()
  }
  #timer: NodeJS.Timeout | undefined
  #timerUntilMs: number | undefined

  /** Call `close` when nothing takes from it any more. */
  constructor(capacity: number, { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal }) {
    this.#capacity = capacity
    this.#turns = turns
    this.#signal = signal
    signal.addEventListener('abort', this.#rouse, { once: true })
  }

  get overflowed(): boolean {
    return this.#overflowed
  }

  /** @returns whether there was room. Without room the queue has overflowed and drops everything. */
  push(changeSet: KeptChangeSet): boolean {
    this.#overflowed ||= this.#waiting.length >= this.#capacity
    if (this.#overflowed) this.#waiting = []
    else this.#waiting.push(changeSet)
    if (!this.#isDue && this.#wake !== undefined) {
      this.#isDue = true
      this.#turns.go(this.#rouse)
    }
    return !this.#overflowed
  }

  take(): KeptChangeSet | undefined {
    return this.#waiting.shift()
  }

  /**
   * Settles when there is something to take, when the queue has overflowed, when the signal aborts, and at the given time.
   *
   * @param untilMs in the time of performance.now()
   */
  async wait(untilMs: number): Promise<void> {
    if (this.#waiting.length > 0 || this.#overflowed || this.#signal.aborted) return
    // Most waits end with a change, long before the time: the timer stays for those that follow.
    if (this.#timerUntilMs !== untilMs) this.#setTimer(untilMs)
    await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = undefined
  }

  /** Releases the timer and the signal. */
  close(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#rouse)
  }

  #setTimer(untilMs: number): void {
    clearTimeout(this.#timer)
    this.#timerUntilMs = untilMs
    this.#timer = setTimeout(() => {
      this.#timerUntilMs = undefined
      this.#rouse()
    }, untilMs - performance.now())
  }
}
