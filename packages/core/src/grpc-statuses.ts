/** gRPC's status codes, and what they mean to the client where nothing more is known. */

/**
 * What a gRPC status means to the client where it carries no reason, or one that is newer than the client. The number of a
 * status is its place in this table.
 */
export const codeOfStatus = {
  OK: 'internal',
  CANCELLED: 'cancelled',
  UNKNOWN: 'internal',
  INVALID_ARGUMENT: 'invalid_argument',
  DEADLINE_EXCEEDED: 'deadline_exceeded',
  NOT_FOUND: 'not_found',
  ALREADY_EXISTS: 'already_exists',
  PERMISSION_DENIED: 'permission_denied',
  RESOURCE_EXHAUSTED: 'resource_exhausted',
  FAILED_PRECONDITION: 'failed_precondition',
  ABORTED: 'conflict',
  OUT_OF_RANGE: 'out_of_range',
  UNIMPLEMENTED: 'unimplemented',
  INTERNAL: 'internal',
  UNAVAILABLE: 'unavailable',
  DATA_LOSS: 'internal',
  UNAUTHENTICATED: 'unauthenticated',
} as const

export type GrpcStatus = keyof typeof codeOfStatus

/** The names of gRPC's status codes; their numbers are their places in this list. */
export const grpcStatuses = Object.keys(codeOfStatus) as readonly GrpcStatus[]
