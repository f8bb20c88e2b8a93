// Builds the image on a base that is made of this machine's Node, and runs it: `npm run test:image`. It needs podman, and
// says so where it is missing. Arguments go to ava.

import { join } from 'node:path'
import { durationSince, textOf } from './counts.mjs'
import { root } from './processes.mjs'
import { runSuite } from './suite.mjs'

const startedAtMs = Date.now()
const counts = await runSuite(process.argv.slice(2), { folder: join(root, 'test/image') })
process.stdout.write(`\ntest:image: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
