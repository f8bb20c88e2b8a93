/** Waits with an end: at the deadline, at the caller's signal, or when the client closes. */

import type { Clock } from './clock.ts'
import { RoleSetsError } from './errors.ts'

export interface Limits {
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
}

export class Waiting {
  readonly #clock: Clock
  readonly #pending = new Set<(error: RoleSetsError) => void>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Everything that waits is rejected with `closed`, now and from now on. */
  close(): void {
    this.#isClosed = true
    for (const fail of [...this.#pending]) fail(closedError())
  }

  /**
   * Does work until a limit is reached; the signal that the work gets then aborts, and its result is dropped.
   * @throws RoleSetsError `deadline_exceeded`, `aborted`, `closed`, or what the work throws
   */
  bounded<Value>(work: (signal: AbortSignal) => Promise<Value>, limits: Limits): Promise<Value> {
    const controller = new AbortController()
    return this.waitFor(() => work(controller.signal), { ...limits, onFailure: (error) => controller.abort(error) })
  }

  /** The same for work that goes on after the limit. It costs less: a signal takes long to make. */
  waitFor<Value>(
    work: () => Promise<Value>,
    { deadlineMs, signal, onFailure }: Limits & { readonly onFailure?: (error: Error) => void },
  ): Promise<Value> {
    if (this.#isClosed) return Promise.reject(closedError())
    if (signal?.aborted) return Promise.reject(abortedError(signal))
    return new Promise((resolve, reject) => {
      const settle = () => {
        cancelTimer()
        signal?.removeEventListener('abort', abort)
        this.#pending.delete(fail)
      }
      const fail = (error: Error) => {
        settle()
        reject(error)
        onFailure?.(error)
      }
      const abort = () => fail(abortedError(signal))
      const cancelTimer = this.#clock.setTimer(deadlineMs, () => fail(deadlineError(deadlineMs)))
      signal?.addEventListener('abort', abort, { once: true })
      this.#pending.add(fail)
      work().then((value) => {
        settle()
        resolve(value)
      }, fail)
    })
  }
}

export function closedError(): RoleSetsError {
  return new RoleSetsError('closed', 'This client is closed.', { remedy: 'new_client' })
}

function abortedError(signal: AbortSignal | undefined): RoleSetsError {
  return new RoleSetsError('aborted', 'The call was aborted by its signal.', { cause: signal?.reason })
}

function deadlineError(deadlineMs: number): RoleSetsError {
  const problem = `There was no answer within ${Math.ceil(deadlineMs)} ms.`
  return new RoleSetsError('deadline_exceeded', problem, { remedy: 'more_time' })
}
