/**
 * Problems (RFC 9457): the one place that knows which HTTP status an error has. Every refusal of the middlewares is made
 * by `problem`, passed to `next`, and written by the error handler in `problem-handler.ts`.
 */

import { RoleSetsExpressError, type RoleSetsExpressErrorCode } from './errors.ts'

interface Kind {
  readonly status: number
  readonly title: string
}

const RETRY_AFTER_SECONDS = '1'

const KINDS = {
  authentication_required: { status: 401, title: 'Authentication required' },
  token_invalid: { status: 401, title: 'Token invalid' },
  keys_unavailable: { status: 503, title: 'Signing keys unavailable' },
  organization_missing: { status: 400, title: 'Organization missing' },
  organization_invalid: { status: 400, title: 'Organization invalid' },
  organization_mismatch: { status: 403, title: 'Another organization is active' },
  organization_required: { status: 403, title: 'No organization is active' },
  organization_unknown: { status: 403, title: 'Organization unknown' },
  role_missing: { status: 400, title: 'Role missing' },
  role_invalid: { status: 400, title: 'Role invalid' },
  roles_too_many: { status: 400, title: 'Too many roles' },
  role_not_in_set: { status: 403, title: 'Role not in the role set' },
  role_required: { status: 403, title: 'Role required' },
  role_withdrawn: { status: 403, title: 'Role withdrawn' },
  permission_required: { status: 403, title: 'Permission required' },
  decision_unavailable: { status: 503, title: 'Decision unavailable' },
  body_malformed: { status: 400, title: 'Body malformed' },
  body_too_large: { status: 413, title: 'Body too large' },
  body_unsupported: { status: 415, title: 'Body unsupported' },
  request_refused: { status: 400, title: 'Request refused' },
  option_invalid: { status: 500, title: 'Internal error' },
  middleware_missing: { status: 500, title: 'Internal error' },
  extractor_failed: { status: 500, title: 'Internal error' },
  internal_error: { status: 500, title: 'Internal error' },
} as const satisfies Record<RoleSetsExpressErrorCode, Kind>

/** What a problem carries besides its code and its detail. */
export interface ProblemParts {
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly cause?: unknown
}

/** The error for a code, with its status; a problem that passes by itself says when to come again. */
export function problem(
  code: RoleSetsExpressErrorCode,
  detail: string,
  { fields, headers, cause }: ProblemParts = {},
): RoleSetsExpressError {
  const { status } = KINDS[code]
  const retry = status === 503 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}
  return new RoleSetsExpressError(code, detail, { status, fields, headers: { ...retry, ...headers }, cause })
}

/** Whether the answer is "no": neither a fault of the server nor something it waits for. */
export function isRefusal(error: RoleSetsExpressError): boolean {
  return error.status < 500
}

/** Whether the program is at fault, or what it was given to call. */
export function isFault(error: RoleSetsExpressError): boolean {
  return error.status === KINDS.internal_error.status
}

/** An error that isn't ours: its status counts if it is one of an error, its message only if it is meant to be shown. */
export function foreignProblem(error: unknown): RoleSetsExpressError {
  const given = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const status = [given.status, given.statusCode].find(isErrorStatus) ?? KINDS.internal_error.status
  const code = status < 500 ? 'request_refused' : 'internal_error'
  const detail = given.expose === true && typeof given.message === 'string' ? given.message : KINDS[code].title
  return new RoleSetsExpressError(code, detail, { status, cause: error })
}

/** The problem document. A fault of the server is told dully: what it says is for the log. */
export function problemDocument(error: RoleSetsExpressError): Readonly<Record<string, unknown>> {
  const dull = isFault(error)
  const code = dull ? 'internal_error' : error.code
  return {
    type: `urn:rolesets:problem:${code}`,
    title: KINDS[code].title,
    status: error.status,
    ...(dull ? {} : { detail: error.message }),
    code,
    ...(dull ? {} : error.fields),
  }
}

function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}
