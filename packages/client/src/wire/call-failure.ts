/** What gRPC reports when a call fails, as an error of this package: its code is the reason that the sidecar gave. */

import { camelCase, codeOfStatus, grpcStatuses, isErrorCode } from '@rolesets/core'
import { BadRequest, ErrorInfo } from 'nice-grpc-error-details'
import statusProto from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'
import { isRoleSetsError, RoleSetsError, type FieldViolation, type Remedy, type RoleSetsErrorCode } from '../errors.ts'

/** What gRPC reports when a call or a stream fails; a part of grpc-js's `ServiceError`. */
interface CallFailure {
  readonly code: number
  readonly details: string
  readonly metadata?: { get(key: string): readonly unknown[] } | undefined
}

/** The error that a failed call or stream throws. `target` is named in its message. */
export function errorOfCall(failure: unknown, target: string): RoleSetsError {
  if (isRoleSetsError(failure)) return failure
  if (!isCallFailure(failure)) {
    const message = `The call to the sidecar at ${target} failed unexpectedly.`
    return new RoleSetsError('unavailable', message, { cause: failure })
  }
  const { reason, fields } = detailsOf(failure)
  const status = codeOfStatus[grpcStatuses[failure.code] ?? 'UNKNOWN']
  if (reason === undefined) {
    const [problem, remedy] = failures[status]?.(target) ?? [
      `The call to the sidecar at ${target} failed (${status}).`,
      'look_at_log',
    ]
    return new RoleSetsError(status, problem, { cause: failure, remedy })
  }
  const known = isErrorCode(reason) ? reason : status
  const code = known === 'deadline' ? 'deadline_exceeded' : known
  return new RoleSetsError(code, failure.details, { cause: failure, detail: reason, fields })
}

function isCallFailure(failure: unknown): failure is CallFailure {
  return typeof failure === 'object' && failure !== null && 'code' in failure && typeof failure.code === 'number'
}

/** gRPC's own texts speak of sockets and streams; these say what happened and what helps. */
const failures: { readonly [Status in RoleSetsErrorCode]?: (target: string) => readonly [string, Remedy] } = {
  unavailable: (target) => [`The sidecar at ${target} cannot be reached.`, 'reach_sidecar'],
  deadline_exceeded: (target) => [`The sidecar at ${target} did not answer within the deadline.`, 'more_time'],
  unimplemented: (target) => [`The server at ${target} does not support this call.`, 'matching_sidecar'],
  unauthenticated: refusedKey,
  permission_denied: refusedKey,
}

function refusedKey(target: string): readonly [string, Remedy] {
  return [`The sidecar at ${target} refused the key.`, 'right_key']
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
