/** The one error of this package. Its `code` is API: codes are added, never renamed. */

/** What went wrong, one code per remedy. `docs/express.md` lists them with their statuses. */
export type RoleSetsExpressErrorCode =
  | 'authentication_required'
  | 'token_invalid'
  | 'keys_unavailable'
  | 'organization_missing'
  | 'organization_invalid'
  | 'organization_mismatch'
  | 'organization_required'
  | 'organization_unknown'
  | 'role_missing'
  | 'role_invalid'
  | 'roles_too_many'
  | 'role_not_in_set'
  | 'role_required'
  | 'role_withdrawn'
  | 'permission_required'
  | 'decision_unavailable'
  | 'body_malformed'
  | 'body_too_large'
  | 'body_unsupported'
  | 'request_refused'
  | 'option_invalid'
  | 'middleware_missing'
  | 'extractor_failed'
  | 'internal_error'

/** How an error is to be answered. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What the problem document says besides the standard members. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/**
 * What the middlewares pass to `next`, and what their factories throw. `status`, `statusCode` and `headers` are read by
 * Express's own error handler, so the answer has the right status also without `problems()`.
 */
export class RoleSetsExpressError extends Error {
  override readonly name = 'RoleSetsExpressError'
  readonly code: RoleSetsExpressErrorCode
  readonly status: number
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: RoleSetsExpressErrorCode, message: string, answer: Answer) {
    super(message, answer.cause === undefined ? undefined : { cause: answer.cause })
    this.code = code
    this.status = answer.status
    this.statusCode = answer.status
    this.headers = answer.headers ?? {}
    this.fields = answer.fields ?? {}
  }
}
