/**
 * Lets many consumers continue, a few at a time. The network sends nothing before the present turn of the event loop
 * ends. If all consumers continued at once, the first would wait for the last, and so would every call that arrived
 * meanwhile.
 */

const perTurn = 8

export class Turns {
  #waiting: (() => void)[] = []
  #goneInTurn = 0
  #isScheduled = false

  /** Calls the consumer at once, if few have been called in this turn; otherwise in one of the next, in order. */
  go(consumer: () => void): void {
    this.#waiting.push(consumer)
    this.#goOn()
  }

  #goOn(): void {
    const next = this.#waiting.splice(0, perTurn - this.#goneInTurn)
    this.#goneInTurn += next.length
    if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => this.#nextTurn())
    }
    for (const consumer of next) consumer()
  }

  #nextTurn(): void {
    this.#goneInTurn = 0
    this.#isScheduled = false
    if (this.#waiting.length > 0) this.#goOn()
  }
}
