// Runs the suite while other processes keep two processors busy: `npm run test:busy`. A test that depends on the clock
// instead of on the work fails here.

import { spawn } from 'node:child_process'
import { durationSince, textOf } from './counts.mjs'
import { runSuite } from './suite.mjs'

const busyProcesses = 2
// It ends by itself when its parent is gone, however that happened.
const loop = 'while (process.ppid === Number(process.argv[1])) for (let n = 0; n < 1e8; n++);'

const startedAtMs = Date.now()
const busy = Array.from({ length: busyProcesses }, () =>
  spawn(process.execPath, ['--eval', loop, String(process.pid)], { stdio: 'ignore' }),
)
try {
  process.stdout.write(`beside the busy processes ${busy.map(({ pid }) => pid).join(' and ')}\n`)
  const counts = await runSuite(process.argv.slice(2))
  process.stdout.write(`\ntest:busy: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
} finally {
  for (const child of busy) child.kill('SIGKILL')
}
