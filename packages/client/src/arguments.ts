/** Parses what callers pass in: the result is typed, or the error is `invalid_argument`. */

import { setMaxListeners } from 'node:events'
import { findFault, findScopeFault, limits, parseRevision, type Revision } from '@rolesets/core'
import type { Question } from './cache/decision.ts'
import { invalidArgument } from './errors.ts'

/** A write may move a million members. */
const deadlineMsMax = 3_600_000

export interface AskOptions {
  /** `<kind>:<name>`: asks about this scope of the organization. Not given or empty: about the organization as a whole. */
  readonly scope?: string
  /** The role must also hold the permission with this key. */
  readonly permission?: string
  /** The answer must be of this revision or a later one; as it came from a write, for example. */
  readonly atLeastRevision?: string
  /** Milliseconds, waiting included. Default: the client's `deadlineMs`. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

export type ParsedAskOptions = ReturnType<typeof parseAskOptions>

export function parseName(value: unknown, field: string): string {
  const problem = value === '' ? 'is empty.' : findFault({ limit: 'idCharactersMax', unseen: 'all' }, value)?.problem
  if (problem !== undefined) throw invalidArgument(field, problem)
  return value as string
}

/** Of the organization as a whole it is left out. */
export function parseScope(value: unknown, field: string): { readonly scope?: string } {
  if (value === undefined || value === '') return {}
  const problem = findScopeFault(value)?.problem
  if (problem !== undefined) throw invalidArgument(field, problem)
  return { scope: value as string }
}

export function parseQuestion(value: unknown, path: string): Question {
  const at = path === '' ? '' : `${path}.`
  const { organizationId, role, permission, scope } = parseObject(value, path || 'question') as Partial<Question>
  return {
    organizationId: parseName(organizationId, `${at}organizationId`),
    role: parseName(role, `${at}role`),
    permission: permission === undefined ? undefined : parseName(permission, `${at}permission`),
    ...parseScope(scope, `${at}scope`),
  }
}

/** An empty list is rejected: a caller that looks for a refusal in its answers would take it for allowed. */
export function parseQuestions(value: unknown): readonly Question[] {
  if (!Array.isArray(value) || value.length === 0)
    throw invalidArgument('questions', 'must be a list with at least one question.')
  if (value.length > limits.batchQuestionsMax)
    throw invalidArgument('questions', `has more than ${limits.batchQuestionsMax} entries.`)
  return value.map((question, at) => parseQuestion(question, `questions[${at}]`))
}

export function parseAskOptions(value: unknown, defaultDeadlineMs: number) {
  const options = parseObject(value ?? {}, 'options') as AskOptions
  const { permission, scope, atLeastRevision, deadlineMs, signal } = options
  return {
    ...parseScope(scope, 'scope'),
    permission: permission === undefined ? undefined : parseName(permission, 'permission'),
    atLeast: atLeastRevision === undefined ? undefined : parseRevisionArgument(atLeastRevision, 'atLeastRevision'),
    deadlineMs: deadlineMs === undefined ? defaultDeadlineMs : parseDurationMs(deadlineMs, 'deadlineMs'),
    signal: parseSignal(signal),
  }
}

export function parseRevisionArgument(value: unknown, field: string): Revision {
  const revision = parseRevision(value)
  if (revision === undefined) throw invalidArgument(field, 'must be a revision, `<epoch>:<number>`.')
  return revision
}

/** Milliseconds, more than 0 and at most an hour. */
export function parseDurationMs(value: unknown, field: string): number {
  if (typeof value === 'number' && value > 0 && value <= deadlineMsMax) return value
  throw invalidArgument(field, `must be a number of milliseconds, more than 0 and at most ${deadlineMsMax}.`)
}

export function parseSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  // Any number of calls may share a signal; Node would take the eleventh for a leak.
  if (value instanceof AbortSignal) {
    setMaxListeners(0, value)
    return value
  }
  throw invalidArgument('signal', 'must be an AbortSignal.')
}

export function parseObject(value: unknown, field: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw invalidArgument(field, 'must be an object.')
}
