/** The codes that an error of the client can have. */

import type { ErrorCode } from './error-codes.ts'
import type { codeOfStatus, GrpcStatus } from './grpc-statuses.ts'

/** What the client says by itself. */
export const clientCodes = [
  /** No decision is possible: the sidecar can't be reached, or its answer is malformed. */
  'unavailable',
  'deadline_exceeded',
  /** `detail` says why: `unreachable`, `waiting` (the sidecar itself isn't ready), `loading` or `stale`. */
  'not_ready',
  'closed',
  /** The caller's signal aborted. */
  'aborted',
  /** `fields` names what is wrong. */
  'invalid_argument',
] as const

/** Every code that an error of the client can have. */
export type ClientErrorCode = (typeof clientCodes)[number] | ErrorCode | (typeof codeOfStatus)[GrpcStatus]
