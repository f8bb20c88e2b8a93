/** Exit codes of the command, and which one each error code has. */

import type { ClientErrorCode } from './client-codes.ts'
import { errorCodes, isErrorCode, type ErrorClass } from './error-codes.ts'

/** `no` is an answer, too; `unanswered` leaves the question open. */
export const exitCodes = { yes: 0, no: 1, usage: 2, unanswered: 3 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const exitOfClass = {
  input: exitCodes.usage,
  rule: exitCodes.no,
  access: exitCodes.unanswered,
  feed: exitCodes.unanswered,
  service: exitCodes.unanswered,
  mode: exitCodes.usage,
} as const satisfies Record<ErrorClass, ExitCode>

/** Of the codes that only the client has; all others leave the question open. */
const refusedByStatus: ReadonlySet<string> = new Set(['not_found', 'already_exists', 'failed_precondition', 'conflict'])

export function exitCodeOf(code: ClientErrorCode): ExitCode {
  if (isErrorCode(code)) return exitOfClass[errorCodes[code].class]
  if (code === 'invalid_argument') return exitCodes.usage
  return refusedByStatus.has(code) ? exitCodes.no : exitCodes.unanswered
}
