/** Values of a filter that carry a sign: `+id` and `id` must be there, `-id` must not. */

export interface Choice {
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/** A `+` that a caller wrote into a URL by hand arrives as a space. */
export function includedAndExcluded(values: readonly string[] | undefined): Choice | undefined {
  if (values === undefined || values.length === 0) return undefined
  const exclude = values.filter((value) => value.startsWith('-')).map((value) => value.slice(1))
  const include = values.filter((value) => !value.startsWith('-')).map((value) => value.replace(/^[+ ]/, ''))
  return {
    ...(include.length === 0 ? {} : { include }),
    ...(exclude.length === 0 ? {} : { exclude }),
  }
}
