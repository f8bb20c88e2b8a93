/**
 * The error class of this package and the table of its codes. A code decides the HTTP status and the title of a problem
 * document. Codes are API: new ones may be added, none is renamed. `docs/express.md` lists them all.
 */

interface Kind {
  readonly status: number
  readonly title: string
}

export const kinds = {
  authentication_required: { status: 401, title: 'Authentication required' },
  token_invalid: { status: 401, title: 'Token invalid' },
  keys_unavailable: { status: 503, title: 'Signing keys unavailable' },
  organization_missing: { status: 400, title: 'Organization missing' },
  organization_invalid: { status: 400, title: 'Organization invalid' },
  organization_mismatch: { status: 403, title: 'Another organization is active' },
  organization_required: { status: 403, title: 'No organization is active' },
  organization_unknown: { status: 403, title: 'Organization unknown' },
  scope_missing: { status: 400, title: 'Scope missing' },
  scope_invalid: { status: 400, title: 'Scope invalid' },
  scope_mismatch: { status: 403, title: 'Another scope was authorized' },
  scope_unknown: { status: 403, title: 'Scope without a role set' },
  role_missing: { status: 400, title: 'Role missing' },
  role_invalid: { status: 400, title: 'Role invalid' },
  roles_too_many: { status: 400, title: 'Too many roles' },
  role_not_in_set: { status: 403, title: 'Role not in the role set' },
  grant_exceeds_own: { status: 403, title: 'Grant exceeds own permissions' },
  role_required: { status: 403, title: 'Role required' },
  membership_ended: { status: 403, title: 'Membership ended' },
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
} as const satisfies Record<string, Kind>

/** What went wrong. Each code has one remedy. */
export type RoleSetsExpressErrorCode = keyof typeof kinds

/** What an error carries besides its code, message and status. */
export interface ErrorParts {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Members of the problem document besides the standard ones. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

const brand = Symbol.for('rolesets.RoleSetsExpressError')

/**
 * The middlewares pass this error to `next`, and their factories throw it. It has the properties of http-errors: `status`,
 * `statusCode`, `expose` and `headers`. So the answer also has the right status in other error handlers than `problems()`.
 */
export class RoleSetsExpressError extends Error {
  override readonly name = 'RoleSetsExpressError'
  readonly code: RoleSetsExpressErrorCode
  readonly status: number
  readonly statusCode: number
  /** Whether a caller may see the message, as in http-errors: not with a status of 500 or more. */
  readonly expose: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: RoleSetsExpressErrorCode, message: string, answer: ErrorParts & { readonly status: number }) {
    super(message, answer.cause === undefined ? undefined : { cause: answer.cause })
    this.code = code
    this.status = answer.status
    this.statusCode = answer.status
    this.expose = answer.status < 500
    this.headers = answer.headers ?? {}
    this.fields = answer.fields ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  /** Also true for an error of another copy of this package: an application can have its ESM and its CommonJS form. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass is recognized as usual.
    if (this !== RoleSetsExpressError) return super[Symbol.hasInstance](value)
    return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
  }
}
