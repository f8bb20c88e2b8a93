// Adds up what the parts of a CI run printed, as one closing line: `12 passed, 0 failed`. Nothing is taken on trust: a
// part that ended badly without saying what failed, or that never came to its summary, counts as a failure.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '', ...parts] = process.argv.slice(2)
const read = (file) => readFileSync(join(folder, file), 'utf8')
const tallies = parts.map((part) => tally(read(`${part}.log`), Number(read(`${part}.code`))))
const sum = (key) => tallies.reduce((total, each) => total + each[key], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}\n`)
process.exitCode = sum('failed') === 0 ? 0 : 1

/**
 * The counts of one part. A test runner's summary stands after its last rule; a check has a line of its own.
 *
 * @param {string} output
 * @param {number} exitCode
 */
function tally(output, exitCode) {
  const lines = withoutColours(output).split('\n')
  const checks = lines.flatMap((line) => /^check: .*: (passed|FAILED)$/.exec(line)?.[1] ?? [])
  const counts = checks.length > 0 ? tallyOfChecks(checks) : tallyOfTests(lines)
  const failed = exitCode !== 0 && counts.failed === 0 ? 1 : counts.failed
  return { ...counts, failed }
}

function tallyOfChecks(checks) {
  const passed = checks.filter((outcome) => outcome === 'passed').length
  return { passed, failed: checks.length - passed, skipped: 0 }
}

function tallyOfTests(lines) {
  const rule = lines.lastIndexOf('  ─')
  const summary = rule < 0 ? [] : lines.slice(rule + 1)
  const ticks = lines.filter((line) => /^ {2}✔ /.test(line)).length
  if (summary.length === 0) return { passed: ticks, failed: 1, skipped: 0 }
  const count = (pattern) =>
    summary.reduce((sum, line) => sum + (pattern.test(line) ? Number(/\d+/.exec(line)?.[0] ?? 0) : 0), 0)
  const ran = count(/^ {2}\d+ tests? passed/) > 0 || ticks > 0
  const failed = count(
    /^ {2}\d+ ((tests?|hooks?) failed|uncaught exception|unhandled rejection|tests? remained pending)/,
  )
  return {
    passed: count(/^ {2}\d+ tests? passed/) || ticks,
    failed: ran || failed > 0 ? failed : 1,
    skipped: count(/^ {2}\d+ tests? (skipped|todo)/),
  }
}

function withoutColours(text) {
  // eslint-disable-next-line no-control-regex -- colours are control characters
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}
