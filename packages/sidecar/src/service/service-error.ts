/** Failures of an operation that are neither a rule's refusal nor the storage's: time, and places in the feed. */

/** The failures of the storage go through the operations as they are. */
export { StoreError, type StoreErrorCode } from '../storage/store.ts'

export type ServiceErrorCode =
  | 'deadline'
  | 'call_cancelled'
  | 'revision_of_another_epoch'
  | 'cursor_compacted'
  | 'cursor_in_the_future'
  | 'consumer_too_slow'
  | 'not_serving'

export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ServiceErrorCode

  constructor(code: ServiceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The reason with which a signal is aborted when the time of a call is over. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/** Turns an aborted signal into the error that says why. */
export function errorOfAborted(signal: AbortSignal, waitedFor: string): ServiceError {
  const reason: unknown = signal.reason
  if (reason instanceof ServiceError) return reason
  if (reason instanceof DeadlinePassed)
    return new ServiceError('deadline', `The deadline passed while waiting for ${waitedFor}.`)
  return new ServiceError('call_cancelled', `The caller went away while waiting for ${waitedFor}.`)
}
