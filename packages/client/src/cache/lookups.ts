/**
 * Questions that were sent to the sidecar and have no answer yet. However many callers wait for an organization or a member,
 * the sidecar is asked once: when the answer is there, the cache has what the others need, or the same question has the same
 * answer.
 *
 * A lookup doesn't belong to the caller that began it: it goes on while any caller waits for it.
 */

import { mayFollow, type Revision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { isRoleSetsError } from '../errors.ts'
import type { Limits, Waiting } from '../waiting.ts'

/** What comes of asking the sidecar. */
interface Answer<Value> {
  readonly value: Value
  readonly revision: Revision
}

/** What is asked about one organization or member. `Value` is what the sidecar's answer has. */
export interface Inquiry<Value> {
  /** The place, or the member: what the cache keeps of the answer. */
  readonly about: string
  /** The question about it: the same key, the same question. */
  readonly key: string
  /** The answer must not be older. */
  readonly atLeast: Revision | undefined
  /** The answer from the cache, if it is there by now. */
  fromCache(): Value | undefined
  /** Whether the cache may answer once it is known: if not, other questions are not worth waiting for. */
  canBeCached(): boolean
  ask(limits: Limits): Promise<Answer<Value>>
}

interface Flight {
  readonly key: string
  readonly atLeast: Revision | undefined
  readonly answer: Promise<Answer<unknown>>
  readonly controller: AbortController
  waiting: number
}

type Outcome = { readonly answer: Answer<unknown> } | { readonly error: unknown }

export class Lookups {
  readonly #flights = new Map<string, Set<Flight>>()
  readonly #waiting: Waiting
  readonly #clock: Clock

  constructor(waiting: Waiting, clock: Clock) {
    this.#waiting = waiting
    this.#clock = clock
  }

  /** @throws RoleSetsError */
  async inquire<Value>(inquiry: Inquiry<Value>, { deadlineMs, signal }: Limits): Promise<Value> {
    const untilMs = this.#clock.nowMs() + deadlineMs
    let mayWaitForOthers = true
    for (;;) {
      const limits = { deadlineMs: Math.max(0, untilMs - this.#clock.nowMs()), signal }
      const found = this.#find(inquiry, mayWaitForOthers)
      const flight = found ?? this.#begin(inquiry, limits)
      const outcome = await this.#join(flight, inquiry.about, limits)
      if (flight !== found) return valueOf<Value>(outcome)
      const cached = inquiry.fromCache()
      if (cached !== undefined) return cached
      if (isShared(flight, inquiry, outcome)) return valueOf<Value>(outcome)
      mayWaitForOthers = false
    }
  }

  /** The same question, or else the first one about the same. */
  #find<Value>(inquiry: Inquiry<Value>, mayWaitForOthers: boolean): Flight | undefined {
    const flights = [...(this.#flights.get(inquiry.about) ?? [])]
    const same = flights.find(({ key }) => key === inquiry.key)
    return same ?? (mayWaitForOthers && inquiry.canBeCached() ? flights[0] : undefined)
  }

  #begin<Value>(inquiry: Inquiry<Value>, { deadlineMs }: Limits): Flight {
    const { about, key, atLeast } = inquiry
    const controller = new AbortController()
    const answer = inquiry.ask({ deadlineMs, signal: controller.signal })
    const flight: Flight = { key, atLeast, answer, controller, waiting: 0 }
    const flights = this.#flights.get(about) ?? new Set()
    this.#flights.set(about, flights.add(flight))
    const land = () => this.#remove(about, flight)
    answer.then(land, land)
    return flight
  }

  /** Waits for a lookup. When no caller does any more, it is called off, and no other caller finds it. */
  async #join(flight: Flight, about: string, limits: Limits): Promise<Outcome> {
    flight.waiting++
    const settled = flight.answer.then<Outcome, Outcome>(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    )
    try {
      return await this.#waiting.waitFor(() => settled, limits)
    } finally {
      flight.waiting--
      if (flight.waiting === 0) {
        this.#remove(about, flight)
        flight.controller.abort()
      }
    }
  }

  #remove(about: string, flight: Flight): void {
    const flights = this.#flights.get(about)
    if (flights?.delete(flight) && flights.size === 0) this.#flights.delete(about)
  }
}

function valueOf<Value>(outcome: Outcome): Value {
  if ('error' in outcome) throw outcome.error
  // A flight is only shared under its key, and the same key has the same kind of answer.
  return outcome.answer.value as Value
}

/** Whether the outcome that another caller waited for holds for this question too. */
function isShared<Value>(flight: Flight, inquiry: Inquiry<Value>, outcome: Outcome): boolean {
  if ('error' in outcome) return isRoleSetsError(outcome.error) && outcome.error.code === 'unavailable'
  if (flight.key !== inquiry.key) return false
  const { atLeast } = inquiry
  if (atLeast === undefined) return true
  // Whether the history has a revision of another timeline is known only if the sidecar was asked for it.
  return [flight.atLeast, outcome.answer.revision].some(
    (had) => had?.epoch === atLeast.epoch && mayFollow(had, atLeast),
  )
}
