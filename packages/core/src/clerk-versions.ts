/** The versions of Clerk's API that the management API answers as. */

/** Dates, the oldest first: they can be compared as text. */
export const apiVersions = ['2021-02-05', '2024-10-01', '2025-03-12', '2025-04-10', '2025-11-10', '2026-05-12'] as const

export type ApiVersion = (typeof apiVersions)[number]

export const newestApiVersion: ApiVersion = '2026-05-12'

/** Whether a text is a day that there is, as `2026-05-12`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
