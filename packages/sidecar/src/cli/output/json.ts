/** What `--json` prints: fields have the names of the proto, in snake_case. */

import { snakeCase, withoutUnseen } from '@rolesets/core'

/** The names inside these fields are the user's, so they are not changed. */
const opaque = new Set(['public_metadata', 'private_metadata'])

/** The same value with the names of all fields in snake_case. */
function withSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSnakeCase)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = snakeCase(key)
      return [name, opaque.has(name) ? inner : withSnakeCase(inner)]
    }),
  )
}

/** One document on one line; what is not seen is escaped. */
export function jsonLine(value: unknown): string {
  return `${withoutUnseen(JSON.stringify(withSnakeCase(value)))}\n`
}
