/** What `--json` prints: the names of the proto, whatever they are in TypeScript. */

/** What is inside these is the user's, with the user's names. */
const opaque = new Set(['public_metadata', 'private_metadata'])

/** The same value with the names of all fields in snake_case. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = snakeCaseName(key)
      return [name, opaque.has(name) ? inner : snakeCase(inner)]
    }),
  )
}

export function snakeCaseName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** One document on one line. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(snakeCase(value))}\n`
}
