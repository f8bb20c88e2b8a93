// The last line of each script says how many of its tests or checks passed. .ci/tally.mjs adds these lines up.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * `12 passed, 0 failed`, and how many were skipped if any were.
 *
 * @param {Counts} counts
 */
export function textOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/**
 * The counts in the last line of this form: `test: 12 passed, 0 failed, 1 skipped in 3 s`.
 *
 * @param {string} output
 * @returns {Counts | undefined} undefined if there is none
 */
export function countsIn(output) {
  const found = [...output.matchAll(/^[a-z:]+: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?\b/gm)].at(-1)
  if (found === undefined) return undefined
  const [passed, failed, skipped] = found.slice(1).map((digits) => Number(digits ?? 0))
  return { passed, failed, skipped }
}

/** @param {readonly Counts[]} all */
export function sumOf(all) {
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}

/** `4 min 12 s`. */
export function durationSince(startedAtMs) {
  const seconds = Math.round((Date.now() - startedAtMs) / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
