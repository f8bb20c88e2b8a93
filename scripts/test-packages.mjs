// Tries the packages as users get them: `npm run test:packages` packs them, publishes them to a registry on this machine,
// installs them in empty projects outside of the repository, and runs them there. Arguments go to ava.

import { join } from 'node:path'
import { durationSince, textOf } from './counts.mjs'
import { root } from './processes.mjs'
import { runSuite } from './suite.mjs'

const startedAtMs = Date.now()
await import('../packaging/pack.mjs')
const counts = await runSuite(process.argv.slice(2), { folder: join(root, 'packaging') })
process.stdout.write(`\ntest:packages: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
