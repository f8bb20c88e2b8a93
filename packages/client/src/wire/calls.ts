/** Calls to the sidecar, within their deadline. Reads may be tried once more; a write reaches the sidecar at most once. */

import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError } from '../errors.ts'
import type { Limits, Waiting } from '../waiting.ts'
import type { Transport } from './transport.ts'

export class Calls {
  readonly #transport: Transport
  readonly #waiting: Waiting
  readonly #clock: Clock

  constructor(transport: Transport, waiting: Waiting, clock: Clock) {
    this.#transport = transport
    this.#waiting = waiting
    this.#clock = clock
  }

  /** Once more where a connection broke, if there is time. @throws RoleSetsError */
  read(method: string, request: object, limits: Limits): Promise<unknown> {
    const untilMs = this.#clock.nowMs() + limits.deadlineMs
    return this.#waiting.bounded(async (signal) => {
      try {
        return await this.#call(method, request, { deadlineMs: limits.deadlineMs, signal })
      } catch (error) {
        const leftMs = untilMs - this.#clock.nowMs()
        if (!isRetryable(error) || signal.aborted || leftMs <= 0) throw error
        return await this.#call(method, request, { deadlineMs: leftMs, signal })
      }
    }, limits)
  }

  /** @throws RoleSetsError. With `unavailable` and `deadline_exceeded` it is unknown whether the write took place. */
  write(method: string, request: object, limits: Limits & { readonly actor?: string | undefined }): Promise<unknown> {
    const { deadlineMs, actor } = limits
    return this.#waiting.bounded((signal) => this.#call(method, request, { deadlineMs, signal, actor }), limits)
  }

  async #call(...[method, request, call]: Parameters<Transport['unary']>): Promise<unknown> {
    try {
      return await this.#transport.unary(method, request, call)
    } catch (error) {
      if (isRoleSetsError(error)) throw error
      throw new RoleSetsError('unavailable', `The transport failed during ${method}. See the cause.`, { cause: error })
    }
  }
}

function isRetryable(error: unknown): boolean {
  return isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'not_serving')
}
