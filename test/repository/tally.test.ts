/** The closing line of a CI run is true, also when a part of it ended early. */

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
    return run(folder, names)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(folder: string, names: readonly string[]): [string, number | null] {
  const { stdout, status } = spawnSync(process.execPath, [script, folder, ...names], { encoding: 'utf8' })
  return [stdout.trim(), status]
}

const checks = 'check: types: passed\nnoise\ncheck: 2 passed, 0 failed in 3 s\n'
const passing = '    12 s  cli    2 passed\n\ntest: 2 passed, 0 failed, 1 skipped in 4 min 12 s\n'

test('the counts of all parts are added up', (t) => {
  const nodes =
    'Node 24.0.0: 3 passed, 0 failed\n\nNode 26.0.0: 3 passed, 0 failed\n\ntest:nodes: 6 passed, 0 failed in 2 s\n'
  const parts = [checks, passing, nodes].map((output) => ({ output, exitCode: 0 }))
  t.deepEqual(tally(parts), ['10 passed, 0 failed, 1 skipped', 0])
})

test('failures of a part are counted', (t) => {
  const parts = [
    { output: 'check: lint: FAILED\ncheck: 1 passed, 1 failed in 3 s\n', exitCode: 1 },
    { output: 'test: 7 passed, 2 failed in 3 s\nnpm error Lifecycle script `test` failed\n', exitCode: 1 },
  ]
  t.deepEqual(tally(parts), ['8 passed, 3 failed', 1])
})

test('what a failed test quotes is not taken for the counts', (t) => {
  const output = 'test: 99 passed, 0 failed in 1 s\n\ntest: 0 passed, 1 failed in 3 s\n'
  t.deepEqual(tally([{ output, exitCode: 1 }]), ['0 passed, 1 failed', 1])
})

test('a part that ended before it printed its counts is a failure, whatever its exit code', (t) => {
  t.deepEqual(tally([{ output: '  ✔ a › one\n', exitCode: 0 }]), ['0 passed, 1 failed', 1])
  t.deepEqual(tally([{ output: '', exitCode: 0 }]), ['0 passed, 1 failed', 1])
})

test('a part that never started is a failure', (t) => {
  t.deepEqual(run(tmpdir(), ['rolesets-no-such-part']), ['0 passed, 1 failed', 1])
})

test('a part that fails without a failed test is a failure', (t) => {
  t.deepEqual(tally([{ output: passing, exitCode: 1 }]), ['2 passed, 1 failed, 1 skipped', 1])
  t.deepEqual(tally([{ output: 'setup: The packages do not compile: see above.\n', exitCode: 1 }]), [
    '0 passed, 1 failed',
    1,
  ])
})

test('a part that counted nothing is a failure', (t) => {
  t.deepEqual(tally([{ output: 'test: 0 passed, 0 failed in 1 s\n', exitCode: 0 }]), ['0 passed, 1 failed', 1])
})
