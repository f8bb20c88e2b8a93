/**
 * Dry runs for callers whose key may only read take turns. A dry run occupies the one writer, so with many at once such a
 * caller could hold up all writes; with one at a time, writes are done between two of them.
 */

import { errorOfAborted, StoreError } from '../service-error.ts'

const waitingMax = 16

/** Does the work when those before it are done. @throws StoreError `overloaded`; ServiceError `deadline`, `call_cancelled` */
export type TakeTurn = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>

export function createTurnsOfReaders(): TakeTurn {
  let count = 0
  let last: Promise<unknown> = Promise.resolve()
  return (work, signal) => {
    if (count > waitingMax)
      return Promise.reject(
        new StoreError(
          'overloaded',
          `${waitingMax} dry runs of read keys are waiting. Nothing was done. Try again later.`,
        ),
      )
    count++
    const turn = last
      .then(() => {
        if (signal.aborted) throw errorOfAborted(signal, 'the dry runs before it')
        return work()
      })
      .finally(() => count--)
    last = turn.catch(() => undefined)
    return turn
  }
}
