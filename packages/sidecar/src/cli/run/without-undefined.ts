/** Options that are not given are left out of a request, because some types distinguish undefined from a missing field. */

export function withoutUndefined<Fields extends object>(
  fields: Fields,
): { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  // The remaining values are not undefined.
  return Object.fromEntries(entries) as ReturnType<typeof withoutUndefined<Fields>>
}
