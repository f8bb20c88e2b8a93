/**
 * The one error of this package. Its `code` is API: the client's own codes, the reasons of errors.proto in lower case,
 * and, for reasons that a newer sidecar may have, what their gRPC status says.
 */

import { BadRequest, ErrorInfo } from 'nice-grpc-error-details'
import statusProto from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'

/** The client's own codes. */
export const ownCodes = [
  /** No decision is possible: the sidecar can't be reached, or what it says makes no sense. */
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
const statusCodes = [
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

export interface RoleSetsErrorOptions {
  readonly cause?: unknown
  readonly detail?: string | undefined
  readonly fields?: readonly FieldViolation[] | undefined
}

const brand = Symbol.for('rolesets.RoleSetsError')

/** Its message says what happened, to which thing, and what to do. */
export class RoleSetsError extends Error {
  override readonly name = 'RoleSetsError'
  /** Stable. */
  readonly code: RoleSetsErrorCode
  /** More about the code: why the client is not ready, or the code of what made a decision impossible. */
  readonly detail: string | undefined
  /** The fields at fault, if any are. */
  readonly fields: readonly FieldViolation[]

  constructor(code: RoleSetsErrorCode, message: string, options: RoleSetsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.fields = options.fields ?? []
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Also true for an error of another copy of this package. */
export function isRoleSetsError(error: unknown): error is RoleSetsError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true
}

export function invalidArgument(field: string, description: string): RoleSetsError {
  return new RoleSetsError('invalid_argument', `\`${field}\` ${description}`, { fields: [{ field, description }] })
}

/** What gRPC reports when a call or a stream fails; a part of grpc-js's `ServiceError`. */
interface CallFailure {
  readonly code: number
  readonly details: string
  readonly metadata?: { get(key: string): readonly unknown[] } | undefined
}

/** The one way from gRPC's failures to ours. `target` is named in the message. */
export function errorOfCall(failure: unknown, target: string): RoleSetsError {
  if (isRoleSetsError(failure)) return failure
  if (!isCallFailure(failure)) {
    const message = `The call to the sidecar at ${target} failed unexpectedly.`
    return new RoleSetsError('unavailable', message, { cause: failure })
  }
  const { reason, fields } = detailsOf(failure)
  const status = statusCodes[failure.code] ?? 'internal'
  if (reason === undefined) return new RoleSetsError(status, messageOf(status, target), { cause: failure })
  const known = reasonCodes.find((code) => code === reason)
  const code = known === 'deadline' ? 'deadline_exceeded' : (known ?? status)
  return new RoleSetsError(code, failure.details, { cause: failure, detail: reason, fields })
}

function isCallFailure(failure: unknown): failure is CallFailure {
  return typeof failure === 'object' && failure !== null && 'code' in failure && typeof failure.code === 'number'
}

/** gRPC's own texts speak of sockets and streams; these say what to do. */
function messageOf(status: RoleSetsErrorCode, target: string): string {
  switch (status) {
    case 'unavailable':
      return `The sidecar at ${target} cannot be reached. Start it, or correct the target.`
    case 'deadline_exceeded':
      return `The sidecar at ${target} did not answer within the deadline. Try again, or allow more with \`deadlineMs\`.`
    case 'unimplemented':
      return `What answers at ${target} does not know this call. Correct the target, or update the sidecar.`
    case 'unauthenticated':
    case 'permission_denied':
      return `The sidecar at ${target} refused the key. Give the right one as \`key\`.`
    default:
      return `The call to the sidecar at ${target} failed (${status}). The sidecar's log may tell why.`
  }
}

interface Details {
  readonly reason: string | undefined
  readonly fields: readonly FieldViolation[]
}

function detailsOf(failure: CallFailure): Details {
  const encoded = failure.metadata?.get('grpc-status-details-bin')[0]
  if (!(encoded instanceof Uint8Array)) return { reason: undefined, fields: [] }
  try {
    return decodeDetails(encoded)
  } catch {
    return { reason: undefined, fields: [] }
  }
}

function decodeDetails(encoded: Uint8Array): Details {
  let reason: string | undefined
  const fields: FieldViolation[] = []
  for (const { typeUrl, value } of statusProto.Status.decode(encoded).details) {
    if (typeUrl.endsWith('/google.rpc.ErrorInfo')) {
      const info = ErrorInfo.decode(value)
      if (info.domain === 'rolesets') reason = info.reason.toLowerCase()
    } else if (typeUrl.endsWith('/google.rpc.BadRequest')) {
      for (const { field, description } of BadRequest.decode(value).fieldViolations) {
        fields.push({ field: camelCase(field), description })
      }
    }
  }
  return { reason, fields }
}

function camelCase(field: string): string {
  return field.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
