/** The error for a caller that isn't admitted: it has no valid key, or a key that doesn't allow the call. */

import type { AccessCode } from '@rolesets/core'

export class AccessError extends Error {
  override readonly name = 'AccessError'
  readonly code: AccessCode

  constructor(code: AccessCode, message: string) {
    super(message)
    this.code = code
  }
}
