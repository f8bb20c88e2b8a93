/** Why somebody isn't let in. */

export type AccessErrorCode = 'key_required' | 'write_key_required'

export class AccessError extends Error {
  override readonly name = 'AccessError'
  readonly code: AccessErrorCode

  constructor(code: AccessErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
