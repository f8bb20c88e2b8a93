/** What the naive model does to lists and maps of keys. */

const creatorNeeds = ['org:sys_memberships:manage', 'org:sys_memberships:read', 'org:sys_profile:delete']

export function canCreate(permissions: readonly string[]): boolean {
  return creatorNeeds.every((key) => permissions.includes(key))
}

export function nameOf(key: string): string {
  const words = key.split(':').slice(1).join(' ').split('_').join(' ')
  return (words[0] ?? '').toUpperCase() + words.slice(1)
}

export function without(keys: readonly string[], gone: string): string[] {
  return keys.filter((key) => key !== gone)
}

export function renamed(keys: readonly string[], from: string, to: string): string[] {
  return keys.map((key) => (key === from ? to : key))
}

export function rename<T>(things: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(things).map(([key, thing]) => [key === from ? to : key, thing]))
}

/** One JSON value merged into another: fields of objects one by one, null takes a field away, all else replaces. */
export function merged(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(value) ? structuredClone(value) : {}
  for (const [name, part] of Object.entries(patch)) {
    if (part === null) delete result[name]
    else result[name] = merged(result[name], part)
  }
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
