/** Makes the errors of this package, and the problem documents (RFC 9457) that `problem-handler.ts` answers with. */

import { validateHeaderName, validateHeaderValue } from 'node:http'
import { kinds, RoleSetsExpressError, type ErrorParts, type RoleSetsExpressErrorCode } from './errors.ts'

const RETRY_AFTER_SECONDS = '1'

/** The error for a code, with the status of the table. With 503, a header says when to try again. */
export function problem(
  code: RoleSetsExpressErrorCode,
  detail: string,
  { headers, ...parts }: ErrorParts = {},
): RoleSetsExpressError {
  const { status } = kinds[code]
  const retry = status === 503 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}
  return new RoleSetsExpressError(code, detail, { ...parts, status, headers: { ...retry, ...headers } })
}

/** Whether the application has a fault, so that its details are for the log only. */
function isFault(error: RoleSetsExpressError): boolean {
  return error.status === kinds.internal_error.status
}

/** Whether the application must learn of the error: a fault, or an error of another package with a status of 500 or more. */
export function isReported(error: RoleSetsExpressError): boolean {
  return isFault(error) || error.code === 'internal_error'
}

/** An error of another package, read as http-errors are: the message is kept only if `expose` is true. */
export function foreignProblem(error: unknown): RoleSetsExpressError {
  const given = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const status = [given.status, given.statusCode].find(isErrorStatus) ?? kinds.internal_error.status
  const code = status < 500 ? 'request_refused' : 'internal_error'
  const detail = given.expose === true && typeof given.message === 'string' ? given.message : kinds[code].title
  return new RoleSetsExpressError(code, detail, { status, headers: headersOf(given.headers), cause: error })
}

/** Those that can be written: an error with a wrong one must still be answered. */
function headersOf(given: unknown): Readonly<Record<string, string>> {
  if (typeof given !== 'object' || given === null) return {}
  const written = Object.entries(given).filter(([name, value]) => {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value as string)
    } catch {
      return false
    }
    return typeof value === 'string'
  })
  return Object.fromEntries(written)
}

/** The problem document. For a fault of the application it has no details: they belong in the log. */
export function problemDocument(error: RoleSetsExpressError): Readonly<Record<string, unknown>> {
  const redacted = isFault(error)
  const code = redacted ? 'internal_error' : error.code
  return {
    type: `urn:rolesets:problem:${code}`,
    title: kinds[code].title,
    status: error.status,
    ...(redacted ? {} : { detail: error.message }),
    code,
    ...(redacted ? {} : error.fields),
  }
}

function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}
