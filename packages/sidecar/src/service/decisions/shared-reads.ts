/**
 * Calls that come while a read of the storage is running wait for its end, and are answered together by the next one: a read
 * costs the same few statements for many questions. A read begins after its calls have come, so none is answered from before.
 */

import { StoreError, type At } from '../../storage/store.ts'

interface Waiting<Question, Answer> {
  readonly questions: readonly Question[]
  readonly answer: (answers: At<readonly Answer[]>) => void
  readonly refuse: (error: unknown) => void
}

/** Calls that wait. */
const waitingMax = 10_000
/** Questions of a read, unless a single call has more. */
const questionsMax = 1_000

export class SharedReads<Question, Answer> {
  readonly #read: (questions: readonly Question[]) => Promise<At<readonly Answer[]>>
  readonly #waiting: Waiting<Question, Answer>[] = []
  #isReading = false

  /** @param read answers the questions in their order, at one revision */
  constructor(read: (questions: readonly Question[]) => Promise<At<readonly Answer[]>>) {
    this.#read = read
  }

  /** @throws StoreError `overloaded`, and what the read throws */
  async ask(questions: readonly Question[]): Promise<At<readonly Answer[]>> {
    if (this.#waiting.length >= waitingMax) throw overloaded()
    return new Promise((answer, refuse) => {
      this.#waiting.push({ questions, answer, refuse })
      if (!this.#isReading) void this.#readAll()
    })
  }

  async #readAll(): Promise<void> {
    this.#isReading = true
    // Calls of the same tick go together.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#answer(this.#take())
    this.#isReading = false
  }

  async #answer(calls: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const { revision, value } = await this.#read(calls.flatMap(({ questions }) => questions))
      let from = 0
      for (const { questions, answer } of calls) {
        answer({ revision, value: value.slice(from, from + questions.length) })
        from += questions.length
      }
    } catch (error) {
      for (const { refuse } of calls) refuse(error)
    }
  }

  /** Those that have waited longest; at least one. */
  #take(): readonly Waiting<Question, Answer>[] {
    let [calls, questions] = [0, 0]
    for (const waiting of this.#waiting) {
      questions += waiting.questions.length
      if (calls > 0 && questions > questionsMax) break
      calls += 1
    }
    return this.#waiting.splice(0, calls)
  }
}

function overloaded(): StoreError {
  return new StoreError(
    'overloaded',
    `${waitingMax} reads are waiting already, so this one wasn't begun. Try again later.`,
  )
}
