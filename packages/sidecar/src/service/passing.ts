/** Calls that a replica passes on to its authority, as bytes: what the border has of them, and what comes back. */

import { ServiceError } from './service-error.ts'

/** A call as it came. */
export interface PassedCall {
  /** `/rolesets.v1.Administration/CreateRole`. */
  readonly path: string
  readonly request: Buffer
  /** Those that say who makes the call, and within which trace. */
  readonly headers: Readonly<Record<string, string>>
  /** Unix milliseconds; Infinity: none. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** The way to the authority. */
export interface Passing {
  /** @throws PassedStatus; ServiceError `authority_unavailable` when there is no answer */
  pass(call: PassedCall): Promise<Buffer>
  /** The same for a call that answers with a stream. */
  passStream(call: PassedCall): AsyncIterable<Buffer>
  /** For callers that need no key here: what this sidecar itself may read. */
  readonly ownKey: string
}

/** The status that the authority answered with. `status` is a gRPC status with its details, for the caller as it is. */
export class PassedStatus<Status = unknown> extends Error {
  override readonly name = 'PassedStatus'
  readonly status: Status

  constructor(message: string, status: Status) {
    super(message)
    this.status = status
  }
}

/** Nothing was sent. @param target where the authority is */
export function notReached(target: string, cause: unknown): ServiceError {
  const why = cause instanceof Error && cause.message !== '' ? ` ${cause.message}` : ''
  const message = `This sidecar is a replica, and its authority at ${target} can't be reached, so nothing was done.${why} Try again later.`
  return new ServiceError('authority_unavailable', message, { cause })
}

/** The call was sent, and there was no answer. @param target where the authority was asked */
export function unanswered(target: string, cause: unknown): ServiceError {
  const message = `This sidecar is a replica, and its authority at ${target} gave no answer. A write may have been done or not: read before you repeat it.`
  return new ServiceError('authority_unavailable', message, { cause })
}
