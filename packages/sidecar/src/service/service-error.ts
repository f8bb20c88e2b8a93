/**
 * Failures of an operation that are neither refused by a rule nor failures of the storage: deadlines, cancelled calls,
 * and places in the feed that can't be used.
 */

import type { ServiceCode } from '@rolesets/core'
import { StoreError } from '../storage/store.ts'

/** Failures of the storage pass through the operations as they are. */
export { StoreError } from '../storage/store.ts'

export type ServiceErrorCode = ServiceCode

export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ServiceErrorCode

  constructor(code: ServiceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/**
 * A failure of the storage that ends all writes, as callers and probes are told of it: what to do, and nothing of the
 * file, whose path and state are for the log. Any other error is returned as it is.
 */
export function asTold(error: unknown): unknown {
  if (!(error instanceof StoreError) || !error.endsWrites) return error
  const message = `The sidecar refuses every write (${error.code}): the file of its store was lost, altered or damaged while the sidecar ran. Put the file back, or examine it with rolesets doctor; then restart the sidecar. Its log says what happened.`
  return new ServiceError('store_damaged', message, { cause: error })
}

/** The reason of a signal that is aborted at the deadline of a call. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/** @returns the error that says why the signal was aborted */
export function errorOfAborted(signal: AbortSignal, waitedFor: string): ServiceError {
  const reason: unknown = signal.reason
  if (reason instanceof ServiceError) return reason
  if (reason instanceof DeadlinePassed)
    return new ServiceError('deadline', `The deadline passed while waiting for ${waitedFor}.`)
  return new ServiceError('call_cancelled', `The caller cancelled the call while it waited for ${waitedFor}.`)
}
