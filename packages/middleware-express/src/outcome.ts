/**
 * Runs work that ends now or later, and calls exactly one of two functions with its outcome. If the work ends now, this
 * happens in the same tick. It happens outside of any `try`, so an error of the next middleware is never caught here.
 */

import { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'

/** A value, or a promise of it. */
export type Eventually<T> = T | PromiseLike<T>

/** An error of another package is a bug of the application: it becomes `extractor_failed`, a 500 without details. */
export function finish<T>(
  work: () => Eventually<T>,
  done: (value: T) => void,
  failed: (error: RoleSetsExpressError) => void,
): void {
  let value: Eventually<T>
  try {
    value = work()
  } catch (error) {
    failed(ownError(error))
    return
  }
  if (isPromiseLike(value)) value.then(done, (error: unknown) => failed(ownError(error)))
  else done(value)
}

/** Continues with a value, in the same tick if it is not a promise. */
export function whenThere<T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> {
  return isPromiseLike(value) ? value.then(next) : next(value)
}

/** Also true for a promise of another library. */
export function isPromiseLike<T>(value: Eventually<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The answer does not depend on a listener: an error that it throws, or that its promise rejects with, is dropped. */
export function tell(listener: () => unknown): void {
  try {
    const result = listener()
    if (isPromiseLike(result)) result.then(undefined, () => {})
  } catch {
    // As above.
  }
}

function ownError(error: unknown): RoleSetsExpressError {
  if (error instanceof RoleSetsExpressError) return error
  return problem('extractor_failed', 'A function that was passed to a middleware threw.', { cause: error })
}
