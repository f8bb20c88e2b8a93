/**
 * The change sets that one consumer has yet to take, between the store that commits and the stream that sends. Bounded: a
 * consumer that falls too far behind is marked, and resumes from its cursor, instead of making the sidecar grow.
 */

import type { ChangeSet } from '@rolesets/core'
import type { Rounds } from './rounds.ts'

export class LiveQueue {
  readonly #capacity: number
  readonly #rounds: Rounds
  readonly #signal: AbortSignal
  #waiting: ChangeSet[] = []
  #overflowed = false
  #wake: (() => void) | undefined
  /** Its turn in the rounds is to come. */
  #isDue = false
  readonly #rouse = () => {
    this.#isDue = false
    this.#wake?.()
  }
  #timer: NodeJS.Timeout | undefined
  #timerUntilMs: number | undefined

  /** To be closed when nobody takes from it any more. */
  constructor(capacity: number, { rounds, signal }: { readonly rounds: Rounds; readonly signal: AbortSignal }) {
    this.#capacity = capacity
    this.#rounds = rounds
    this.#signal = signal
    signal.addEventListener('abort', this.#rouse, { once: true })
  }

  get overflowed(): boolean {
    return this.#overflowed
  }

  /** @returns whether there was room. Without room the queue is over: it keeps nothing any more. */
  push(changeSet: ChangeSet): boolean {
    this.#overflowed ||= this.#waiting.length >= this.#capacity
    if (this.#overflowed) this.#waiting = []
    else this.#waiting.push(changeSet)
    if (!this.#isDue && this.#wake !== undefined) {
      this.#isDue = true
      this.#rounds.go(this.#rouse)
    }
    return !this.#overflowed
  }

  take(): ChangeSet | undefined {
    return this.#waiting.shift()
  }

  /**
   * Settles when there is something to take, when the queue has overflowed, when the signal aborts, and at the time.
   *
   * @param untilMs as performance.now() tells it; later ones are for the next wait
   */
  async wait(untilMs: number): Promise<void> {
    if (this.#waiting.length > 0 || this.#overflowed || this.#signal.aborted) return
    // Most waits end with a change, long before the time: the timer stays for those that follow.
    if (this.#timerUntilMs !== untilMs) this.#setTimer(untilMs)
    await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = undefined
  }

  /** Lets go of the timer and the signal. */
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
