/** Field names in the two spellings that are in use: snake_case on the wire, camelCase in TypeScript. */

/** `organizationId` → `organization_id`; also in a path such as `checks[3].organizationId`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `organization_id` → `organizationId`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
