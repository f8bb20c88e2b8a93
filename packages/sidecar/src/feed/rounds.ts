/**
 * Lets many consumers go on a few at a time. The network takes nothing before the present turn of the event loop is over,
 * so if all of them went at once, the first would wait for the last, and so would every question that came meanwhile.
 */

const perRound = 8

export class Rounds {
  #waiting: (() => void)[] = []
  #goneInRound = 0
  #isScheduled = false

  /** At once, if few have gone in this round; otherwise in one of the next, in order. */
  go(consumer: () => void): void {
    this.#waiting.push(consumer)
    this.#goOn()
  }

  #goOn(): void {
    const free = this.#waiting.splice(0, perRound - this.#goneInRound)
    this.#goneInRound += free.length
    if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => this.#nextRound())
    }
    for (const consumer of free) consumer()
  }

  #nextRound(): void {
    this.#goneInRound = 0
    this.#isScheduled = false
    if (this.#waiting.length > 0) this.#goOn()
  }
}
