/**
 * Asks the client whether roles can be granted: from its cache in the same tick if possible, otherwise with a deadline. If
 * there is no well-formed answer in time, the result is `decision_unavailable`. A failure is never taken for "yes".
 */

import type { Decision, Question, RoleSetsErrorCode } from '@rolesets/client'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, type RoleSets } from './options.ts'
import type { Eventually } from './outcome.ts'
import type { PlaceOfRequest } from './place.ts'
import { problem } from './problem.ts'

/** If the client keeps no deadline itself. */
const DEADLINE_MS = 1_000

const faultsOfTheQuestion: readonly RoleSetsErrorCode[] = ['invalid_argument', 'invalid_field', 'limit_exceeded']

/** What a call of the client gets: the deadline, and a signal for when the middleware has stopped waiting. */
interface Limits {
  readonly signal: AbortSignal
  readonly deadlineMs?: number
}

/** Whether a role can be granted in a place, as the client is asked. */
export function questionAbout({ organizationId, scope }: PlaceOfRequest, role: string): Question {
  return { organizationId, role, ...(scope !== undefined && { scope }) }
}

/** The answers to all questions, in their order and at one revision. */
export function decide(
  roleSets: RoleSets,
  questions: readonly Question[],
  deadlineMs: number | undefined,
): Eventually<readonly Decision[]> {
  try {
    const cached = fromCache(roleSets, questions)
    if (cached !== undefined) return checked(cached, questions.length)
  } catch (cause) {
    throw undecided(cause)
  }
  return inTime((limits) => ask(roleSets, questions, limits), deadlineMs)
    .then((answers) => checked(answers, questions.length))
    .catch((cause: unknown) => {
      throw undecided(cause)
    })
}

/** A single question uses `checkCached`: the client remembers its answer. */
function fromCache(roleSets: RoleSets, questions: readonly Question[]): unknown {
  const [first, second] = questions
  if (first === undefined || second !== undefined) return roleSets.checkManyCached(questions)
  const { organizationId, role, permission, scope } = first
  const about = scope === undefined ? permission : { scope, ...(permission !== undefined && { permission }) }
  const decision: unknown = roleSets.checkCached(organizationId, role, about)
  return decision === undefined ? undefined : [decision]
}

/** A single question uses `check`: the client sends it once for all requests that wait for it. */
async function ask(roleSets: RoleSets, questions: readonly Question[], limits: Limits): Promise<unknown> {
  const [first, second] = questions
  if (first === undefined || second !== undefined) return roleSets.checkMany(questions, limits)
  const { organizationId, role, permission, scope } = first
  const about = { ...(permission !== undefined && { permission }), ...(scope !== undefined && { scope }) }
  return [await roleSets.check(organizationId, role, { ...limits, ...about })]
}

/** Calls `ask` with a deadline. When the deadline has passed, the signal ends the client's work. */
export function inTime<T>(ask: (limits: Limits) => Promise<T>, deadlineMs?: number): Promise<T> {
  const abort = new AbortController()
  const limits = { signal: abort.signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) }
  const waitMs = deadlineMs ?? DEADLINE_MS
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`There was no answer within ${waitMs} ms.`))
      abort.abort()
    }, waitMs)
    // Called inside a promise, so that a client that throws is the same as one that rejects.
    new Promise<T>((settle) => settle(ask(limits))).then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function checked(answers: unknown, count: number): readonly Decision[] {
  if (!Array.isArray(answers) || answers.length !== count) throw malformedAnswer()
  const decisions: readonly unknown[] = answers
  if (!decisions.every(isDecision) || new Set(decisions.map(({ revision }) => revision)).size > 1) {
    throw malformedAnswer()
  }
  return decisions
}

/** Exactly one reason means "yes". An answer that says "yes" with another reason is malformed. */
function isDecision(answer: unknown): answer is Decision {
  if (!isObject(answer)) return false
  const { allowed, reason, roleSet, revision } = answer
  const shaped = typeof reason === 'string' && typeof roleSet === 'string' && typeof revision === 'string'
  return shaped && typeof allowed === 'boolean' && allowed === (reason === 'ROLE_IN_SET')
}

export function malformedAnswer(): Error {
  return new Error("The client's answer is malformed.")
}

export function undecided(cause: unknown): RoleSetsExpressError {
  if (isFaultOfTheQuestion(cause)) {
    return problem('role_invalid', 'The request has a malformed role key or organization id.', { cause })
  }
  return problem('decision_unavailable', 'It cannot be decided now whether the role can be used. Try again.', { cause })
}

/** Whether the client says that the question itself is wrong, so that it can never be answered. */
export function isFaultOfTheQuestion(cause: unknown): boolean {
  return faultsOfTheQuestion.some((code) => hasCode(cause, code))
}

export function hasCode(cause: unknown, code: RoleSetsErrorCode): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}
