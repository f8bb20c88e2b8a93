import type { AccessCode } from '@rolesets/core'

/** Why a caller isn't admitted. */
export class AccessError extends Error {
  override readonly name = 'AccessError'
  readonly code: AccessCode

  constructor(code: AccessCode, message: string) {
    super(message)
    this.code = code
  }
}
