/**
 * Users who ask for grants all the time, and a judge of each answer. A question is expected to be granted, to be refused, or to turn
 * from one to the other: then no answer to a later question may be the former one again.
 */

import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Issuer } from '../guarded-application.ts'
import { Changing } from './changing.ts'
import type { Teardown } from './kubelet.ts'

export interface Question {
  readonly organizationId: string
  readonly role: string
}

export const granted = 201
export const refused = 403
/** There is no decision. */
export const undecided = 503

/** Who answers: an application in a pod. */
export interface Answering {
  readonly name: string
  readonly address: string
  /** For a wait that hangs. */
  readonly describe?: () => string
}

/** More of them say nothing new. */
const faultsMax = 5

interface Expectation {
  readonly question: Question
  /** The former answer, while it may still come. */
  from: number | undefined
  /** Until it is settled, both may come in any order. */
  isWavering: boolean
  to: number
  /** From this point on the pod has answered `to`, and answers so from then on. By the name of the pod. */
  readonly turned: Map<string, number>
  /** How many answers `to` there were since it was expected, by the name of the pod. */
  readonly answers: Map<string, number>
}

export interface LoadOptions {
  readonly issuer: Issuer
  /** Who can be asked now: those that are ready. */
  readonly answering: () => readonly Answering[]
  readonly port: number
  readonly lanes?: number
}

export class Load extends Changing {
  /** Answers that were wrong, and requests that weren't answered. */
  readonly faults: string[] = []
  /** How many answers there were, by status. */
  readonly statuses = new Map<number, number>()
  /** While it is true, `undecided` is right, too. */
  mayBeUndecided = false
  /** The questions are about what the application has in memory: where there is no decision, the bound has passed. */
  isUndecidedPastTheBound = false
  /** While it is true, a connection may be cut without an answer. */
  mayBeCut = false
  readonly #options: LoadOptions
  readonly #expectations: Expectation[] = []
  readonly #ended = new AbortController()
  #tick = 0
  #lanes: Promise<void>[] = []

  constructor(t: Teardown, options: LoadOptions) {
    super()
    this.#options = options
    t.teardown(() => this.end())
  }

