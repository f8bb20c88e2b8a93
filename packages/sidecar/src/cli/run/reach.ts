/**
 * Whether the sidecar can be reached at all. The client retries without an end, as a service should; a person at a
 * terminal wants to know soon that the sidecar can't be reached.
 */

import { isRoleSetsError, RoleSetsError, type ClientEvent, type RoleSetsErrorCode } from '@rolesets/client'

/** What would be said again at the next attempt. */
const finalCodes: readonly RoleSetsErrorCode[] = [
  'key_required',
  'unauthenticated',
  'permission_denied',
  'unimplemented',
]

/** After the first attempt has failed. On a busy machine it may only have been starved. */
const graceMs = 1_000

export class Reach {
  readonly #target: string
  #isConnected = false
  #timer: NodeJS.Timeout | undefined
  #fail: (error: RoleSetsError) => void = () => undefined
  /** Rejects when the sidecar can't be reached and there was no connection before, or when it rejects the connection. */
  readonly failed: Promise<never>

  constructor(target: string) {
    this.#target = target
    this.failed = new Promise<never>((_resolve, reject) => (this.#fail = reject))
    // The rejection is handled where it is awaited; elsewhere it is no crash.
    this.failed.catch(() => undefined)
  }

  readonly hear = (event: ClientEvent): void => {
    if (event.type === 'connected') {
      this.#isConnected = true
      this.close()
    } else if (event.type === 'disconnected' && finalCodes.includes(event.error.code)) {
      this.#fail(event.error)
    } else if (event.type === 'disconnected' && !this.#isConnected) {
      this.#timer ??= setTimeout(() => this.#fail(event.error), graceMs)
    }
  }

  /** A deadline that passed without a connection says nothing about the sidecar's speed. */
  explain(error: unknown): unknown {
    if (this.#isConnected || !isRoleSetsError(error) || error.code !== 'deadline_exceeded') return error
    const message = `The sidecar at ${this.#target} cannot be reached in time. Start it, correct the target, or allow more with --timeout.`
    return new RoleSetsError('unavailable', message, { cause: error })
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
