// Adds up the counts of the parts of a CI run and prints one closing line: `12 passed, 0 failed`. A part that failed
// without a failed test, or that ended without printing its counts, counts as one failure.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { countsIn, sumOf, textOf } from '../scripts/counts.mjs'

const [folder = '', ...parts] = process.argv.slice(2)
const counts = sumOf(parts.map(tally))
process.stdout.write(`\n${textOf(counts)}\n`)
process.exitCode = counts.failed === 0 ? 0 : 1

/**
 * @param {string} part the name of its files: `<part>.log` is its output, and `<part>.code` its exit code
 * @returns {import('../scripts/counts.mjs').Counts}
 */
function tally(part) {
  const counts = countsIn(read(`${part}.log`))
  if (counts === undefined || counts.passed + counts.failed === 0) return { passed: 0, failed: 1, skipped: 0 }
  const hasFailed = read(`${part}.code`).trim() !== '0'
  return { ...counts, failed: hasFailed ? Math.max(counts.failed, 1) : counts.failed }
}

/** A part that never started has no file. */
function read(name) {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    return ''
  }
}
