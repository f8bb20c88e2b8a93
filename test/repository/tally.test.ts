/** The closing line of a CI run is true, also when a part of it broke off. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const script = fileURLToPath(new URL('../../.ci/tally.mjs', import.meta.url))

/** Runs the tally over the parts' outputs and gives its closing line and exit code. */
function tally(parts: readonly { output: string; exitCode: number }[]): [string, number | null] {
  const folder = mkdtempSync(join(tmpdir(), 'rolesets-tally-'))
  try {
    for (const [index, { output, exitCode }] of parts.entries()) {
      writeFileSync(join(folder, `part-${index}.log`), output)
      writeFileSync(join(folder, `part-${index}.code`), `${exitCode}\n`)
    }
    const names = parts.map((_, index) => `part-${index}`)
    const { stdout, status } = spawnSync(process.execPath, [script, folder, ...names], { encoding: 'utf8' })
    return [stdout.trim(), status]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const checks = 'check: types: passed\nnoise\ncheck: format: passed\n'
const passing = '\n  ✔ a › one\n  ✔ a › two\n  - [skip] a › three\n  ─\n\n  2 tests passed\n  1 test skipped\n'

test('the counts of checks and tests are added up', (t) => {
  const parts = [
    { output: checks, exitCode: 0 },
    { output: passing, exitCode: 0 },
    { output: passing, exitCode: 0 },
  ]
  t.deepEqual(tally(parts), ['6 passed, 0 failed, 2 skipped', 0])
})

test('a failed check counts as a failure', (t) => {
  t.deepEqual(tally([{ output: `${checks}check: lint: FAILED\n`, exitCode: 1 }]), ['2 passed, 1 failed', 1])
})

test('a benchmark that has decayed counts as a failure, beside those that haven’t', (t) => {
  const table = '| # | measure |\n| --- | --- |\n| P1 | checkCached |\n'
  const output = `${table}check: bench (quick), P1: passed\ncheck: bench (quick), P2: FAILED\n`
  t.deepEqual(tally([{ output, exitCode: 1 }]), ['1 passed, 1 failed', 1])
})

test('failed tests, uncaught exceptions and tests that never ended count as failures', (t) => {
  const summary =
    '  1 test failed\n  2 uncaught exceptions\n  1 unhandled rejection\n  1 test remained pending after a timeout\n'
  const output = `  ✔ a › one\n  ✘ [fail]: a › two\n  ─\n\n  a › two\n\n  ─\n\n${summary}`
  t.deepEqual(tally([{ output, exitCode: 1 }]), ['1 passed, 5 failed', 1])
})

test('what a failed test quotes is not taken for the summary', (t) => {
  const output = '  ✘ [fail]: a › two\n  ─\n\n  7 tests passed\n\n  ─\n\n  1 test failed\n'
  t.deepEqual(tally([{ output, exitCode: 1 }]), ['0 passed, 1 failed', 1])
})

test('a run that broke off before its summary is a failure, whatever its exit code', (t) => {
  t.deepEqual(tally([{ output: '  ✔ a › one\n', exitCode: 0 }]), ['1 passed, 1 failed', 1])
  t.deepEqual(tally([{ output: '', exitCode: 0 }]), ['0 passed, 1 failed', 1])
})

test('a run that ends badly without a failed test is a failure', (t) => {
  t.deepEqual(tally([{ output: passing, exitCode: 1 }]), ['2 passed, 1 failed, 1 skipped', 1])
  t.deepEqual(tally([{ output: 'setup: The packages do not compile: see above.\n', exitCode: 1 }]), [
    '0 passed, 1 failed',
    1,
  ])
})

test('a run without a test is a failure', (t) => {
  t.deepEqual(tally([{ output: '\n  ─\n\n', exitCode: 0 }]), ['0 passed, 1 failed', 1])
})
