/**
 * The change sets that one consumer has yet to take, between the store that commits and the stream that sends. Bounded: a
 * consumer that falls too far behind is marked, and resumes from its cursor, instead of making the sidecar grow.
 */

import type { ChangeSet } from '../domain/change.ts'

export class LiveQueue {
  readonly #capacity: number
  #waiting: ChangeSet[] = []
  #overflowed = false
  #wake: (() => void) | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get overflowed(): boolean {
    return this.#overflowed
  }

  /** @returns whether there was room. Without room the queue is over: it keeps nothing any more. */
  push(changeSet: ChangeSet): boolean {
    this.#overflowed ||= this.#waiting.length >= this.#capacity
    if (this.#overflowed) this.#waiting = []
    else this.#waiting.push(changeSet)
    this.#wake?.()
    return !this.#overflowed
  }

  take(): ChangeSet | undefined {
    return this.#waiting.shift()
  }

  /** Settles when there is something to take, when the queue has overflowed, after `forMs`, or when the signal aborts. */
  async wait(forMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length > 0 || this.#overflowed || signal.aborted) return
    await new Promise<void>((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', settle)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(settle, forMs)
      signal.addEventListener('abort', settle, { once: true })
      this.#wake = settle
    })
  }
}
