/** What callers pass in, parsed: unknown in, typed or `invalid_argument` out. */

import { setMaxListeners } from 'node:events'
import type { Question } from './cache/decision.ts'
import { invalidArgument } from './errors.ts'
import { parseRevision, type Revision } from './revision.ts'

/** Characters in an id or a key. */
const nameLengthMax = 255
/** Questions in one batch; the sidecar's limit. */
const questionsMax = 10_000
/** A write may move a million members. */
const deadlineMsMax = 3_600_000

/** Control characters, and halves of characters, which would reach the sidecar as something else. */
const unfit = /[\p{Cc}\p{Cs}]/u

export interface AskOptions {
  /** The role must also hold the permission with this key. */
  readonly permission?: string
  /** The answer must be of this revision or a later one; as it came from a write, for example. */
  readonly atLeastRevision?: string
  /** Milliseconds, waiting included. Default: the client's `deadlineMs`. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

export interface ParsedAskOptions {
  readonly permission: string | undefined
  readonly atLeast: Revision | undefined
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
}

export function parseName(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalidArgument(field, 'must be a text.')
  if (value === '') throw invalidArgument(field, 'is empty.')
  if (value.length > nameLengthMax && [...value].length > nameLengthMax) {
    throw invalidArgument(field, `is longer than ${nameLengthMax} characters.`)
  }
  if (unfit.test(value)) throw invalidArgument(field, 'contains a control character or half a character.')
  return value
}

export function parseQuestion(value: unknown, path: string): Question {
  const at = path === '' ? '' : `${path}.`
  const { organizationId, role, permission } = parseObject(value, path || 'question') as Partial<Question>
  return {
    organizationId: parseName(organizationId, `${at}organizationId`),
    role: parseName(role, `${at}role`),
    permission: permission === undefined ? undefined : parseName(permission, `${at}permission`),
  }
}

/** No question has no answer: an empty list would be allowed by anyone who looks for a refusal in it. */
export function parseQuestions(value: unknown): readonly Question[] {
  if (!Array.isArray(value) || value.length === 0) throw invalidArgument('questions', 'must be a list of at least one.')
  if (value.length > questionsMax) throw invalidArgument('questions', `has more than ${questionsMax} entries.`)
  return value.map((question, at) => parseQuestion(question, `questions[${at}]`))
}

export function parseAskOptions(value: unknown, defaultDeadlineMs: number): ParsedAskOptions {
  const options = parseObject(value ?? {}, 'options') as AskOptions
  const { permission, atLeastRevision, deadlineMs, signal } = options
  return {
    permission: permission === undefined ? undefined : parseName(permission, 'permission'),
    atLeast: atLeastRevision === undefined ? undefined : parseRevisionArgument(atLeastRevision, 'atLeastRevision'),
    deadlineMs: deadlineMs === undefined ? defaultDeadlineMs : parseDurationMs(deadlineMs, 'deadlineMs'),
    signal: parseSignal(signal),
  }
}

export function parseRevisionArgument(value: unknown, field: string): Revision {
  const revision = typeof value === 'string' ? parseRevision(value) : undefined
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
