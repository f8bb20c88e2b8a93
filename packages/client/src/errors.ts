/**
 * The one error of this package. Its `code` is API: the client's own codes, the reasons of errors.proto in lower case,
 * and, for reasons that a newer sidecar may have, what their gRPC status says.
 */

/** The client's own codes. */
export const ownCodes = [
  /** No decision is possible: the sidecar can't be reached, or what it sends is malformed. */
  'unavailable',
  'deadline_exceeded',
  /** `detail` says why: `unreachable`, `loading` or `stale`. */
  'not_ready',
  'closed',
  /** The caller's signal aborted. */
  'aborted',
  /** `fields` names what is wrong. */
  'invalid_argument',
] as const

/** The reasons of errors.proto. */
export const reasonCodes = [
  'invalid_field',
  'limit_exceeded',
  'invalid_revision',
  'permission_not_found',
  'role_not_found',
  'role_set_not_found',
  'organization_not_found',
  'membership_not_found',
  'invitation_not_found',
  'access_key_not_found',
  'key_taken',
  'membership_exists',
  'invitation_exists',
  'access_key_exists',
  'role_holds_permission',
  'role_not_in_role_set',
  'special_role_not_in_role_set',
  'role_not_creator_eligible',
  'mapping_missing',
  'mapping_invalid',
  'initial_role_set_required',
  'in_use',
  'system_permission',
  'same_source_and_destination',
  'role_lacks_permission',
  'invitation_not_pending',
  'membership_quota_exceeded',
  'organizations_disabled',
  'slugs_disabled',
  'revision_conflict',
  'revision_of_another_epoch',
  'cursor_compacted',
  'cursor_in_the_future',
  'consumer_too_slow',
  'deadline',
  'call_cancelled',
  'key_required',
  'write_key_required',
  'overloaded',
  'disk_full',
  'not_serving',
  'internal_failure',
] as const

/** What a gRPC status says where the reason is missing or newer than this client; the index is the status. */
export const statusCodes = [
  'internal',
  'cancelled',
  'internal',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'conflict',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'internal',
  'unauthenticated',
] as const

export type RoleSetsErrorCode = (typeof ownCodes)[number] | (typeof reasonCodes)[number] | (typeof statusCodes)[number]

export interface FieldViolation {
  /** Path of the field, for example `organizationId` or `questions[3].role`. */
  readonly field: string
  readonly description: string
}

/** What would help, and the sentence with which a message says so. */
export const remedies = {
  more_time: 'Try again, or allow more with `deadlineMs`.',
  right_key: 'Give the right one as `key`.',
  encryption: 'Give `tls`, or `insecure: true`.',
  reach_sidecar: 'Start it, or correct the target.',
  matching_sidecar: 'Correct the target, or update the sidecar.',
  look_at_log: "See the sidecar's log.",
  new_client: 'Make a new one with createRoleSetsClient.',
} as const

export type Remedy = keyof typeof remedies

export interface RoleSetsErrorOptions {
  readonly cause?: unknown
  readonly detail?: string | undefined
  readonly fields?: readonly FieldViolation[] | undefined
  /** Its sentence is added to the message. */
  readonly remedy?: Remedy | undefined
}

const brand = Symbol.for('rolesets.RoleSetsError')

/** Its message says what happened, to which thing, and what to do. */
export class RoleSetsError extends Error {
  override readonly name = 'RoleSetsError'
  /** Stable. */
  readonly code: RoleSetsErrorCode
  /** The message without the sentence of `remedy`: for programs that name other ways to help, such as flags. */
  readonly problem: string
  /** What would help; undefined: the message says it all. */
  readonly remedy: Remedy | undefined
  /** More about the code: why the client is not ready, or the code of what made a decision impossible. */
  readonly detail: string | undefined
  /** The fields at fault, if any are. */
  readonly fields: readonly FieldViolation[]

  constructor(code: RoleSetsErrorCode, problem: string, options: RoleSetsErrorOptions = {}) {
    const { cause, remedy } = options
    super(
      remedy === undefined ? problem : `${problem} ${remedies[remedy]}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.problem = problem
    this.remedy = remedy
    this.detail = options.detail
    this.fields = options.fields ?? []
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Also true for an error of another copy of this package. */
export function isRoleSetsError(error: unknown): error is RoleSetsError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true
}

/** `description` begins with a verb: the name of the field comes before it. */
export function invalidArgument(field: string, description: string, remedy?: Remedy): RoleSetsError {
  const fields = [{ field, description }]
  return new RoleSetsError('invalid_argument', `\`${field}\` ${description}`, { fields, remedy })
}
