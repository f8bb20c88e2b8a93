/**
 * Runs work that is done either at once or later, and hands its outcome on exactly once: in the same tick where possible,
 * and outside of any `try`, so that an error in what comes next is never taken for one of ours.
 */

import { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'

export type Outcome<T> = { readonly value: T } | { readonly error: RoleSetsExpressError }

/** What is there now or will be. */
export type Eventually<T> = T | PromiseLike<T>

/** An error that isn't ours is a bug: it becomes `extractor_failed`, a 500 that says nothing. */
export function finish<T>(work: () => Eventually<T>, then: (outcome: Outcome<T>) => void): void {
  let value: Eventually<T>
  try {
    value = work()
  } catch (error) {
    then({ error: ours(error) })
    return
  }
  if (!isPromiseLike(value)) {
    then({ value })
    return
  }
  value.then(
    (settled) => then({ value: settled }),
    (error: unknown) => then({ error: ours(error) }),
  )
}

/** Goes on with a value: at once if it is there. */
export function whenThere<T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> {
  return isPromiseLike(value) ? value.then(next) : next(value)
}

/** Also a promise of another library's. */
export function isPromiseLike<T>(value: Eventually<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function ours(error: unknown): RoleSetsExpressError {
  if (error instanceof RoleSetsExpressError) return error
  return problem('extractor_failed', 'A function that was given to a middleware threw.', { cause: error })
}
