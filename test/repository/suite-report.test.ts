/** Which lines of ava's output `npm test` shows, and what it counts. */

import test from 'ava'
import { createSuiteReport } from '../../scripts/suite-report.mjs'

/** Reports these lines of ava, all of them at the start of the run. */
function reported(output: string, { exitCode = 0, isVerbose = false } = {}) {
  const shown: string[] = []
  const report = createSuiteReport({ isVerbose, write: (line: string) => shown.push(line), now: () => 0 })
  for (const line of output.split('\n')) report.add(line)
  const counts = report.end(exitCode)
  return { shown: shown.filter((line) => line !== ''), counts }
}

const passing = `
  ✔ cli › apply › one
    ℹ a log line
      that goes on
  ✔ client › feed › two
  ✔ cli › apply › three
  - [skip] client › feed › four
  ─

  3 tests passed
  1 test skipped`

test('tests that passed are shown as a number for each area', (t) => {
  const { shown, counts } = reported(passing)
  t.deepEqual(shown, [
    '   0 s  cli            1 passed',
    '  - [skip] client › feed › four',
    '   0 s  cli            2 passed',
    '   0 s  client         1 passed',
    '  ─',
    '  3 tests passed',
    '  1 test skipped',
  ])
  t.deepEqual(counts, { passed: 3, failed: 0, skipped: 1 })
})

test('a long area shows its number also before it is complete', (t) => {
  const shown: string[] = []
  let nowMs = 0
  const report = createSuiteReport({ isVerbose: false, write: (line: string) => shown.push(line), now: () => nowMs })
  for (nowMs of [1_000, 21_000, 21_001, 30_000]) report.add('  ✔ cli › apply › one')
  t.deepEqual(shown, ['  21 s  cli            3 passed'])
})

test('a file that runs alone shows its number only when it takes long', (t) => {
  const shown: string[] = []
  let nowMs = 0
  const report = createSuiteReport({ isVerbose: false, write: (line: string) => shown.push(line), now: () => nowMs })
  for (nowMs of [1_000, 2_000, 30_000, 31_000]) report.add('  ✔ the image runs')
  report.add('  ─')
  t.deepEqual(shown, ['  30 s                 3 passed', '  ─'])
})

test('with --verbose everything is shown', (t) => {
  const { shown } = reported(passing, { isVerbose: true })
  for (const line of passing.split('\n')) t.true(line === '' || shown.includes(line), line)
})

test('tests of a single file are counted without an area', (t) => {
  const { shown, counts } = reported('  ✔ one\n  ✔ two\n  ─\n\n  2 tests passed')
  t.deepEqual(shown, ['  ─', '  2 tests passed'])
  t.deepEqual(counts, { passed: 2, failed: 0, skipped: 0 })
})

test('a failure is shown whole, and lines that it quotes are not counted', (t) => {
  const failure = `
  ✘ [fail]: a › b › two
    ℹ a log line
  ─

  a › b › two

  › file://test/a/b.test.ts:2:68
  ✔ a quoted line
  7 tests passed

  ─

  1 test failed
  2 uncaught exceptions
  1 unhandled rejection
  1 test remained pending after a timeout`
  const { shown, counts } = reported(`  ✔ a › b › one${failure}`, { exitCode: 1 })
  for (const line of failure.split('\n')) t.true(line === '' || shown.includes(line), line)
  t.deepEqual(counts, { passed: 1, failed: 5, skipped: 0 })
})

test('a run has failed if it ended early, if its exit code says so, or if no test ran', (t) => {
  t.deepEqual(reported('  ✔ a › b › one').counts, { passed: 1, failed: 1, skipped: 0 })
  t.deepEqual(reported(passing, { exitCode: 1 }).counts, { passed: 3, failed: 1, skipped: 1 })
  t.deepEqual(reported('  ─\n').counts, { passed: 0, failed: 1, skipped: 0 })
  t.deepEqual(reported('').counts, { passed: 0, failed: 1, skipped: 0 })
})
