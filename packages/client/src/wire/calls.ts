/** Calls to the sidecar, within their deadline. Reads may be tried once more; a write reaches the sidecar at most once. */

import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError } from '../errors.ts'
import type { Limits, Waiting } from '../waiting.ts'
import type { Transport } from './transport.ts'

export type Calls = ReturnType<typeof createCalls>

export function createCalls(transport: Transport, waiting: Waiting, clock: Clock) {
  const call = async (...[method, request, bounds]: Parameters<Transport['unary']>): Promise<unknown> => {
    try {
      return await transport.unary(method, request, bounds)
    } catch (error) {
      if (isRoleSetsError(error)) throw error
      throw new RoleSetsError('unavailable', `The transport failed during ${method}. See the cause.`, { cause: error })
    }
  }
  return {
    /** Once more where a connection broke, if there is time. @throws RoleSetsError */
    read(method: string, request: object, limits: Limits): Promise<unknown> {
      const untilMs = clock.nowMs() + limits.deadlineMs
      return waiting.bounded(async (signal) => {
        try {
          return await call(method, request, { deadlineMs: limits.deadlineMs, signal })
        } catch (error) {
          const leftMs = untilMs - clock.nowMs()
          if (!isRetryable(error) || signal.aborted || leftMs <= 0) throw error
          return await call(method, request, { deadlineMs: leftMs, signal })
        }
      }, limits)
    },
    /** @throws RoleSetsError. With `unavailable` and `deadline_exceeded` it is unknown whether the write took place. */
    write(method: string, request: object, limits: Limits & { readonly actor?: string | undefined }): Promise<unknown> {
      const { deadlineMs, actor } = limits
      return waiting.bounded((signal) => call(method, request, { deadlineMs, signal, actor }), limits)
    },
  }
}

function isRetryable(error: unknown): boolean {
  return isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'not_serving')
}
