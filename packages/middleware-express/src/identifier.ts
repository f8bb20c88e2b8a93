/** Checks keys and ids before they are sent to the sidecar, so that malformed input is answered with 400 and never with 503. */

export const IDENTIFIER_CHARACTERS_MAX = 255

/** Control characters, and halves of surrogate pairs: they would reach the sidecar as a different string. */
const unsendable = /[\p{Cc}\p{Cs}]/u

/** Whether this can be a key or an id: a string of 1 to 255 characters, not blank. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= IDENTIFIER_CHARACTERS_MAX &&
    value.trim() !== '' &&
    !unsendable.test(value)
  )
}
