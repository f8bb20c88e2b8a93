// Runs the suite on this Node: `npm test`, or `npm test -- 'test/domain/**'` for a part of it. `--verbose` also shows the
// tests that passed. Other arguments go to ava.

import { durationSince, textOf } from './counts.mjs'
import { runSuite } from './suite.mjs'

const startedAtMs = Date.now()
const counts = await runSuite(process.argv.slice(2))
process.stdout.write(`\ntest: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
