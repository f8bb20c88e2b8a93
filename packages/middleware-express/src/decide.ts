/**
 * Asks the client whether roles count, from its cache in the same tick if possible. Whatever is not a proper answer in
 * time is `decision_unavailable`: a failure must never be taken for "yes", and neither must an answer that makes no sense.
 */

import type { Decision, Question } from '@rolesets/client'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, type RoleSets } from './options.ts'
import type { Eventually } from './outcome.ts'
import { problem } from './problem.ts'

/** If the client doesn't keep a deadline of its own. */
const DEADLINE_MS = 1_000

const faultsOfTheQuestion = new Set<unknown>(['invalid_argument', 'invalid_field', 'limit_exceeded'])

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
  const options = deadlineMs === undefined ? {} : { deadlineMs }
  return inTime((signal) => ask(roleSets, questions, { ...options, signal }), deadlineMs)
    .then((answers) => checked(answers, questions.length))
    .catch((cause: unknown) => {
      throw undecided(cause)
    })
}

/** A single question is put as one: the client remembers the answer, and asks once however many wait for it. */
function fromCache(roleSets: RoleSets, questions: readonly Question[]): readonly unknown[] | undefined {
  const [first, second] = questions
  if (first === undefined || second !== undefined) return roleSets.checkManyCached(questions)
  const decision: unknown = roleSets.checkCached(first.organizationId, first.role, first.permission)
  return decision === undefined ? undefined : [decision]
}

async function ask(
  roleSets: RoleSets,
  questions: readonly Question[],
  options: { readonly deadlineMs?: number; readonly signal: AbortSignal },
): Promise<readonly unknown[]> {
  const [first, second] = questions
  if (first === undefined || second !== undefined) return roleSets.checkMany(questions, options)
  const { organizationId, role, permission } = first
  return [await roleSets.check(organizationId, role, { ...options, ...(permission !== undefined && { permission }) })]
}

/** Does the asking under a deadline of our own; the signal tells the client that nobody waits any more. */
export function inTime<T>(ask: (signal: AbortSignal) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  const abort = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`There was no answer within ${deadlineMs} ms.`))
      abort.abort()
    }, deadlineMs)
    // Begun inside of a promise, so that a client that throws is no different from one that rejects.
    new Promise<T>((settle) => settle(ask(abort.signal))).then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function checked(answers: unknown, count: number): readonly Decision[] {
  if (!Array.isArray(answers) || answers.length !== count) throw senseless()
  const decisions: readonly unknown[] = answers
  if (!decisions.every(isDecision) || new Set(decisions.map(({ revision }) => revision)).size > 1) throw senseless()
  return decisions
}

/** "Yes" has exactly one reason; anything else that says "yes" is none. */
function isDecision(answer: unknown): answer is Decision {
  if (!isObject(answer)) return false
  const { allowed, reason, roleSet, revision } = answer
  const shaped = typeof reason === 'string' && typeof roleSet === 'string' && typeof revision === 'string'
  return shaped && typeof allowed === 'boolean' && allowed === (reason === 'ROLE_IN_SET')
}

/** What an answer that is none is taken for. */
export function senseless(): Error {
  return new Error('The client gave an answer that makes no sense.')
}

function undecided(cause: unknown): RoleSetsExpressError {
  if (isFaultOfTheQuestion(cause)) {
    return problem('role_invalid', 'The request names a role or an organization that cannot exist.', { cause })
  }
  return problem('decision_unavailable', 'It cannot be decided now whether the role counts. Try again.', { cause })
}

/** Whether the client says that this question can never be answered. */
export function isFaultOfTheQuestion(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && faultsOfTheQuestion.has(cause.code)
}
