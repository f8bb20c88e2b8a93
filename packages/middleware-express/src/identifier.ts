/** The keys and ids that go to the sidecar: bounded here, so that bad input is the caller's fault and never a 503. */

export const IDENTIFIER_CHARACTERS_MAX = 255

/** Controls, and halves of surrogate pairs, which would reach the sidecar as another text than the one compared here. */
const unsendable = /[\p{Cc}\p{Cs}]/u

/** Whether this can be the id or key of something: 1 to 255 characters, not blank, all of them text. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= IDENTIFIER_CHARACTERS_MAX &&
    value.trim() !== '' &&
    !unsendable.test(value)
  )
}