  /** Asks this from now on, as an administrator of the organization. */
  expect(organizationId: string, role: string, status: number): void {
    const found = this.#find(organizationId, role)
    if (found === undefined) {
      const question = { organizationId, role }
      this.#expectations.push({
        question,
        from: undefined,
        isWavering: false,
        to: status,
        turned: new Map(),
        answers: new Map(),
      })
    } else if (found.to !== status) {
      Object.assign(found, { from: found.to, to: status })
      found.turned.clear()
      found.answers.clear()
    }
    this.#begin()
  }

  /** It is changed several times now, and is `status` at last. */
  waver(organizationId: string, role: string, status: number): void {
    const other = status === granted ? refused : granted
    this.expect(organizationId, role, other)
    this.expect(organizationId, role, status)
    const found = this.#find(organizationId, role)
    if (found !== undefined) found.isWavering = true
  }

  #begin(): void {
    if (this.#lanes.length === 0) {
      const { lanes = 3 } = this.#options
      this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#ask(lane))
    }
  }

  /** Every one of them has given the expected answers, from now on only they are right. */
  async settled(asked?: readonly Answering[]): Promise<void> {
    const describe = () => [this.#describe(), ...(asked ?? []).map((pod) => pod.describe?.())].join('\n')
    await this.until('someone who answers', () => asked !== undefined || this.#options.answering().length > 0, describe)
    const pods = asked ?? this.#options.answering()
    const answers = this.#expectations.map(({ answers }) => new Map(answers))
    const isSo = () =>
      this.#expectations.every((expectation, index) =>
        pods.every(({ name }) => (expectation.answers.get(name) ?? 0) > (answers[index]?.get(name) ?? 0) + 1),
      )
    await this.until('the expected answers of each pod', () => this.faults.length > 0 || isSo(), describe)
    for (const expectation of this.#expectations) Object.assign(expectation, { from: undefined, isWavering: false })
  }

  /** Some more answers of any kind. */
  async more(count: number): Promise<void> {
    const before = this.total
    await this.until(
      'more answers',
      () => this.total >= before + count,
      () => this.#describe(),
    )
  }

  async saw(status: number): Promise<void> {
    const before = this.statuses.get(status) ?? 0
    await this.until(
      `an answer ${status}`,
      () => (this.statuses.get(status) ?? 0) > before,
      () => this.#describe(),
    )
  }

  get total(): number {
    return [...this.statuses.values()].reduce((sum, count) => sum + count, 0)
  }

  async end(): Promise<void> {
    this.#ended.abort()
    await Promise.all(this.#lanes)
  }

  #find(organizationId: string, role: string): Expectation | undefined {
    return this.#expectations.find(
      ({ question }) => question.organizationId === organizationId && question.role === role,
    )
  }

  async #ask(lane: number): Promise<void> {
    const { signal } = this.#ended
    const tokens = new Map<string, string>()
    for (let turn = lane; !signal.aborted; turn++) {
      const pods = this.#options.answering()
      const pod = pods[turn % pods.length]
      const expectation = this.#expectations[Math.floor(turn / Math.max(pods.length, 1)) % this.#expectations.length]
      if (pod !== undefined && expectation !== undefined) {
        const { organizationId } = expectation.question
        const token = tokens.get(organizationId) ?? (await this.#options.issuer.tokenOf(organizationId, 'admin'))
        tokens.set(organizationId, token)
        await this.#askOnce(pod, expectation, token)
      }
      this.changed()
      await pause(5)
    }
  }

  async #askOnce(pod: Answering, expectation: Expectation, token: string): Promise<void> {
    const { question } = expectation
    const startedAt = ++this.#tick
    const before = { from: expectation.from, to: expectation.to }
    const outcome = await grant(question, { host: pod.address, port: this.#options.port, token })
    const endedAt = ++this.#tick
    if (outcome.status !== undefined) this.statuses.set(outcome.status, (this.statuses.get(outcome.status) ?? 0) + 1)
    const fault = this.#judge(expectation, { pod, startedAt, endedAt, before, outcome })
    if (fault !== undefined && this.faults.length < faultsMax) this.faults.push(fault)
    this.changed()
  }

  #judge(
    expectation: Expectation,
    seen: {
      pod: Answering
      startedAt: number
      endedAt: number
      before: Pick<Expectation, 'from' | 'to'>
      outcome: Outcome
    },
  ): string | undefined {
    const { pod, startedAt, endedAt, before, outcome } = seen
    const { from, to, turned, answers, question } = expectation
    const says = `${pod.name}: ${question.organizationId} ${question.role}`
    const { status } = outcome
    if (status === undefined) {
      // A pod that is ending takes no connections any more: a Service asks the next one.
      const isLeaving = !this.#options.answering().some(({ name }) => name === pod.name)
      return this.mayBeCut || isLeaving ? undefined : `${says}: no answer (${outcome.why})`
    }
    const isUndecided = status === undecided && this.mayBeUndecided
    // From then on it must ask, so it doesn't answer from before the change any more.
    if (status === to || (isUndecided && this.isUndecidedPastTheBound && before.from !== undefined))
      turned.set(pod.name, Math.min(endedAt, turned.get(pod.name) ?? Infinity))
    if (isUndecided) return undefined
    if (status === to) {
      answers.set(pod.name, (answers.get(pod.name) ?? 0) + 1)
      return undefined
    }
    const hasTurned = !expectation.isWavering && startedAt > (turned.get(pod.name) ?? Infinity)
    // What was right when the request began, is.
    if ((status === from || status === before.to || status === before.from) && !hasTurned) return undefined
    return `${says}: ${status} instead of ${to}${hasTurned ? ', which it has answered before' : ''} (${outcome.why})`
  }

  #describe(): string {
    const expected = this.#expectations.map(
      ({ question, from, to, answers }) =>
        `${question.organizationId} ${question.role}: ${from ?? ''}→${to}, ${JSON.stringify([...answers])}`,
    )
    return [...expected, JSON.stringify([...this.statuses]), ...this.faults].join('\n')
  }
}

export interface Outcome {
  /** Undefined: there was no answer. */
  readonly status: number | undefined
  readonly why: string
}

export interface Door {
  readonly host: string
  readonly port: number
  readonly token: string
}

/** On a connection of its own, so that an application that ends has no idle ones. */
export async function grant(question: Question, door: Door): Promise<Outcome> {
  return beginGrant(question, door).finish()
}

/** Sends the request without its end. The answer can only come after `finish`. */
export function beginGrant({ organizationId, role }: Question, { host, port, token }: Door) {
  const path = `/organizations/${organizationId}/memberships`
  const body = JSON.stringify({ user_id: 'user_2', role })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
  }
  const asked = request({ host, port, path, method: 'POST', headers, agent: false })
  const outcome = new Promise<Outcome>((resolve) => {
    const failed = (error: Error) => resolve({ status: undefined, why: error.message })
    asked.on('error', failed).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk)).on('error', failed)
      response.on('end', () => resolve({ status: response.statusCode, why: text }))
    })
  })
  asked.write(body.slice(0, 1))
  return {
    finish: async () => {
      asked.end(body.slice(1))
      return outcome
    },
  }
}
