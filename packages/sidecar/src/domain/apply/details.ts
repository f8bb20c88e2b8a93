/** Describes in words what a step changes: one entry for each field. */

/** `name: "Pro"` where there was none, `name: "Pro" → "Professional"` for a change, nothing when nothing differs. */
export function describeText(field: string, before: string | undefined, after: string | undefined): string[] {
  if (after === undefined || after === (before ?? '')) return []
  const now = JSON.stringify(after)
  return [before === undefined || before === '' ? `${field}: ${now}` : `${field}: ${JSON.stringify(before)} → ${now}`]
}

/** The same for keys, which need no quotes. */
export function describeKey(field: string, before: string | undefined, after: string | undefined): string[] {
  if (after === undefined || after === before) return []
  return [before === undefined ? `${field}: ${after}` : `${field}: ${before} → ${after}`]
}

/** `roles: + org:analyst, - org:guest`. */
export function describeList(field: string, before: readonly string[], after: readonly string[] | undefined): string[] {
  if (after === undefined) return []
  const [old, now] = [new Set(before), new Set(after)]
  const added = after.filter((item) => !old.has(item)).map((item) => `+ ${item}`)
  const removed = before.filter((item) => !now.has(item)).map((item) => `- ${item}`)
  return added.length + removed.length === 0 ? [] : [`${field}: ${[...added, ...removed].join(', ')}`]
}
